using System.Collections.Concurrent;
using Casemate.Primitives.Sockets;
using Casemate.Rpc.Server;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Casemate.Rpc;

/// <summary>
/// Serves gRPC methods on one Unix socket, HTTP/2 with prior knowledge only. Kestrel alone, without a host: no configuration is read, no
/// signal is caught, and nothing is there that a daemon of some megabytes would have to carry.
/// </summary>
/// <example>
/// <code>
/// await using var server = await RpcServer.StartAsync(
///     new RpcServerOptions { SocketPath = "/var/lib/kubelet/device-plugins/casemate.sock", Methods = [allocate, listAndWatch] },
///     cancellationToken);
/// </code>
/// </example>
public sealed class RpcServer : IAsyncDisposable
{
    private const int Backlog = 128;

    private static readonly TimeSpan s_nudgeInterval = TimeSpan.FromMilliseconds(20);

    private readonly RpcServerOptions _options;
    private readonly ILogger _logger;
    private readonly SocketFile _file;
    private readonly KestrelServer _kestrel;
    private readonly ConnectionCount _counted = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly CancellationTokenSource _stopped = new();
    private readonly ConcurrentDictionary<MaskedTransport, bool> _connections = [];
    private readonly Lock _lock = new();
    private Task? _stop;

    private RpcServer(RpcServerOptions options, SocketFile file)
    {
        _options = options;
        _file = file;
        _logger = options.LoggerFactory.CreateLogger<RpcServer>();
        var kestrel = new KestrelServerOptions { AddServerHeader = false };
        kestrel.Limits.MaxConcurrentConnections = options.MaxConnections;
        kestrel.Limits.MaxRequestBodySize = null;                          // each message has its limit
        kestrel.Limits.MinRequestBodyDataRate = null;                      // a request has RequestTimeout
        kestrel.Limits.MinResponseDataRate = null;                         // or a silent ListAndWatch would be broken off
        kestrel.Limits.MaxRequestHeadersTotalSize = 16 * 1024;
        kestrel.Limits.MaxRequestHeaderCount = 64;
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
        kestrel.Limits.Http2.InitialStreamWindowSize = 128 * 1024;
        kestrel.Limits.Http2.InitialConnectionWindowSize = 256 * 1024;
        kestrel.ListenUnixSocket(options.SocketPath, endpoint =>
        {
            endpoint.Protocols = HttpProtocols.Http2;
            endpoint.Use(next => connection => ServeAsync(connection, next));
        });
        var transport = new SocketTransportOptions { CreateBoundListenSocket = _ => file.Socket };
        _kestrel = new KestrelServer(
            Options.Create(kestrel), new SocketTransportFactory(Options.Create(transport), options.LoggerFactory), options.LoggerFactory);
    }

    /// <summary>
    /// True while the path leads to this server's socket. False after somebody deleted the file, as the kubelet does when it starts, or
    /// put another there: nobody can connect any more, and the server should be made anew.
    /// </summary>
    public bool SocketExists => _file.IsInPlace == true;

    /// <summary>
    /// Starts a server. A socket that a dead process left is replaced; the file has its mode from the moment that it is seen.
    /// </summary>
    /// <param name="options">Where, what, and within which limits.</param>
    /// <param name="cancellationToken">Gives the start up.</param>
    /// <exception cref="ArgumentException">An option cannot be used; the message names all that cannot.</exception>
    /// <exception cref="RpcEndpointException">The path cannot be used, or another process listens on it.</exception>
    public static async Task<RpcServer> StartAsync(RpcServerOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Problems().ToList() is { Count: > 0 } problems)
        {
            throw new ArgumentException(string.Join(" ", problems), nameof(options));
        }

        cancellationToken.ThrowIfCancellationRequested();
        var server = new RpcServer(options, Listen(options));
        try
        {
            var application = new RpcApplication(options, server._stopping.Token, server._stopped.Token);
            await server._kestrel.StartAsync(application, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            server._file.Socket.Dispose();
            await server.DisposeAsync().ConfigureAwait(false);
            throw;
        }

        RpcLog.Listening(server._logger, options.SocketPath, options.Methods.Count);
        return server;
    }

    /// <summary>
    /// Stops: removes the file if it is still this server's, ends streaming calls with <see cref="RpcStatus.Unavailable"/>, tells peers
    /// to go away, and lets unary calls have their answer. May be called again while it stops: the first patience that is over ends the
    /// wait of all.
    /// </summary>
    /// <param name="patience">Ends the wait: unary calls are given up as well, and connections that stay are closed.</param>
    public async Task StopAsync(CancellationToken patience)
    {
        await using var impatient = patience.Register(_stopped.Cancel).ConfigureAwait(false);
        Task stop;
        lock (_lock)
        {
            _stop ??= StopOnceAsync();
            stop = _stop;
        }

        await stop.ConfigureAwait(false);
    }

    /// <summary>Stops with the patience of <see cref="RpcServerOptions.StopPatience"/>.</summary>
    public async ValueTask DisposeAsync()
    {
        using var patience = new CancellationTokenSource(_options.StopPatience, _options.Time);
        await StopAsync(patience.Token).ConfigureAwait(false);
    }

    // The directory is the kubelet's: where it is not there, the kubelet is not.
    private static SocketFile Listen(RpcServerOptions options)
    {
        try
        {
            return SocketFile.Listen(options.SocketPath, options.Mode, Backlog, makeDirectory: false);
        }
        catch (SocketFileException problem)
        {
            throw new RpcEndpointException(problem.Message, problem.Remedy, problem);
        }
    }

    private async Task StopOnceAsync()
    {
        _file.Remove();
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _counted.UntilNoneAsync(_options.PeerPatience, _options.Time, _stopped.Token).ConfigureAwait(false);
        var stop = _kestrel.StopAsync(_stopped.Token);
        while (!stop.IsCompleted)
        {
            foreach (var connection in _connections.Keys)
            {
                connection.Nudge();
            }

            await Task.WhenAny(stop, Task.Delay(s_nudgeInterval, CancellationToken.None)).ConfigureAwait(false);
        }

        await stop.ConfigureAwait(false);
        _kestrel.Dispose();
        RpcLog.Stopped(_logger, _options.SocketPath);
    }

    private async Task ServeAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        var transport = new MaskedTransport(connection.Transport);
        connection.Transport = transport;
        _connections[transport] = true;
        _counted.Enter();
        try
        {
            await next(connection).ConfigureAwait(false);
        }
        finally
        {
            _connections.TryRemove(transport, out _);
            _counted.Leave();
        }
    }
}
