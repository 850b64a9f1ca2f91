using Casemate.Primitives.Sockets;
using Casemate.Rpc;
using Casemate.Rpc.Kubelet;
using Casemate.Rpc.Kubelet.DevicePlugin;
using Microsoft.Extensions.Logging;

namespace Casemate.Node.DevicePlugin;

/// <summary>
/// One resource as the kubelet knows it: a socket of its own, registered whenever a kubelet is there. Listens first and registers then,
/// since the kubelet calls back before it answers. Source: kubelet device plugin API v1beta1.
/// </summary>
internal sealed partial class ResourcePlugin : IAsyncDisposable
{
    private const string ApiVersion = "v1beta1";
    private static readonly TimeSpan FirstWait = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan RegisterTimeout = TimeSpan.FromSeconds(15);     // the kubelet gives its call back 10 s
    private static readonly TimeSpan StreamTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan PeerPatience = TimeSpan.FromSeconds(1);         // a kubelet that lives hangs up at once
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(2);

    private readonly PluginContext _context;
    private readonly ILogger _logger;
    private readonly PublishedList _published;
    private readonly CancellationTokenSource _stopping = new();
    private readonly string _firstSocket;
    private readonly string _secondSocket;
    private Task _running = Task.CompletedTask;
    private volatile StreamGate? _streams;
    private volatile TaskCompletionSource _notOffered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private string? _problem;

    /// <summary>Makes the plugin; <see cref="Start"/> starts it.</summary>
    /// <param name="name">The resource's name.</param>
    /// <param name="kind">What its devices give.</param>
    /// <param name="granuleBytes">EPC of one device; 0 when it gives none.</param>
    /// <param name="list">Its devices.</param>
    /// <param name="context">What all resources share.</param>
    public ResourcePlugin(string name, ResourceKind kind, long granuleBytes, DeviceList list, PluginContext context)
    {
        (Name, Kind, GranuleBytes, _context) = (name, kind, granuleBytes, context);
        _logger = context.Loggers.CreateLogger("Casemate.Node.DevicePlugin");
        _published = new PublishedList(list);
        _firstSocket = Path.Combine(context.Directory.Path, $"casemate-{SocketWord(kind)}.sock");
        _secondSocket = Path.Combine(context.Directory.Path, $"casemate-{SocketWord(kind)}-next.sock");
    }

    /// <summary>The resource's name.</summary>
    public string Name { get; }

    /// <summary>What its devices give.</summary>
    public ResourceKind Kind { get; }

    /// <summary>EPC of one device; 0 when it gives none.</summary>
    public long GranuleBytes { get; }

    /// <summary>The devices that are offered now.</summary>
    public DeviceList List => _published.Current;

    /// <summary>True while a kubelet has this resource's list.</summary>
    public bool IsListed => _streams is { IsListed: true };

    /// <summary>How often the kubelet took a registration.</summary>
    public long Registrations { get; private set; }

    /// <summary>Starts to serve.</summary>
    public void Start() => _running = _context.Upkeep.KeepAsync($"The plugin of {Name}", RunAsync, _stopping.Token);

    /// <summary>
    /// Registers once more, since the kubelet has the list and does not offer it: another plugin took the name and went, which the kubelet
    /// tells nobody.
    /// </summary>
    public void RegisterAgain() => _notOffered.TrySetResult();

    /// <summary>Offers other devices, or the same ones in another health.</summary>
    /// <returns>False when nothing changed, or the list could become too long for the kubelet: the old one stays.</returns>
    public bool Publish(DeviceList list)
    {
        if (!list.AlwaysFits)
        {
            DevicePluginLog.ListTooLong(_logger, Name, list.Count, list.WorstSize, Resources.DeviceListSize.Limit);
            return false;
        }

        var changed = _published.Publish(list);
        if (changed)
        {
            DevicePluginLog.ListChanged(_logger, Name, list.Count, list.HealthyCount, list.Size);
        }

        return changed;
    }

    /// <summary>Ends the stream, which tells the kubelet that the devices are gone, and removes the socket.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        _stopping.Dispose();
    }

    private static string SocketWord(ResourceKind kind) => kind switch
    {
        ResourceKind.Epc => "epc",
        ResourceKind.Enclave => "enclave",
        ResourceKind.Provision => "provision",
        ResourceKind.Scone => "scone",
        ResourceKind.QuotingEnclave => "qe",
        ResourceKind.Registration => "registration",
        _ => throw new InvalidOperationException($"Kind {kind} has no socket."),
    };

    private async Task RunAsync(CancellationToken stopping)
    {
        if (!List.AlwaysFits)
        {
            DevicePluginLog.ListTooLong(_logger, Name, List.Count, List.WorstSize, Resources.DeviceListSize.Limit);
            return;
        }

        var wait = FirstWait;
        FileStamp? tried = null;
        while (!stopping.IsCancellationRequested)
        {
            var change = _context.Directory.NextChange;
            if (_context.Directory.Kubelet is not { } kubelet)
            {
                tried = null;
                await change.WaitAsync(stopping).ConfigureAwait(false);
                continue;
            }

            wait = kubelet == tried ? wait : FirstWait;
            tried = kubelet;
            if (await ServeAsync(kubelet, stopping).ConfigureAwait(false))
            {
                wait = FirstWait;
                continue;
            }

            await WaitAsync(kubelet, wait, stopping).ConfigureAwait(false);
            wait = wait * 2 < LongestWait ? wait * 2 : LongestWait;
        }
    }

    // The time, or another kubelet, whichever is there first.
    private async Task WaitAsync(FileStamp tried, TimeSpan wait, CancellationToken stopping)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        var over = Task.Delay(wait, _context.Time, either.Token);
        while (!over.IsCompleted)
        {
            var change = _context.Directory.NextChange;
            if (_context.Directory.Kubelet is { } kubelet && kubelet != tried)
            {
                break;
            }

            await Task.WhenAny(over, change).ConfigureAwait(false);
        }

        await either.CancelAsync().ConfigureAwait(false);
        stopping.ThrowIfCancellationRequested();
    }

    /// <summary>
    /// Listens, registers, and serves until it is over. When this returns, the kubelet has hung up, and so seen the end of its stream:
    /// seen later, it would make it drop the next registration.
    /// </summary>
    /// <returns>True when the kubelet had the list, and kept it for a while.</returns>
    private async Task<bool> ServeAsync(FileStamp kubelet, CancellationToken stopping)
    {
        var streams = new StreamGate();
        try
        {
            var (started, socket) = await ListenAsync(streams, stopping).ConfigureAwait(false);
            await using var server = started;
            kubelet = _context.Directory.Kubelet ?? kubelet;
            await RegisterAsync(socket, stopping).ConfigureAwait(false);
            var registered = _context.Time.GetTimestamp();
            _streams = streams;
            await UntilOverAsync(server, streams, kubelet, stopping).ConfigureAwait(false);

            // One that the kubelet drops as soon as it comes is no success: it would be sent again without end.
            return streams.HasListed && _context.Time.GetElapsedTime(registered) >= LongestWait;
        }
        catch (Exception e) when (e is RpcException or RpcEndpointException)
        {
            _context.Metrics.CountRegistration(Name, succeeded: false);
            if (_problem != e.Message)
            {
                DevicePluginLog.NotRegistered(_logger, Name, e is RpcEndpointException own ? $"{own.Message} {own.Remedy}" : e.Message);
            }

            _problem = e.Message;
            return false;
        }
        finally
        {
            _streams = null;
        }
    }

    // While an agent is replaced, the next one is there before it goes, so that pods are given devices all the time. The kubelet asks
    // whichever registered last.
    private async Task<(RpcServer Server, string Socket)> ListenAsync(StreamGate streams, CancellationToken stopping)
    {
        try
        {
            return (await StartAsync(_firstSocket).ConfigureAwait(false), _firstSocket);
        }
        catch (RpcEndpointException e) when (e.InnerException is SocketFileException { IsTaken: true })
        {
            var server = await StartAsync(_secondSocket).ConfigureAwait(false);
            DevicePluginLog.TakesOver(_logger, Name, _firstSocket);
            return (server, _secondSocket);
        }

        Task<RpcServer> StartAsync(string socket) => RpcServer.StartAsync(
            new RpcServerOptions
            {
                SocketPath = socket,
                Methods = MethodsFor(streams),
                MaxRequestBytes = MaximumRequest,
                PeerPatience = PeerPatience,
                StopPatience = StopPatience,
                Time = _context.Time,
                LoggerFactory = _context.Loggers,
            },
            stopping);
    }

    private async Task RegisterAsync(string socket, CancellationToken stopping)
    {
        await using var client = new RpcClient(
            new RpcClientOptions { SocketPath = _context.Directory.KubeletSocket, Time = _context.Time });
        var request = new RegisterRequest
        {
            Version = ApiVersion,
            Endpoint = Path.GetFileName(socket),
            ResourceName = Name,
            Options = Options(),
        };
        await client.CallAsync(KubeletMethods.Register, request, Empty.Parser, RegisterTimeout, stopping).ConfigureAwait(false);
        Registrations++;
        _problem = null;
        _context.Metrics.CountRegistration(Name, succeeded: true);
        DevicePluginLog.Registered(_logger, Name, List.Count, List.HealthyCount, List.Size);
    }

    // Over: the kubelet let go of the stream, never took it up, another kubelet is there, or our socket is gone.
    private async Task UntilOverAsync(RpcServer server, StreamGate streams, FileStamp kubelet, CancellationToken stopping)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        var late = Task.Delay(StreamTimeout, _context.Time, either.Token);
        var stop = Task.Delay(Timeout.InfiniteTimeSpan, _context.Time, either.Token);
        var notOffered = _notOffered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        while (!stopping.IsCancellationRequested)
        {
            var change = _context.Directory.NextChange;
            var reason = streams.Over.IsCompleted ? "the stream of the kubelet ended"
                : !server.SocketExists ? "the socket was removed"
                : _context.Directory.Kubelet is { } present && present != kubelet ? "another kubelet is there"
                : late.IsCompletedSuccessfully && !streams.HasListed ? "the kubelet did not ask for the list"
                : notOffered.Task.IsCompleted ? "the kubelet does not offer what is in its list"
                : null;
            if (reason is not null)
            {
                DevicePluginLog.RegisteringAgain(_logger, Name, reason);
                break;
            }

            await (late.IsCompleted
                ? Task.WhenAny(change, streams.Over, notOffered.Task, stop)
                : Task.WhenAny(change, streams.Over, notOffered.Task, stop, late)).ConfigureAwait(false);
        }

        await either.CancelAsync().ConfigureAwait(false);
    }
}
