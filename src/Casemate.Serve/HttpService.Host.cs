using System.Collections.Immutable;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
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

/// <content>The web server around it.</content>
public abstract partial class HttpService
{
    private const UnixFileMode OwnerAndGroup =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite;

    private WebApplication Build(ILoggerFactory loggerFactory)
    {
        // The empty builder reads no file, no environment and no argument: what a service does stands in its options alone.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "casemate" });
        builder.Services.AddSingleton<ILoggerFactory>(new FrameworkLoggerFactory(loggerFactory));
        builder.Services.AddSingleton<IHostLifetime, NoSignals>();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = _options.ShutdownTimeout);
        builder.WebHost.UseKestrelCore();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxConcurrentConnections = _options.MaxConnections;
            kestrel.Limits.MaxRequestBodySize = _options.MaxRequestBodySize;
            kestrel.Limits.MaxRequestLineSize = _endpoint.MaxRequestLineSize;
            kestrel.Limits.MaxRequestHeadersTotalSize = _endpoint.MaxRequestHeadersSize;
            kestrel.Limits.MaxRequestHeaderCount = 64;
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
            kestrel.Limits.KeepAliveTimeout = TimeSpan.FromSeconds(60);
            kestrel.Limits.MinRequestBodyDataRate = new MinDataRate(1024, TimeSpan.FromSeconds(5));
            kestrel.Limits.MinResponseDataRate = new MinDataRate(1024, TimeSpan.FromSeconds(5));
            kestrel.Limits.Http2.MaxStreamsPerConnection = 64;
            if (_endpoint.Listen is { } listen)
            {
                var address = ListenAddress.TryParse(listen)!;
                kestrel.Listen(address.Address, address.Port, endpoint => Configure(endpoint, _certificateToShow));
            }

            if (_endpoint.SocketPath is { } socket)
            {
                RemoveStaleSocket(socket);
                kestrel.ListenUnixSocket(socket, endpoint => Configure(endpoint, certificate: null));
            }
        });
        return builder.Build();
    }

    private static void Configure(ListenOptions endpoint, Func<SslStreamCertificateContext?>? certificate)
    {
        endpoint.Protocols = certificate is null ? HttpProtocols.Http1 : HttpProtocols.Http1AndHttp2;
        if (certificate is not null)
        {
            endpoint.UseHttps(new TlsHandshakeCallbackOptions
            {
                HandshakeTimeout = TimeSpan.FromSeconds(10),
                OnConnection = _ => ValueTask.FromResult(new SslServerAuthenticationOptions
                {
                    ServerCertificateContext = certificate() ?? throw new AuthenticationException("There is no certificate to show yet."),
                    EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
                    ApplicationProtocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11],
                }),
            });
        }
    }

    // A crash leaves the file of the socket behind, and nobody could listen there again. One that answers belongs to another program.
    private static void RemoveStaleSocket(string path)
    {
        if (!File.Exists(path))
        {
            return;
        }

        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            probe.Connect(new UnixDomainSocketEndPoint(path));
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionRefused)
        {
            File.Delete(path);
        }
    }

    private void OpenSocketToGroup()
    {
        if (_endpoint.SocketPath is { } path && !OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, OwnerAndGroup);
        }
    }

    private ImmutableArray<string> NamesOf(string listen)
    {
        var names = new SortedSet<string>(StringComparer.OrdinalIgnoreCase) { "localhost", "127.0.0.1", "::1" };
        var address = ListenAddress.TryParse(listen)!;
        if (!IsAny(address))
        {
            names.Add(address.Address.ToString());
        }

        names.UnionWith(_options.HostNames.IsDefault ? [] : _options.HostNames.Select(name => name.Trim('[', ']')));
        return [.. names];
    }

    private Uri? AddressOf(WebApplication application)
    {
        if (_endpoint.Listen is not { } text)
        {
            return null;
        }

        var listen = ListenAddress.TryParse(text)!;
        var bound = application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses
            .First(address => !address.Contains("unix:", StringComparison.Ordinal));
        var port = bound[(bound.LastIndexOf(':') + 1)..].TrimEnd('/');
        return new Uri($"{(_options.PlainHttp ? "http" : "https")}://{(IsAny(listen) ? "127.0.0.1" : listen.Host)}:{port}");
    }

    private static bool IsAny(ListenAddress listen) => listen.Address.Equals(IPAddress.Any) || listen.Address.Equals(IPAddress.IPv6Any);

    /// <summary>Leaves signals to the program around the service.</summary>
    private sealed class NoSignals : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
