using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Casemate.Quoting.Aesm;
using Casemate.Serve.Quoting;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace Casemate.Serve.Http;

/// <summary>
/// Kestrel's way to many Unix sockets that come and go: it sees one listener. A server of its own for each would cost memory on a node that
/// is there for workloads. Each socket has few connections at a time, so that none takes them from the others.
/// </summary>
/// <param name="endpoint">A name for all of them, which nobody can connect to.</param>
/// <param name="mode">Permission bits of the sockets' files.</param>
/// <param name="time">The clock by which it is looked whether the files are there.</param>
/// <param name="loggers">Makes the framework's loggers.</param>
/// <param name="logger">Is told of files that vanished.</param>
internal sealed class SharedListener(
    UnixDomainSocketEndPoint endpoint, UnixFileMode mode, TimeProvider time, ILoggerFactory loggers, ILogger logger)
    : IConnectionListenerFactory, IConnectionListener
{
    /// <summary>Connections that one socket may have open.</summary>
    public const int ConnectionsEach = 8;

    private const int Backlog = 16;

    private readonly Channel<ConnectionContext> _accepted = Channel.CreateBounded<ConnectionContext>(Backlog);
    private readonly Dictionary<string, (RestoredListener Listener, Task Accepting)> _sockets = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();
    private bool _unbound;

    /// <inheritdoc/>
    public EndPoint EndPoint => endpoint;

    /// <summary>Listens on one more path.</summary>
    /// <exception cref="AesmEndpointException">The path cannot be used, or another process listens on it.</exception>
    public void Listen(string path)
    {
        lock (_lock)
        {
            if (_unbound || _sockets.ContainsKey(path))
            {
                return;
            }

            var listener = new RestoredListener(path, mode, Backlog, time, loggers, logger, makesDirectory: false);
            _sockets.Add(path, (listener, Task.Run(() => AcceptAllAsync(listener, new SocketPath(path)))));
        }
    }

    /// <summary>Stops listening on a path; its connections stay until they end.</summary>
    public async Task CloseAsync(string path)
    {
        (RestoredListener Listener, Task Accepting) socket;
        lock (_lock)
        {
            if (!_sockets.Remove(path, out socket))
            {
                return;
            }
        }

        await EndAsync(socket.Listener, socket.Accepting).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) => new(this);

    /// <inheritdoc/>
    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default) =>
        await _accepted.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false) && _accepted.Reader.TryRead(out var connection)
            ? connection : null;

    /// <inheritdoc/>
    public async ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        List<(RestoredListener Listener, Task Accepting)> all;
        lock (_lock)
        {
            _unbound = true;
            all = [.. _sockets.Values];
            _sockets.Clear();
        }

        _accepted.Writer.TryComplete();
        await Task.WhenAll(all.Select(socket => EndAsync(socket.Listener, socket.Accepting))).ConfigureAwait(false);
        while (_accepted.Reader.TryRead(out var left))
        {
            await left.DisposeAsync().ConfigureAwait(false);               // nobody will answer it
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => UnbindAsync();

    private static async Task EndAsync(RestoredListener listener, Task accepting)
    {
        await listener.UnbindAsync().ConfigureAwait(false);
        await accepting.ConfigureAwait(false);
        await listener.DisposeAsync().ConfigureAwait(false);
    }

    private async Task AcceptAllAsync(RestoredListener listener, SocketPath path)
    {
        var open = 0;
        try
        {
            await listener.BindAsync(listener.EndPoint).ConfigureAwait(false);
            while (await listener.AcceptAsync().ConfigureAwait(false) is { } connection)
            {
                if (Interlocked.Increment(ref open) > ConnectionsEach)
                {
                    Interlocked.Decrement(ref open);
                    await connection.DisposeAsync().ConfigureAwait(false);
                    continue;
                }

                connection.Features.Set(path);
                connection.ConnectionClosed.UnsafeRegister(_ => Interlocked.Decrement(ref open), null);
                if (!await HandOverAsync(connection).ConfigureAwait(false))
                {
                    await connection.DisposeAsync().ConfigureAwait(false);
                }
            }
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
        {
            // The socket's directory went while it was bound; whoever made it closes it here as well.
            QuotingLog.Faulted(logger, path.Path, e);
        }
    }

    private async Task<bool> HandOverAsync(ConnectionContext connection)
    {
        try
        {
            await _accepted.Writer.WriteAsync(connection).ConfigureAwait(false);
            return true;
        }
        catch (ChannelClosedException)
        {
            return false;
        }
    }
}
