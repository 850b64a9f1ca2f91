using Casemate.Quoting.Aesm;
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
    private readonly SocketFile? _file;

    private LocalHttpServer(KestrelServer server, SocketFile? file, string endpoint) =>
        (_server, _file, Endpoint) = (server, file, endpoint);

    /// <summary>Where it listens: an URL, or the path of the socket.</summary>
    public string Endpoint { get; }

    /// <summary>Starts a server.</summary>
    /// <param name="address">ADDRESS:PORT of loopback, or the absolute path of a socket.</param>
    /// <param name="mode">Permission bits of a socket's file.</param>
    /// <param name="maximumBody">The largest body of a request, in bytes.</param>
    /// <param name="application">Answers the requests.</param>
    /// <param name="loggers">Makes the loggers.</param>
    /// <param name="cancellationToken">Stops the start.</param>
    /// <exception cref="AesmEndpointException">The socket's path cannot be used.</exception>
    /// <exception cref="IOException">The port is taken, or may not be opened.</exception>
    public static async Task<LocalHttpServer> StartAsync(
        string address, UnixFileMode mode, int maximumBody, IHttpApplication<HttpContext> application, ILoggerFactory loggers,
        CancellationToken cancellationToken)
    {
        var kestrel = new KestrelServerOptions { AddServerHeader = false };
        kestrel.Limits.MaxRequestBodySize = maximumBody;
        kestrel.Limits.MaxConcurrentConnections = 256;
        kestrel.Limits.MaxRequestLineSize = 4096;
        kestrel.Limits.MaxRequestHeadersTotalSize = 16 * 1024;
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
        kestrel.Limits.KeepAliveTimeout = TimeSpan.FromSeconds(60);
        var transport = new SocketTransportOptions();
        var file = address.StartsWith('/') ? SocketFile.Listen(address, mode, Backlog) : null;
        if (file is not null)
        {
            // Bound already, with its mode and in place of a dead one: Kestrel is to take it as it is.
            transport.CreateBoundListenSocket = _ => file.Socket;
            kestrel.ListenUnixSocket(address, listen => listen.Protocols = HttpProtocols.Http1);
        }
        else
        {
            var listen = ListenAddress.TryParse(address)!;
            kestrel.Listen(listen.Address, listen.Port, endpoint => endpoint.Protocols = HttpProtocols.Http1);
        }

        var framework = new FrameworkLoggerFactory(loggers);
        var server = new KestrelServer(
            Options.Create(kestrel), new SocketTransportFactory(Options.Create(transport), framework), framework);
        try
        {
            await server.StartAsync(application, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            server.Dispose();
            file?.Dispose();
            throw;
        }

        var endpoint = file is null ? server.Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.Single() : address;
        return new LocalHttpServer(server, file, endpoint);
    }

    /// <summary>Stops listening and waits for requests under way.</summary>
    /// <param name="cancellationToken">Cuts them off.</param>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        _file?.Dispose();                                                  // while it is still ours, and before Kestrel closes its socket
        await _server.StopAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Stops at once.</summary>
    public async ValueTask DisposeAsync()
    {
        await StopAsync(new CancellationToken(canceled: true)).ConfigureAwait(false);
        _server.Dispose();
    }
}
