using System.Collections.Immutable;
using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using Casemate.Serve.Tls;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Casemate.Serve;

public sealed partial class CasemateServer
{
    private static WebApplication Build(
        ServeOptions options, ListenAddress listen, ServerCertificate? certificate, ILoggerFactory loggerFactory)
    {
        // The empty builder reads no file, no environment and no argument: what a service does stands in its options alone.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "casemate" });
        builder.Services.AddSingleton<ILoggerFactory>(new FrameworkLoggerFactory(loggerFactory));
        builder.Services.AddSingleton<IHostLifetime, NoSignals>();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = options.ShutdownTimeout);
        builder.WebHost.UseKestrelCore();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxConcurrentConnections = options.MaxConnections;
            kestrel.Limits.MaxRequestBodySize = options.MaxRequestBodySize;
            kestrel.Limits.MaxRequestLineSize = 8 * 1024;
            kestrel.Limits.MaxRequestHeadersTotalSize = 64 * 1024;         // a bearer token may carry init data
            kestrel.Limits.MaxRequestHeaderCount = 64;
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
            kestrel.Limits.KeepAliveTimeout = TimeSpan.FromSeconds(60);
            kestrel.Limits.MinRequestBodyDataRate = new MinDataRate(1024, TimeSpan.FromSeconds(5));
            kestrel.Limits.MinResponseDataRate = new MinDataRate(1024, TimeSpan.FromSeconds(5));
            kestrel.Limits.Http2.MaxStreamsPerConnection = 64;
            kestrel.Listen(listen.Address, listen.Port, endpoint =>
            {
                endpoint.Protocols = certificate is null ? HttpProtocols.Http1 : HttpProtocols.Http1AndHttp2;
                if (certificate is not null)
                {
                    endpoint.UseHttps(new TlsHandshakeCallbackOptions
                    {
                        HandshakeTimeout = TimeSpan.FromSeconds(10),
                        OnConnection = _ => ValueTask.FromResult(TlsOf(certificate)),
                    });
                }
            });
        });
        return builder.Build();
    }

    private static SslServerAuthenticationOptions TlsOf(ServerCertificate certificate) => new()
    {
        ServerCertificateContext = certificate.Current.Context,
        EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
        ApplicationProtocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11],
    };

    private static Uri AddressOf(WebApplication application, ListenAddress listen, ServeOptions options)
    {
        var bound = application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        var scheme = options.PlainHttp ? "http" : "https";
        var isAny = listen.Address.Equals(IPAddress.Any) || listen.Address.Equals(IPAddress.IPv6Any);
        var host = isAny ? "127.0.0.1" : listen.Host;
        return new Uri($"{scheme}://{host}:{bound[(bound.LastIndexOf(':') + 1)..].TrimEnd('/')}");
    }

    private static ImmutableArray<string> NamesOf(ServeOptions options)
    {
        var names = new SortedSet<string>(StringComparer.OrdinalIgnoreCase) { "localhost", "127.0.0.1", "::1" };
        var listen = ListenAddress.TryParse(options.Listen)!;
        if (!listen.Address.Equals(IPAddress.Any) && !listen.Address.Equals(IPAddress.IPv6Any))
        {
            names.Add(listen.Address.ToString());
        }

        names.UnionWith(options.HostNames.IsDefault ? [] : options.HostNames.Select(n => n.Trim('[', ']')));
        return [.. names];
    }

    /// <summary>Leaves signals to the program around the service.</summary>
    private sealed class NoSignals : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
