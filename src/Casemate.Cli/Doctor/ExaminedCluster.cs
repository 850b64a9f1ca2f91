using Casemate.Addon;
using Casemate.Kubernetes;

namespace Casemate.Cli.Doctor;

/// <summary>The cluster that is looked at. Every list is read once, whoever asks first; what is read is never changed.</summary>
internal sealed class ExaminedCluster : IDisposable
{
    private const int PageSize = 500;
    private const int MostPages = 400;
    private const int MostKept = 20_000;

    private readonly TimeProvider _time;
    private readonly Lazy<Task<IReadOnlyList<SeenNode>>> _nodes;
    private readonly Lazy<Task<IReadOnlyList<SeenPod>>> _pods;
    private readonly Lazy<Task<IReadOnlyList<KubeObject>>> _daemonSets;
    private readonly CancellationTokenSource _over = new();
    private readonly Lock _lock = new();
    private readonly List<string> _warnings = [];
    private TimeSpan? _skew;

    /// <summary>Names a cluster; nothing is asked yet.</summary>
    /// <param name="configuration">Which, and as whom.</param>
    /// <param name="limit">How long one question may take.</param>
    /// <param name="time">The clock.</param>
    public ExaminedCluster(KubeConfiguration configuration, TimeSpan limit, TimeProvider time)
    {
        _time = time;
        Limit = limit;
        Client = new KubeClient(configuration, new KubeClientOptions
        {
            FieldManager = "casemate-doctor",
            AttemptTimeout = limit,
            RequestTimeout = limit,
            MaxAttempts = 2,
            MaxListBytes = 32 << 20,
            MaxWholeListBytes = 64 << 20,
            Time = time,
            Dated = Date,
            Warned = Warn,
        });
        _nodes = new(() => ReadNodesAsync(_over.Token));
        _pods = new(() => ReadPodsAsync(_over.Token));
        _daemonSets = new(() => ReadDaemonSetsAsync(_over.Token));
    }

    /// <summary>The client.</summary>
    public KubeClient Client { get; }

    /// <summary>How long one question may take.</summary>
    public TimeSpan Limit { get; }

    /// <summary>How far the API server's clock is ahead of this one; null before its first answer, or when it does not say.</summary>
    public TimeSpan? Skew
    {
        get
        {
            lock (_lock)
            {
                return _skew;
            }
        }
    }

    /// <summary>The API server's time; null when it does not say.</summary>
    public DateTimeOffset? Now => Skew is { } ahead ? _time.GetUtcNow() + ahead : null;

    /// <summary>This machine's time.</summary>
    public DateTimeOffset OwnNow => _time.GetUtcNow();

    /// <summary>What the server warned of.</summary>
    public IReadOnlyList<string> Warnings
    {
        get
        {
            lock (_lock)
            {
                return [.. _warnings];
            }
        }
    }

    /// <summary>All questions about the cluster, in the order in which they depend on each other.</summary>
    public IReadOnlyList<DoctorCheck> Checks =>
    [
        .. new ClockChecks(this).All, .. new AddonChecks(this).All, .. new OfferChecks(this).All, .. new NodeStateChecks(this).All,
        .. new WebhookChecks(this).All, .. new QuoteServiceChecks(this).All, .. new WorkloadChecks(this).All, .. new RefusalChecks(this).All,
    ];

    /// <summary>All nodes.</summary>
    public Task<IReadOnlyList<SeenNode>> NodesAsync() => _nodes.Value;

    /// <summary>The pods that have to do with SGX, and those of the add-on.</summary>
    public Task<IReadOnlyList<SeenPod>> PodsAsync() => _pods.Value;

    /// <summary>All DaemonSets.</summary>
    public Task<IReadOnlyList<KubeObject>> DaemonSetsAsync() => _daemonSets.Value;

    /// <summary>The DaemonSet of the add-on with a name; null when there is none.</summary>
    public async Task<KubeObject?> OwnDaemonSetAsync(string name) =>
        (await DaemonSetsAsync()).FirstOrDefault(one => one.Namespace == AddonOptions.NodeNamespace && one.Name == name);

    /// <summary>Whether the add-on's node agent is in the cluster; null where that cannot be seen.</summary>
    public async Task<bool?> HasAgentAsync()
    {
        try
        {
            return await OwnDaemonSetAsync("casemate-node") is not null;
        }
        catch (KubeException)
        {
            return null;                                                   // the questions about the agent tell why
        }
    }

    /// <summary>The command that installs what is missing. Where nothing is installed, it takes an image: no earlier one is known.</summary>
    /// <param name="option">The option that adds it.</param>
    public async Task<string> InstallAsync(string option = "") =>
        $"casemate addon install{(await HasAgentAsync() is true ? "" : " --image IMAGE")}{(option.Length > 0 ? " " : "")}{option}";

    /// <summary>The command that brings the webhook. An installation remembers that it was left out: run again it leaves it out again.</summary>
    public async Task<string> InstallWebhookAsync() => await InstallAsync(await HasAgentAsync() is true ? "--no-webhook false" : "");

    /// <summary>Stops what is still asked.</summary>
    public void Dispose()
    {
        _over.Cancel();
        Client.Dispose();
        _over.Dispose();
    }

    private async Task<IReadOnlyList<SeenNode>> ReadNodesAsync(CancellationToken cancellationToken) =>
        await ReadAsync(KubeResource.Nodes, KubeListOptions.All, node => new SeenNode(node), cancellationToken);

    private async Task<IReadOnlyList<SeenPod>> ReadPodsAsync(CancellationToken cancellationToken) =>
        await ReadAsync(KubeResource.Pods, KubeListOptions.All, SeenPod.TryRead, cancellationToken);

    private async Task<IReadOnlyList<KubeObject>> ReadDaemonSetsAsync(CancellationToken cancellationToken) =>
        await ReadAsync(KubeResource.DaemonSets, KubeListOptions.All, one => one, cancellationToken);

    // Page after page, and of each page only what is wanted: a large cluster's pods do not fit into memory.
    private async Task<IReadOnlyList<T>> ReadAsync<T>(
        KubeResource resource, KubeListOptions options, Func<KubeObject, T?> read, CancellationToken cancellationToken)
        where T : class
    {
        var kept = new List<T>();
        string? next = null;
        for (var page = 0; page < MostPages; page++)
        {
            var list = await Client.ListPageAsync(resource, options with { PageSize = PageSize }, next, cancellationToken);
            kept.AddRange(list.Items.Select(read).OfType<T>());
            if (kept.Count > MostKept)
            {
                throw new KubeException($"More than {MostKept} {resource} would have to be looked at.", reason: "ListTooLarge");
            }

            if ((next = list.Continue) is null)
            {
                return kept;
            }
        }

        throw new KubeException($"The list of {resource} has more than {MostPages} pages.", reason: "ListTooLarge");
    }

    private void Date(DateTimeOffset told)
    {
        lock (_lock)
        {
            _skew = told - _time.GetUtcNow();
        }
    }

    private void Warn(string text)
    {
        lock (_lock)
        {
            if (_warnings.Count < 32)
            {
                _warnings.Add(text);
            }
        }
    }
}
