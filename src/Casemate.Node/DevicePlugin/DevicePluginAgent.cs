using System.Collections.Concurrent;
using Casemate.Kubernetes;
using Casemate.Node.Advertisement;
using Casemate.Node.Discovery;
using Casemate.Node.Health;
using Casemate.Node.Ledger;
using Casemate.Node.Metrics;
using Microsoft.Extensions.Logging;

namespace Casemate.Node.DevicePlugin;

/// <summary>The device plugins of all resources of one node, with the account behind them.</summary>
internal sealed partial class DevicePluginAgent : IAsyncDisposable
{
    private readonly NodeAgentOptions _options;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly NodeMetrics _metrics;
    private readonly Action _progressed;
    private readonly EpcLedger _ledger = new([]);
    private readonly PluginContext _context;
    private readonly PodResources? _podResources;
    private readonly ConcurrentDictionary<string, ResourcePlugin> _plugins = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, long> _advertised = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _applying = new(1);
    private readonly CancellationTokenSource _stopping = new();
    private TaskCompletionSource _change = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _running = Task.CompletedTask;
    private volatile AdvertisementPlan? _plan;
    private volatile string? _deferred;
    private volatile NodeHardware? _lastHardware;
    private long _leakedBytes;
    private bool _podUses;
    private AdvertisementPlan? _toldPlan;
    private volatile IReadOnlyList<ContainerEpcAmount> _containersListed = [];
    private volatile IReadOnlyList<ContainerEpcAmount> _containersTold = [];

    public DevicePluginAgent(
        NodeAgentOptions options, NodeMetrics metrics, Upkeep upkeep, ILoggerFactory loggers, TimeProvider time, Action progressed)
    {
        var settings = options.DevicePlugin;
        (_options, _metrics, _time, _progressed) = (options, metrics, time, progressed);
        _logger = loggers.CreateLogger("Casemate.Node.DevicePlugin");
        _podResources = settings.PodResourcesSocket is { } socket ? new PodResources(socket, time) : null;
        _context = new PluginContext
        {
            Directory = new KubeletDirectory(settings.Directory, settings.PollInterval, time, _logger),
            Book = new AllocationBook(_ledger, settings.SweepGrace, time),
            Ledger = _ledger,
            Grants = new ContainerGrants(settings),
            Metrics = metrics,
            Upkeep = upkeep,
            Loggers = loggers,
            Time = time,
            EnsureLedgerAsync = EnsureLedgerAsync,
        };
    }

    /// <summary>True when the kubelet has every list, offers what is in it, and the ledger knows what is held.</summary>
    public bool IsReady => _plugins.IsEmpty
        || (_context.Book.IsReady && _plugins.Values.All(plugin => plugin.IsListed && !IsNotOffered(plugin.Name)));

    /// <summary>What each container holds: of the kubelet's list, or as the API tells it where no device stands for EPC.</summary>
    public IReadOnlyList<ContainerEpcAmount> Containers =>
        _plan?.FrontEnd is EpcFrontEnd.NodeCapacity ? _containersTold : _containersListed;

    /// <summary>What keeps it from being ready, a phrase each; empty when nothing does.</summary>
    public IEnumerable<string> Missing()
    {
        foreach (var problem in ((string?[])[_cdiProblem, _aesmProblem]).OfType<string>())
        {
            yield return problem;
        }

        if (_plugins.IsEmpty)
        {
            yield break;
        }

        if (!_context.Book.IsReady)
        {
            yield return $"what containers hold is not known yet from {_options.DevicePlugin.PodResourcesSocket}";
        }

        foreach (var name in _plugins.Values.Where(plugin => !plugin.IsListed).Select(plugin => plugin.Name).Order(StringComparer.Ordinal))
        {
            yield return $"the kubelet does not have the list of {name}";
        }

        foreach (var name in _plugins.Values.Where(plugin => plugin.IsListed).Select(plugin => plugin.Name).Where(IsNotOffered))
        {
            yield return $"the kubelet does not offer what is in the list of {name}";
        }
    }

    /// <summary>Who holds what, for another front end on the same account.</summary>
    public AllocationBook Book => _context.Book;

    /// <summary>The kubelet's word about containers; null when it is not asked.</summary>
    public PodResources? Kubelet => _podResources;

    /// <summary>The plan in force; null before the start.</summary>
    public AdvertisementPlan? Plan => _plan;

    /// <summary>Makes sure that the ledger knows what is held, within the time that the kubelet may be kept waiting.</summary>
    public ValueTask EnsureReadyAsync(CancellationToken cancellationToken) => EnsureLedgerAsync(cancellationToken);

    /// <summary>Ends with the next change of plan or lists.</summary>
    public Task NextChange => Volatile.Read(ref _change).Task;

    /// <summary>The state, with the hardware as its holder knows it.</summary>
    public NodeState StateWith(NodeHardware hardware, HardwareHealth health) => new(
        hardware, health, _plan!, _deferred,
        [
            .. _plugins.Values.OrderBy(plugin => plugin.Name, StringComparer.Ordinal).Select(plugin => new ResourceStatus(
                plugin.Name, plugin.List.Count, plugin.List.HealthyCount, _advertised.GetValueOrDefault(plugin.Name), plugin.List.Size,
                plugin.IsListed, plugin.Registrations)),
        ],
        _ledger.Usage());

    /// <summary>Starts to offer what the hardware has.</summary>
    public async Task StartAsync(NodeHardware hardware, CancellationToken cancellationToken)
    {
        var next = AdvertisementPlan.Make(hardware, _options.Advertisement);
        _context.Sgx = hardware.Sgx;
        _ledger.Resize(next.Banks);
        foreach (var resource in WantedResource.Of(next).Where(resource => resource.Kind is not ResourceKind.Epc))
        {
            Offer(resource);                                               // whatever the kubelet says of EPC
        }

        _plan = await FormerPlanAsync(hardware, next, cancellationToken).ConfigureAwait(false) ?? next;
        await ApplyAsync(hardware, 0, cancellationToken).ConfigureAwait(false);
        _reconciledKubelet = null;                                         // once more, now that the devices' NUMA nodes are known
        _running = _context.Upkeep.KeepAsync("The keeper of the account with the kubelet", RunAsync, _stopping.Token);
    }

    /// <summary>Adapts what is offered to changed hardware.</summary>
    /// <param name="hardware">What is there now.</param>
    /// <param name="leakedBytes">EPC that the kernel lost: it is there and cannot be used.</param>
    /// <param name="cancellationToken">Gives it up.</param>
    public async Task ApplyAsync(NodeHardware hardware, long leakedBytes, CancellationToken cancellationToken)
    {
        await _applying.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var next = PlanFor(hardware, leakedBytes);
            var (plan, deferred) = PlanTransition.Choose(_plan!, next, IsHeld(_plan!));
            if (deferred is not null && deferred != _deferred)
            {
                DevicePluginLog.MigrationRefused(_logger, deferred);
                Notify("EPCMigrationRefused", deferred);
            }

            if (_toldPlan != plan)
            {
                DevicePluginLog.Offered(_logger, Words(plan));
                _toldPlan = plan;
            }

            (_plan, _deferred, _lastHardware) = (plan, deferred, hardware);
            _leakedBytes = leakedBytes;
            _context.Sgx = hardware.Sgx;
            _ledger.Resize(deferred is null ? plan.Banks : next.Banks);
            await ReplaceAsync(plan, next).ConfigureAwait(false);
            LookAtDirectories(hardware);
        }
        finally
        {
            _applying.Release();
        }

        NoteChange();
    }

    /// <summary>Takes what is held by pods whose EPC no device stands for.</summary>
    public void SetPodUses(IReadOnlyList<EpcUse> uses)
    {
        _podUses = uses.Count > 0;
        _context.Book.SetOthers(uses);
    }

    /// <summary>Takes what containers hold whose EPC no device stands for.</summary>
    public void SetContainers(IReadOnlyList<ContainerEpcAmount> containers) =>
        _containersTold = containers.Count <= ContainerAmounts.Most ? containers : [.. containers.Take(ContainerAmounts.Most)];

    /// <summary>Takes what the kubelet offers of a resource.</summary>
    public void SetAdvertised(string resource, long count) => _advertised[resource] = count;

    /// <summary>Stops all.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        await Task.WhenAll(_plugins.Values.Select(plugin => plugin.DisposeAsync().AsTask())).ConfigureAwait(false);
        _context.Directory.Dispose();
        _applying.Dispose();
        _stopping.Dispose();
    }

    private AdvertisementPlan PlanFor(NodeHardware hardware, long leakedBytes) => AdvertisementPlan.Make(
        hardware,
        leakedBytes == 0
            ? _options.Advertisement
            : _options.Advertisement with { ReserveMiB = _options.Advertisement.ReserveMiB + (leakedBytes >> 20) + 1 });

    private bool IsHeld(AdvertisementPlan plan) => plan.FrontEnd switch
    {
        EpcFrontEnd.None => false,
        EpcFrontEnd.OneDevicePerMib => plan.Family is { } family && _context.Book.IsHeld(family.Name),
        EpcFrontEnd.Dra => _podUses || _context.Book.HasClaims,
        _ => _podUses || _context.Book.IsHeld(AccessResource.Enclave),
    };

    private async Task ReplaceAsync(AdvertisementPlan plan, AdvertisementPlan next)
    {
        // What the plan in force and the hardware both know; what only the plan knows keeps its name, with nothing behind it.
        var wanted = WantedResource.Of(next).ToDictionary(resource => resource.Name, StringComparer.Ordinal);
        var names = WantedResource.Of(plan).Select(resource => resource.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var plugin in _plugins.Values)
        {
            if (plugin.Kind is ResourceKind.Epc && !names.Contains(plugin.Name))
            {
                _plugins.TryRemove(plugin.Name, out _);
                await plugin.DisposeAsync().ConfigureAwait(false);
            }
            else if (!wanted.ContainsKey(plugin.Name))
            {
                plugin.Publish(plugin.List.WithHealthy(plugin.Kind is ResourceKind.Epc ? HealthyBy(next) : []));
            }
        }

        foreach (var resource in WantedResource.Of(plan))
        {
            if (_plugins.TryGetValue(resource.Name, out var plugin))
            {
                if (wanted.TryGetValue(resource.Name, out var asked))
                {
                    Adapt(plugin, asked);
                }
            }
            else
            {
                Offer(resource);
            }
        }
    }

    private void Offer(WantedResource resource)
    {
        var plugin = new ResourcePlugin(resource.Name, resource.Kind, resource.GranuleBytes, resource.List, _context);
        _plugins[resource.Name] = plugin;
        plugin.Start();
    }

    // While a container holds devices, an id keeps its meaning: a smaller list has unhealthy devices, a larger one has to wait.
    private void Adapt(ResourcePlugin plugin, WantedResource asked)
    {
        var current = plugin.List;
        plugin.Publish(!current.HasSameDevices(asked.List) && _context.Book.IsHeld(plugin.Name)
            ? current.WithHealthy([.. asked.List.Ranges.Select(range => (long)range.Count)])
            : asked.List);
    }

    private static string Words(AdvertisementPlan plan) => plan.Resources.Count == 0
        ? $"nothing. {string.Join(' ', plan.Reasons)}"
        : string.Join(", ", plan.Resources.Select(resource => $"{EpcText.Number(resource.Count)} of {resource.Name}"));

    private static IReadOnlyList<long> HealthyBy(AdvertisementPlan next) =>
        next.FrontEnd is EpcFrontEnd.None ? [] : [.. next.Banks.Select(bank => bank.AvailableBytes >> 20)];

    private void Notify(string reason, string message) => _options.Notify?.Invoke(new NodeNotice(reason, message, Warning: true));

    private void NoteChange() =>
        Interlocked.Exchange(ref _change, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
}
