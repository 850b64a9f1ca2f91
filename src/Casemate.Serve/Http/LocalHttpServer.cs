using Casemate.Quoting.Aesm;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Casemate.Serve.Http;

/// <summary>
/// HTTP for this machine alone: on a loopback address or a Unix socket. Kestrel without a host around it, since the process shares a
/// node's memory with workloads.
/// </summary>
internal sealed class LocalHttpServer : IAsyncDisposable
{
    private const int Backlog = 128;

    private readonly KestrelServer _server;
    private readonly IConnectionListener? _file;

    private LocalHttpServer(KestrelServer server, IConnectionListener? file, string endpoint) =>
        (_server, _file, Endpoint) = (server, file, endpoint);

    /// <summary>Where it listens: an URL, or the path of the socket.</summary>
    public string Endpoint { get; }

    /// <summary>Starts a server.</summary>
    /// <param name="address">ADDRESS:PORT of loopback, or the absolute path of a socket.</param>
    /// <param name="mode">Permission bits of a socket's file.</param>
    /// <param name="maximumBody">The largest body of a request, in bytes.</param>
    /// <param name="application">Answers the requests.</param>
    /// <param name="time">The clock by which it is looked whether a socket's file is there.</param>
    /// <param name="loggers">Makes the loggers.</param>
    /// <param name="logger">Is told of a socket's file that vanished.</param>
    /// <param name="cancellationToken">Stops the start.</param>
    /// <exception cref="AesmEndpointException">The socket's path cannot be used.</exception>
    /// <exception cref="IOException">The port is taken, or may not be opened.</exception>
    public static async Task<LocalHttpServer> StartAsync(
        string address, UnixFileMode mode, int maximumBody, IHttpApplication<HttpContext> application, TimeProvider time,
        ILoggerFactory loggers, ILogger logger, CancellationToken cancellationToken)
    {
        var kestrel = Limited(maximumBody, 256);
        var framework = new FrameworkLoggerFactory(loggers);
        var file = address.StartsWith('/') ? new RestoredListener(address, mode, Backlog, time, framework, logger) : null;
        if (file is not null)
        {
            kestrel.ListenUnixSocket(address, listen => listen.Protocols = HttpProtocols.Http1);
        }
        else
        {
            var listen = ListenAddress.TryParse(address)!;
            kestrel.Listen(listen.Address, listen.Port, endpoint => endpoint.Protocols = HttpProtocols.Http1);
        }

        IConnectionListenerFactory transport = file is not null
            ? file : new SocketTransportFactory(Options.Create(new SocketTransportOptions()), framework);
        var server = await StartAsync(kestrel, transport, file, application, framework, cancellationToken).ConfigureAwait(false);
        var endpoint = file is null ? server.Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.Single() : address;
        return new LocalHttpServer(server, file, endpoint);
    }

    /// <summary>Starts a server behind sockets that come and go.</summary>
    /// <param name="sockets">The sockets; they go with the server.</param>
    /// <param name="maximumBody">The largest body of a request, in bytes.</param>
    /// <param name="application">Answers the requests.</param>
    /// <param name="loggers">Makes the loggers.</param>
    /// <param name="cancellationToken">Stops the start.</param>
    public static async Task<LocalHttpServer> StartAsync(
        SharedListener sockets, int maximumBody, IHttpApplication<HttpContext> application, ILoggerFactory loggers,
        CancellationToken cancellationToken)
    {
        var kestrel = Limited(maximumBody, maximumConnections: 1024);
        var name = sockets.EndPoint.ToString()!;
        kestrel.ListenUnixSocket(name, listen => listen.Protocols = HttpProtocols.Http1);
        var server = await StartAsync(
            kestrel, sockets, sockets, application, new FrameworkLoggerFactory(loggers), cancellationToken).ConfigureAwait(false);
        return new LocalHttpServer(server, sockets, name);
    }

    /// <summary>Stops listening and waits for requests under way.</summary>
    /// <param name="cancellationToken">Cuts them off.</param>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _server.StopAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Stops at once.</summary>
    public async ValueTask DisposeAsync()
    {
        await StopAsync(new CancellationToken(canceled: true)).ConfigureAwait(false);
        _server.Dispose();
        await (_file?.DisposeAsync() ?? ValueTask.CompletedTask).ConfigureAwait(false);
    }

    private static KestrelServerOptions Limited(int maximumBody, int maximumConnections)
    {
        var kestrel = new KestrelServerOptions { AddServerHeader = false };
        kestrel.Limits.MaxRequestBodySize = maximumBody;
        kestrel.Limits.MaxConcurrentConnections = maximumConnections;
        kestrel.Limits.MaxRequestLineSize = 4096;
        kestrel.Limits.MaxRequestHeadersTotalSize = 16 * 1024;
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
        kestrel.Limits.KeepAliveTimeout = TimeSpan.FromSeconds(60);
        return kestrel;
    }

    private static async Task<KestrelServer> StartAsync(
        KestrelServerOptions kestrel, IConnectionListenerFactory transport, IConnectionListener? file,
        IHttpApplication<HttpContext> application, ILoggerFactory framework, CancellationToken cancellationToken)
    {
        var server = new KestrelServer(Options.Create(kestrel), transport, framework);
        try
        {
            await server.StartAsync(application, cancellationToken).ConfigureAwait(false);
            return server;
        }
        catch
        {
            server.Dispose();
            await (file?.DisposeAsync() ?? ValueTask.CompletedTask).ConfigureAwait(false);
            throw;
        }
    }
}
