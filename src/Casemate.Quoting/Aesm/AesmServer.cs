using System.Net.Sockets;
using Casemate.Quoting.Service;

namespace Casemate.Quoting.Aesm;

/// <summary>
/// Serves the AESM protocol on Unix sockets to unmodified clients: Intel's <c>libsgx_quote_ex</c>, Gramine, Open Enclave. Any number of
/// sockets, all under the same limits; no connection costs a thread.
/// </summary>
/// <example>
/// <code>
/// await using var server = new AesmServer(service, new AesmServerOptions(), TimeProvider.System);
/// server.Listen("/var/run/aesmd/aesm.socket");
/// </code>
/// </example>
public sealed partial class AesmServer : IAsyncDisposable
{
    /// <summary>Where clients look for the socket.</summary>
    public const string DefaultPath = "/var/run/aesmd/aesm.socket";

    /// <summary>The abstract name that Gramine tries before the path.</summary>
    public const string DefaultAbstractName = "sgx_aesm_socket_base";

    private readonly CancellationTokenSource _accepting = new();
    private readonly CancellationTokenSource _stopped = new();
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Listener> _listeners = [];
    private readonly ITimer _watch;
    private Task? _stop;
    private volatile bool _stopping;

    /// <summary>Makes a server that listens nowhere yet.</summary>
    /// <param name="service">Makes the quotes.</param>
    /// <param name="options">Limits and deadlines.</param>
    /// <param name="time">The clock that deadlines are kept by.</param>
    /// <param name="peers">Finds the pod behind a connection; null: nobody does.</param>
    /// <param name="events">Is told what happens; null: nobody is.</param>
    /// <exception cref="ArgumentException">An option cannot be used; the message names all that cannot.</exception>
    public AesmServer(
        IQuoteService service, AesmServerOptions options, TimeProvider time, IPeerResolver? peers = null, IAesmServerEvents? events = null)
    {
        ArgumentNullException.ThrowIfNull(service);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        if (options.Problems().ToList() is { Count: > 0 } problems)
        {
            throw new ArgumentException(string.Join(" ", problems), nameof(options));
        }

        Options = options;
        Time = time;
        Peers = peers ?? CredentialPeerResolver.Instance;
        Events = events ?? NoEvents.Instance;
        Handler = new AesmRequestHandler(service);
        Connections = new ConnectionTable(options);
        Stopped = _stopped.Token;
        _watch = time.CreateTimer(_ => Watch(), null, options.WatchInterval, options.WatchInterval);
    }

    /// <summary>Connections that are open now.</summary>
    public int ConnectionCount => Connections.Count;

    internal AesmServerOptions Options { get; }

    internal TimeProvider Time { get; }

    internal IPeerResolver Peers { get; }

    internal IAesmServerEvents Events { get; }

    internal AesmRequestHandler Handler { get; }

    internal ConnectionTable Connections { get; }

    /// <summary>Fires when requests that are still under way are given up.</summary>
    internal CancellationToken Stopped { get; }

    internal bool IsStopping => _stopping;

    /// <summary>
    /// Listens on a path. Its directory is made if need be; a socket that a dead process left is replaced; a file that is deleted
    /// while the server runs is made again.
    /// </summary>
    /// <param name="path">Absolute path of at most 107 bytes, in a directory that holds nothing else.</param>
    /// <param name="makesDirectory">False: the directory is another's, and the socket goes with it.</param>
    /// <exception cref="AesmEndpointException">The path cannot be used, or another process listens on it.</exception>
    public void Listen(string path, bool makesDirectory = true)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        path = Path.GetFullPath(path);
        Start(path, () =>
        {
            var file = AesmSocketFile.Listen(path, Options.SocketMode, Options.Backlog, makesDirectory);
            return new Listener(path, file.Socket, file) { MakesDirectory = makesDirectory };
        });
    }

    /// <summary>
    /// Listens on an abstract socket. Abstract names belong to the network namespace: only processes in the same one, such as pods with
    /// <c>hostNetwork</c>, can connect, and any of them could have taken the name before.
    /// </summary>
    /// <param name="name">
    /// The name without the NUL before it, at most 107 bytes. It is padded with NULs to the full 108 bytes, as Gramine asks for it.
    /// </param>
    /// <exception cref="AesmEndpointException">The name cannot be used, or another process has it.</exception>
    public void ListenAbstract(string name = DefaultAbstractName)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        var address = AesmAddress.Abstract(name);
        Start("@" + name, () =>
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                socket.Bind(address);
                socket.Listen(Options.Backlog);
                return new Listener("@" + name, socket, null);
            }
            catch (SocketException e)
            {
                socket.Dispose();
                throw new AesmEndpointException(
                    $"Cannot listen on the abstract socket {name}: {e.Message.TrimEnd('.')}.",
                    "Stop the process that has the name (ss -xlp shows it), or do without the abstract socket.", e);
            }
        });
    }

    /// <summary>Stops listening on one socket; its connections stay.</summary>
    /// <param name="endpoint">The path, or <c>@</c> and the abstract name.</param>
    /// <returns>False when the server does not listen there.</returns>
    public bool Close(string endpoint)
    {
        lock (_lock)
        {
            if (!_listeners.Remove(endpoint, out var listener))
            {
                return false;
            }

            listener.Dispose();
            return true;
        }
    }

    /// <summary>
    /// Stops: takes no connection any more, closes the idle ones, lets requests that are under way have their answer, and gives up those
    /// that are not done when <paramref name="patience"/> ends.
    /// </summary>
    /// <param name="patience">Ends the wait for requests under way; they are answered with <see cref="AesmError.ServiceStopped"/>.</param>
    public async Task StopAsync(CancellationToken patience)
    {
        Task stop;
        lock (_lock)
        {
            _stop ??= StopOnceAsync();
            stop = _stop;
        }

        await using var impatient = patience.Register(GiveUp);
        await stop.ConfigureAwait(false);
    }

    /// <summary>Stops at once.</summary>
    public async ValueTask DisposeAsync()
    {
        await StopAsync(new CancellationToken(canceled: true)).ConfigureAwait(false);
    }

    private void GiveUp()
    {
        _stopped.Cancel();
        foreach (var connection in Connections.Snapshot())
        {
            connection.AbortIfWaiting();
            connection.GiveUpAnswer();
        }
    }

    private async Task StopOnceAsync()
    {
        _stopping = true;
        foreach (var endpoint in _listeners.Keys.ToList())
        {
            Close(endpoint);
        }

        await _accepting.CancelAsync().ConfigureAwait(false);
        var (idle, empty) = Connections.Close();
        foreach (var connection in idle)
        {
            connection.Abort("");
        }

        // The watch goes on until the last connection has ended: a peer that does not read its answer must not keep the server alive.
        await empty.ConfigureAwait(false);
        await _watch.DisposeAsync().ConfigureAwait(false);
    }

    private void Start(string endpoint, Func<Listener> listen)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_stopping, this);
            if (_listeners.ContainsKey(endpoint))
            {
                throw new AesmEndpointException($"This server listens on {endpoint} already.", "Name every socket once.");
            }

            var listener = listen();
            _listeners[endpoint] = listener;
            _ = AcceptAsync(listener);
        }

        Events.Listening(endpoint);
    }
}
