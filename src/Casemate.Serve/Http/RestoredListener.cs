using System.Net;
using Casemate.Quoting.Aesm;
using Casemate.Serve.Quoting;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Casemate.Serve.Http;

/// <summary>
/// Kestrel's way to a Unix socket whose file is made again when somebody deletes it. Kestrel itself binds once: it sees one listener,
/// behind which sockets come and go.
/// </summary>
internal sealed class RestoredListener : IConnectionListenerFactory, IConnectionListener
{
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(250);

    private readonly RestoredSocket _socket;
    private readonly SocketTransportFactory _transport;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly SemaphoreSlim _watching = new(1);
    private readonly List<IConnectionListener> _replaced = [];
    private volatile IConnectionListener? _listener;
    private volatile bool _unbound;
    private ITimer? _timer;

    /// <summary>Listens on a path.</summary>
    /// <exception cref="AesmEndpointException">The path cannot be used, or another process listens on it.</exception>
    public RestoredListener(string path, UnixFileMode mode, int backlog, TimeProvider time, ILoggerFactory loggers, ILogger logger,
        bool makesDirectory = true)
    {
        (_time, _logger) = (time, logger);
        _socket = new RestoredSocket(path, mode, backlog, makesDirectory);
        EndPoint = new System.Net.Sockets.UnixDomainSocketEndPoint(path);

        // Bound already, with its mode and in place of a dead one: Kestrel is to take it as it is.
        var options = new SocketTransportOptions { CreateBoundListenSocket = _ => _socket.Socket };
        _transport = new SocketTransportFactory(Options.Create(options), loggers);
    }

    /// <inheritdoc/>
    public EndPoint EndPoint { get; }

    /// <inheritdoc/>
    public async ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        _listener = await _transport.BindAsync(endpoint, cancellationToken).ConfigureAwait(false);
        _timer = _time.CreateTimer(_ => _ = WatchAsync(), null, s_interval, s_interval);
        return this;
    }

    /// <inheritdoc/>
    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        while (true)
        {
            var listener = _listener!;
            if (await listener.AcceptAsync(cancellationToken).ConfigureAwait(false) is { } connection)
            {
                return connection;
            }

            // Its socket was closed: because there is another one, or for good.
            if (_unbound || ReferenceEquals(listener, _listener))
            {
                return null;
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        _unbound = true;
        await (_timer?.DisposeAsync() ?? ValueTask.CompletedTask).ConfigureAwait(false);
        await _watching.WaitAsync(CancellationToken.None).ConfigureAwait(false); // as short as a look, also for who has no patience
        try
        {
            _socket.Dispose();                                             // while the file is still ours
            await (_listener?.UnbindAsync(cancellationToken) ?? ValueTask.CompletedTask).ConfigureAwait(false);
        }
        finally
        {
            _watching.Release();
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await UnbindAsync().ConfigureAwait(false);
        foreach (var listener in _replaced.Append(_listener))
        {
            await (listener?.DisposeAsync() ?? ValueTask.CompletedTask).ConfigureAwait(false);
        }
    }

    private async Task WatchAsync()
    {
        if (!await _watching.WaitAsync(0).ConfigureAwait(false))
        {
            return;                                                        // the last look takes its time
        }

        try
        {
            if (_unbound)
            {
                return;
            }

            if (_socket.Restore(out var problem) is { } replaced)
            {
                // The new one is in place before the old one ends: whoever waits at the old one then looks for another.
                var last = _listener!;
                _listener = await _transport.BindAsync(EndPoint).ConfigureAwait(false);
                _replaced.Add(last);                                       // its connections live on
                replaced.Dispose();
                await last.UnbindAsync().ConfigureAwait(false);
                QuotingLog.SocketRestored(_logger, _socket.Path);
            }
            else if (problem is not null)
            {
                QuotingLog.SocketLost(_logger, _socket.Path, problem);
            }
        }
        catch (Exception e)
        {
            // Runs on a timer: what escaped from here would end the process, and with it every other socket.
            QuotingLog.Faulted(_logger, _socket.Path, e);
        }
        finally
        {
            _watching.Release();
        }
    }
}
