using System.Diagnostics.Metrics;
using System.Threading.Channels;
using Casemate.Kubernetes;
using Casemate.Node.NodeObject;
using Microsoft.Extensions.Logging;

namespace Casemate.Node.Cluster;

/// <summary>
/// Ties an agent to its cluster: the Node shows what the agent offers, the account knows what pods hold, notices become Events. The agent
/// never waits for any of it, and no failure here reaches the kubelet: the API server may be away for as long as it likes.
/// </summary>
public sealed partial class ClusterLink : IAsyncDisposable
{
    private const int MostNotices = 100;
    private static readonly TimeSpan KubeletPatience = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan KubeletInterval = TimeSpan.FromMilliseconds(20);

    private readonly KubeClient _client;
    private readonly ClusterLinkOptions _options;
    private readonly NodeObjectReconciler _reconciler;
    private readonly ClusterMetrics _metrics;
    private readonly EventRecorder _events;
    private readonly ILogger _logger;
    private readonly Upkeep _upkeep;
    private readonly Channel<NodeNotice> _notices = Channel.CreateBounded<NodeNotice>(
        new BoundedChannelOptions(MostNotices) { FullMode = BoundedChannelFullMode.DropOldest });

    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    private readonly CancellationTokenSource _stopping = new();
    private Task _running = Task.CompletedTask;
    private volatile Informer? _pods;
    private volatile IReadOnlyList<PodRequest>? _requests;
    private volatile NodeCondition? _quotes;
    private bool _disposed;

    /// <summary>Makes one; nothing is asked yet.</summary>
    /// <param name="client">Through whom, with a field manager that nobody else uses on Nodes; stays the caller's.</param>
    /// <param name="options">Which Node, and how.</param>
    /// <param name="logger">Where it tells what it does.</param>
    public ClusterLink(KubeClient client, ClusterLinkOptions options, ILogger logger)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(logger);
        (_client, _options, _logger) = (client, options, logger);
        _upkeep = new Upkeep(logger, client.Time, Wake);
        _reconciler = new NodeObjectReconciler(client, options.Node, options.Attestation, logger) { Looked = Wake };
        _metrics = new ClusterMetrics(options.Node.NodeName, () => _reconciler.Status);
        _events = new EventRecorder(client, "casemate.dev/node", options.Node.NodeName);
    }

    /// <summary>How the Node stands, as last seen.</summary>
    public NodeObjectStatus Status => _reconciler.Status;

    /// <summary>What is measured of the Node.</summary>
    public Meter Meter => _metrics.Meter;

    /// <summary>What stands in the way: one sentence; null when the Node shows what it shall and what its pods hold is known.</summary>
    public string? Problem => _upkeep.Missing().FirstOrDefault() is { } failing ? $"{failing}." : Status.Problem ?? PodsProblem;

    private string? PodsProblem => _pods is not { } pods || !pods.IsSynced
        ? $"What pods hold is not known yet{(_pods?.Problem is { } problem ? $": {problem}" : ".")}"
        : pods.Problem is { } late ? $"What pods hold may be out of date: {late}" : null;

    /// <summary>Takes a notice of the agent; never blocks. Of too many the oldest are dropped: the log has them.</summary>
    public void Notify(NodeNotice notice)
    {
        ArgumentNullException.ThrowIfNull(notice);

        // The writer of the Node tells this one itself, as the scheduler sees it.
        if (notice.Reason != NodeEventReason.EpcNotAdvertised)
        {
            _notices.Writer.TryWrite(notice);
        }
    }

    /// <summary>Begins. To be called once; the agent stays the caller's, and must outlive this.</summary>
    public void Start(NodeAgent agent)
    {
        ArgumentNullException.ThrowIfNull(agent);
        ClusterLog.Begun(_logger, _options.Node.NodeName);
        _running = Task.Run(() => RunAsync(agent, _stopping.Token), CancellationToken.None);
    }

    /// <summary>Ends. The Node keeps what it shows: an update of the agent moves no pod.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        _metrics.Dispose();
        _stopping.Dispose();
    }

    private async Task RunAsync(NodeAgent agent, CancellationToken stop)
    {
        // Containers wait for the kubelet's lists, nobody for the Node: those come first, on few processors.
        var start = _client.Time.GetTimestamp();
        while (!agent.IsReady && !stop.IsCancellationRequested && _client.Time.GetElapsedTime(start) < KubeletPatience)
        {
            await Task.Delay(KubeletInterval, _client.Time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await Task.WhenAll(
            _upkeep.KeepAsync("The Node's writer", _reconciler.RunAsync, stop),
            _upkeep.KeepAsync("The agent's reader", token => FollowAgentAsync(agent, token), stop),
            _upkeep.KeepAsync("The pods' reader", ReadPodsAsync, stop),
            _upkeep.KeepAsync("The quote helper's reader", LookAtQuotesAsync, stop),
            _upkeep.KeepAsync("The writer of Events", RecordAsync, stop)).ConfigureAwait(false);
    }

    private async Task ReadPodsAsync(CancellationToken stop)
    {
        var known = new Dictionary<string, PodRequest>(StringComparer.Ordinal);
        var informer = new Informer(
            _client, KubeResource.Pods, new KubeListOptions { FieldSelector = $"spec.nodeName={_options.Node.NodeName}" })
        {
            Keep = KubeObject.IdentityOf,
        };
        _pods = informer;
        await foreach (var change in informer.RunAsync(stop).ConfigureAwait(false))
        {
            if (Apply(change, known) || change.Type is InformerChangeType.Synced)
            {
                _requests = informer.IsSynced ? [.. known.Values] : _requests;
                Wake();
            }

            if (change.Type is InformerChangeType.Synced)
            {
                // The list of the node's pods is the largest thing that this process ever holds, and hardly a byte of it is kept.
                _ = SettledMemory.OfThisProcess.GiveBackAsync(_client.Time, stop);
            }
        }
    }

    /// <returns>True when what pods ask for changed: most changes are of their status alone.</returns>
    private static bool Apply(InformerChange change, Dictionary<string, PodRequest> known)
    {
        if (change.Object is not { } pod)
        {
            return false;
        }

        var request = change.Type is InformerChangeType.Deleted ? null : PodUses.Read(pod);
        if (request is null)
        {
            return known.Remove(pod.Key);
        }

        var same = known.TryGetValue(pod.Key, out var before) && before.Uid == request.Uid && before.Bytes == request.Bytes
            && before.Names.SetEquals(request.Names);
        known[pod.Key] = request;
        return !same;
    }

    private async Task LookAtQuotesAsync(CancellationToken stop)
    {
        if (_options.Quotes is not { } quotes)
        {
            return;
        }

        while (true)
        {
            var problem = await quotes.FindProblemAsync(stop).ConfigureAwait(false);
            var before = _quotes;
            _quotes = problem is null
                ? new NodeCondition(NodeMarks.SgxQuoteReady, true, "QuotesAreMade", "The quote helper makes quotes.")
                : new NodeCondition(NodeMarks.SgxQuoteReady, false, "NoQuotes", problem);
            if (_quotes != before)
            {
                if (problem is not null)
                {
                    ClusterLog.NoQuotes(_logger, _options.Node.NodeName, problem);
                }

                Wake();
            }

            await Task.Delay(_options.Interval, _client.Time, stop).ConfigureAwait(false);
        }
    }

    private async Task RecordAsync(CancellationToken stop)
    {
        // An Event before the Node was seen would be about another object: the same notice later would be one more.
        while (_reconciler.About.Uid.Length == 0)
        {
            await Task.Delay(_options.Interval, _client.Time, stop).ConfigureAwait(false);
        }

        await foreach (var notice in _notices.Reader.ReadAllAsync(stop).ConfigureAwait(false))
        {
            await _events.RecordAsync(
                new KubeEvent(_reconciler.About, notice.Reason, "Offer", notice.Message) { IsWarning = notice.Warning }, stop)
                .ConfigureAwait(false);
        }
    }

    private void Wake() => _wake.Writer.TryWrite(true);
}
