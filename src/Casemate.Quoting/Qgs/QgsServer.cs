using System.Globalization;
using System.Net.Sockets;
using Casemate.Attestation;
using Casemate.Primitives.Sockets;
using Casemate.Quoting.Aesm;
using Casemate.Quoting.Service.Audit;
using Casemate.Quoting.Service.Queue;

namespace Casemate.Quoting.Qgs;

/// <summary>
/// Serves TDX quotes to virtual machines as Intel's Quote Generation Service does: on a Unix socket for the hypervisor, or on vsock,
/// framed or raw, one request a connection. Every virtual machine gets its turn however often another one asks.
/// </summary>
/// <example>
/// <code>
/// await using var server = new QgsServer(provider, new QgsServerOptions(), TimeProvider.System);
/// server.ListenVsock();
/// </code>
/// </example>
public sealed partial class QgsServer : IAsyncDisposable
{
    /// <summary>Where hypervisors look for the socket.</summary>
    public const string DefaultPath = "/var/run/tdx-qgs/qgs.socket";

    private const string ProcessMark = " (process ";
    private const int Backlog = 128;
    private const int MaximumQueuedPerPeer = 64;

    private readonly ITdQuoteProvider _provider;
    private readonly QgsServerOptions _options;
    private readonly TimeProvider _time;
    private readonly IQgsServerEvents _events;
    private readonly IQuoteAudit _audit;
    private readonly ICollateralSource? _collateral;
    private readonly FairQueue _queue;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _lock = new();
    private readonly List<IDisposable> _listeners = [];
    private readonly HashSet<Task> _running = [];
    private readonly Dictionary<string, int> _perPeer = new(StringComparer.Ordinal);
    private readonly HashSet<Waiting> _waiting = [];
    private readonly ITimer _watch;
    private int _connections;

    /// <summary>Makes a server that listens nowhere yet.</summary>
    /// <param name="provider">Makes the quotes.</param>
    /// <param name="options">Limits.</param>
    /// <param name="time">The clock that deadlines are kept by.</param>
    /// <param name="events">Is told what happens; null: nobody is.</param>
    /// <param name="audit">Keeps a record of every quote, without which none is given out; null: nobody does.</param>
    /// <param name="collateral">Where collateral comes from that machines ask for; null: such requests are refused.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    public QgsServer(ITdQuoteProvider provider, QgsServerOptions options, TimeProvider time, IQgsServerEvents? events = null,
        IQuoteAudit? audit = null, ICollateralSource? collateral = null)
    {
        ArgumentNullException.ThrowIfNull(provider);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(options.ConnectionTimeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.ConnectionTimeout, TimeSpan.FromHours(1));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaximumConnections, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.MaximumConnections, 65536);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaximumConnectionsPerPeer, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.WatchInterval, TimeSpan.FromMilliseconds(1));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.WatchInterval, TimeSpan.FromMinutes(1));
        (_provider, _options, _time) = (provider, options, time);
        _events = events ?? NoQgsEvents.Instance;
        _audit = audit ?? NoAudit.Instance;
        _collateral = collateral;
        _queue = new FairQueue(Math.Max(1, provider.MaximumConcurrency), MaximumQueuedPerPeer, options.MaximumConnections, time);
        _watch = time.CreateTimer(_ => Watch(), null, options.WatchInterval, options.WatchInterval);
    }

    /// <summary>Connections that are open now.</summary>
    public int ConnectionCount => Volatile.Read(ref _connections);

    /// <summary>Requests for quotes that wait for their turn.</summary>
    public int QueueDepth => _queue.Waiting;

    /// <summary>
    /// Listens on a path. Its directory is made if need be; a socket that a dead process left is replaced; a file that is deleted while
    /// the server runs is made again.
    /// </summary>
    /// <param name="path">Absolute path of at most 107 bytes.</param>
    /// <exception cref="AesmEndpointException">The path cannot be used, or another process listens on it.</exception>
    public void Listen(string path = DefaultPath)
    {
        path = Path.GetFullPath(path);
        var file = new RestoredSocket(path, _options.SocketMode, Backlog);
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_stopping.IsCancellationRequested, this);
            _listeners.Add(file);
            _running.Add(AcceptAsync(file.Socket, path));
        }
    }

    /// <summary>Listens on vsock, for all virtual machines of this host.</summary>
    /// <param name="port">The port; Intel's service has 4050.</param>
    /// <exception cref="AesmEndpointException">The kernel has no vsock, or the port is taken.</exception>
    public void ListenVsock(uint port = VsockListener.DefaultPort)
    {
        var listener = VsockListener.Listen(port, Backlog, (socket, cid) => Begin(socket, $"vsock:{cid}", isOnePeer: true));
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_stopping.IsCancellationRequested, this);
            _listeners.Add(listener);
        }
    }

    /// <summary>Stops listening; requests under way are given up.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _watch.DisposeAsync().ConfigureAwait(false);
        IDisposable[] listeners;
        lock (_lock)
        {
            listeners = [.. _listeners];
            _listeners.Clear();
        }

        // Outside of the lock: a listener waits for its thread, which may just be handing over a connection.
        foreach (var listener in listeners)
        {
            listener.Dispose();
        }

        _queue.DismissAll();
        Task[] running;
        lock (_lock)
        {
            running = [.. _running];
        }

        await Task.WhenAll(running).ConfigureAwait(false);
    }

    private async Task AcceptAsync(Socket listener, string path)
    {
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                var socket = await listener.AcceptAsync(_stopping.Token).ConfigureAwait(false);

                // One process is one virtual machine: each has a turn of its own, whatever the others ask for.
                var known = PeerCredential.TryRead(socket, out var credential) && credential.ProcessId > 0;
                var process = credential.ProcessId.ToString(CultureInfo.InvariantCulture);
                Begin(socket, known ? $"{path}{ProcessMark}{process})" : path, known);
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
            catch (SocketException) when (listener.SafeHandle.IsClosed)
            {
                return;                                                    // its file was deleted; another socket listens in its place
            }
            catch (SocketException e)
            {
                // Out of descriptors, or a client that was gone before it was accepted: others are served when there is room again.
                _events.Dropped(path, $"cannot accept: {e.Message}");
                await Task.Delay(TimeSpan.FromMilliseconds(50), _time, CancellationToken.None).ConfigureAwait(false);
            }
        }
    }

    private void Watch()
    {
        Waiting[] waiting;
        lock (_lock)
        {
            waiting = [.. _waiting];
            foreach (var file in _stopping.IsCancellationRequested ? [] : _listeners.OfType<RestoredSocket>())
            {
                if (file.Restore(out var problem) is { } replaced)
                {
                    replaced.Dispose();
                    _running.Add(AcceptAsync(file.Socket, file.Path));
                    _events.SocketRestored(file.Path);
                }
                else if (problem is not null)
                {
                    _events.SocketLost(file.Path, problem);
                }
            }
        }

        foreach (var peer in waiting)
        {
            peer.GiveUpIfHungUp();
        }
    }

    private void Begin(Socket socket, string peer, bool isOnePeer)
    {
        lock (_lock)
        {
            if (_stopping.IsCancellationRequested || _connections >= _options.MaximumConnections)
            {
                _events.Dropped(peer, $"MaximumConnections ({_options.MaximumConnections}) is reached");
                socket.Dispose();
                return;
            }

            var ofPeer = _perPeer.GetValueOrDefault(peer);
            if (isOnePeer && ofPeer >= _options.MaximumConnectionsPerPeer)
            {
                _events.Dropped(peer, $"MaximumConnectionsPerPeer ({_options.MaximumConnectionsPerPeer}) is reached");
                socket.Dispose();
                return;
            }

            _perPeer[peer] = ofPeer + 1;
            _connections++;
            var task = Task.Run(() => ServeAsync(socket, peer));
            _running.Add(task);
            _ = task.ContinueWith(
                done =>
                {
                    lock (_lock)
                    {
                        _running.Remove(done);
                        _connections--;
                        if (--_perPeer[peer] == 0)
                        {
                            _perPeer.Remove(peer);
                        }
                    }
                },
                CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }
}
