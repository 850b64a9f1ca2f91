using System.Diagnostics.Metrics;
using Casemate.Node.Description;
using Casemate.Node.DevicePlugin;
using Casemate.Node.Discovery;
using Casemate.Node.Dra;
using Casemate.Node.Enforcement;
using Casemate.Node.Health;
using Casemate.Node.Ledger;
using Casemate.Node.Metrics;
using Casemate.Node.NodeObject;
using Microsoft.Extensions.Logging;

namespace Casemate.Node;

/// <summary>
/// The agent of one node: looks at the hardware again and again, and offers it to the kubelet. Needs no Kubernetes API: whoever writes the
/// Node object reads <see cref="State"/>, waits for <see cref="NextChange"/>, and reports back with <see cref="SetAdvertised"/> and
/// <see cref="SetPodUses"/>.
/// </summary>
public sealed class NodeAgent : IAsyncDisposable
{
    private readonly NodeAgentOptions _options;
    private readonly HardwareScanner _scanner;
    private readonly NodeMetrics _metrics;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly long _start;
    private readonly DevicePluginAgent _plugins;
    private readonly HealthMonitor _monitor;
    private readonly Upkeep _upkeep;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lock _readiness = new();
    private Task _running = Task.CompletedTask;
    private Task _followingPlan = Task.CompletedTask;
    private readonly EpcEnforcer _enforcer;
    private DraDriver? _dra;
    private volatile NodeHardware _hardware;
    private volatile HardwareHealth _health = HardwareHealth.Good;
    private NodeHardware? _offered;
    private NodeHardware _applied;
    private long _appliedLeak;
    private volatile PlatformTcb? _platform;
    private IReadOnlyList<Finding> _findingsTold = [];
    private string? _notReady;
    private bool _wasReady;
    private bool _disposed;

    private NodeAgent(NodeAgentOptions options, ILoggerFactory loggers, TimeProvider time)
    {
        (_options, _time, _start) = (options, time, time.GetTimestamp());
        _logger = loggers.CreateLogger("Casemate.Node");
        _metrics = new NodeMetrics(options.Meter);
        _upkeep = new Upkeep(_logger, time, NoteProgress);
        _plugins = new DevicePluginAgent(options, _metrics, _upkeep, loggers, time, NoteProgress);
        _plugins.AskKubelet();
        _scanner = new HardwareScanner(options.Sources);
        _monitor = new HealthMonitor(options.Sources.Files, options.KernelLog);
        _hardware = _applied = _scanner.Scan();
        NoteStartup(StartupPhase.Ready);
        _enforcer = MakeEnforcer(loggers.CreateLogger("Casemate.Node.Enforcement"));
    }

    /// <summary>What is measured, for whoever collects: names as in the page on observability, prefix <c>casemate_</c>.</summary>
    public Meter Meter => _metrics.Meter;

    /// <summary>
    /// True when the kubelet has every list and it is known what pods hold; at once on a node that has nothing to offer.
    /// </summary>
    public bool IsReady => WhyNotReady is null;

    /// <summary>Everything that keeps the agent from being ready, in one line; null when nothing does.</summary>
    public string? WhyNotReady =>
        string.Join("; ", _plugins.Missing().Concat(MissingOfDra()).Concat(_upkeep.Missing())) is { Length: > 0 } missing ? missing : null;

    /// <summary>True when the kubelet has every list that is offered to it.</summary>
    internal bool IsOffered => _plugins.IsReady && !MissingOfDra().Any();

    /// <summary>The state at this moment.</summary>
    public NodeState State => _plugins.StateWith(_hardware, _health) with { Dra = _dra?.Status, Enforcement = _enforcer.Status };

    /// <summary>What was found and is offered, and how it goes, at this moment.</summary>
    /// <param name="title">What the machine is, in a sentence; empty when nothing more than its name is known.</param>
    public NodeDescription Describe(string title)
    {
        var state = State;
        return new NodeDescription(title, state.Hardware, state.Plan)
        {
            Agent = new RunningAgent(_options.NodeName, WhyNotReady, state),
            Enforcement = state.Hardware.Sgx is null ? null : state.Enforcement,
        };
    }

    /// <summary>Ends when hardware, plan or lists change. Take it before reading <see cref="State"/>.</summary>
    public Task NextChange => _plugins.NextChange;

    /// <summary>
    /// Starts an agent: it has looked at the hardware when this returns; it registers whenever a kubelet is there. It takes the process for
    /// its own: memory is arranged and given back for one that mostly rests.
    /// </summary>
    /// <param name="options">What it looks at, offers, and where.</param>
    /// <param name="loggers">Makes the loggers.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Gives the start up.</param>
    /// <exception cref="ArgumentException">An option cannot be used; the message names all that cannot.</exception>
    public static async Task<NodeAgent> StartAsync(
        NodeAgentOptions options, ILoggerFactory loggers, TimeProvider time, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(loggers);
        ArgumentNullException.ThrowIfNull(time);
        if (options.Problems().ToList() is { Count: > 0 } problems)
        {
            throw new ArgumentException(string.Join(" ", problems), nameof(options));
        }

        cancellationToken.ThrowIfCancellationRequested();
        NativeHeap.ShareArenas();
        var agent = new NodeAgent(options, loggers, time);
        try
        {
            NodeLog.Found(
                agent._logger, agent._hardware.Machine, agent._hardware.Simulated, agent._hardware.Sgx?.EpcBytes ?? 0,
                agent._hardware.Sgx?.Banks.Count ?? 0);
            agent.TellFindings(agent._hardware);
            await agent._plugins.StartAsync(agent._hardware, cancellationToken).ConfigureAwait(false);
            agent.StartDra(loggers);
            agent._enforcer.Start();
            agent._metrics.Observe(new ObservedNode(
                options.NodeName, () => agent.State, options.Sources.Files, () => agent._plugins.Containers, () => agent._platform,
                SeesLeaks: options.KernelLog is not null));
            var watcher = new HardwareWatcher(agent._scanner, options.DeviceChanges, time) { Period = options.RescanInterval };
            agent._running = agent._upkeep.KeepAsync(
                "The hardware's watcher", token => watcher.RunAsync(agent.ChangeAsync, agent.JudgeAsync, token), agent._stopping.Token);
            return agent;
        }
        catch
        {
            await agent.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>
    /// Takes what pods hold whose EPC is a number in the node's status: what the API knows and the kubelet does not. Never pods whose EPC
    /// are devices, nor claims: those are known from the kubelet, and would be counted twice.
    /// </summary>
    /// <param name="uses">All of them; replaces what was said before.</param>
    public void SetPodUses(IReadOnlyList<EpcUse> uses)
    {
        ArgumentNullException.ThrowIfNull(uses);
        _plugins.SetPodUses(uses);
    }

    /// <summary>Takes what the Node object says is allocatable of a resource of the device plugin.</summary>
    /// <param name="resource">The resource's name.</param>
    /// <param name="count">Its number in <c>status.allocatable</c>.</param>
    public void SetAdvertised(string resource, long count)
    {
        ArgumentException.ThrowIfNullOrEmpty(resource);
        _plugins.SetAdvertised(resource, count);
    }

    /// <summary>Takes what containers hold whose EPC is a number in the node's status: what the API knows and the kubelet does not.</summary>
    internal void SetContainers(IReadOnlyList<ContainerEpcAmount> containers) => _plugins.SetContainers(containers);

    /// <summary>Takes what a verifier said of the platform; null: nothing is known.</summary>
    internal void SetPlatform(PlatformTcb? platform) => _platform = platform;

    /// <summary>Takes that a phase of the node's start is over; the first time counts. One of <see cref="StartupPhase"/>.</summary>
    internal void NoteStartup(string phase) => _metrics.NoteStartup(phase, _time.GetElapsedTime(_start));

    /// <summary>Ends the streams, so that the kubelet knows at once, and removes the sockets.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        NodeLog.Stopping(_logger);
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        await _followingPlan.ConfigureAwait(false);
        await _enforcer.DisposeAsync().ConfigureAwait(false);
        await (_dra?.DisposeAsync() ?? ValueTask.CompletedTask).ConfigureAwait(false);
        await _plugins.DisposeAsync().ConfigureAwait(false);
        _metrics.Dispose();
        _stopping.Dispose();
    }

    private IEnumerable<string> MissingOfDra() =>
        _dra is { } dra ? dra.Missing()
        : _options.Dra is not null && _options.Advertisement.Dra ? ["the DRA driver has not started yet"] : [];

    private EpcEnforcer MakeEnforcer(ILogger logger)
    {
        var plugin = new EpcLimitPlugin(
            new EpcLimits(_plugins.Book, () => _hardware.Sgx), _plugins.Kubelet, _plugins.EnsureReadyAsync,
            () => _hardware.Sgx is { EnforcementPossible: true }, _metrics, logger, _time);
        return new EpcEnforcer(
            _options.Enforcement, () => _hardware.Sgx, () => _plugins.Book.IsReady && _dra is null or { HasRecovered: true }, plugin,
            _options.Notify, _upkeep, logger, _time);
    }

    private void StartDra(ILoggerFactory loggers)
    {
        if (_options.Dra is not { } settings || !_options.Advertisement.Dra)
        {
            return;
        }

        var context = new DraContext
        {
            NodeName = _options.NodeName,
            Settings = settings,
            Plugin = _options.DevicePlugin,
            Book = _plugins.Book,
            EnsureLedgerAsync = _plugins.EnsureReadyAsync,
            Logger = loggers.CreateLogger("Casemate.Node.Dra"),
            Loggers = loggers,
            Time = _time,
            Catalog = DraCatalog.Of(_plugins.Plan!, _hardware, _health),
            Metrics = _metrics,
            Upkeep = _upkeep,
            Progressed = NoteProgress,
        };
        var driver = _dra = DraDriver.Start(context);
        _followingPlan = _upkeep.KeepAsync("The reader of the plan", token => FollowPlanAsync(driver, token), _stopping.Token);
    }

    private async Task FollowPlanAsync(DraDriver driver, CancellationToken stopping)
    {
        while (true)
        {
            var change = _plugins.NextChange;
            driver.Apply(_plugins.Plan!, _hardware, _health);
            await change.WaitAsync(stopping).ConfigureAwait(false);
        }
    }

    private async Task ChangeAsync(NodeHardware hardware, CancellationToken stopping)
    {
        // The first look of the watcher is the second in all. What could not be applied is tried again at the next one.
        if (hardware == _applied)
        {
            return;
        }

        NodeLog.Changed(_logger, hardware.Sgx?.EpcBytes ?? 0, hardware.Sgx?.Enclave?.RealPath ?? "none");
        TellFindings(hardware);
        _hardware = hardware;
        await ApplyAsync(hardware, stopping).ConfigureAwait(false);
        _options.Notify?.Invoke(new NodeNotice(
            "HardwareChanged", "The node's trusted hardware changed; what is offered was adapted.", false));
    }

    // What was offered first is the measure: a device that is gone stays a problem until it is back.
    private async Task JudgeAsync(NodeHardware hardware, CancellationToken stopping)
    {
        _offered ??= hardware;
        var before = _health;
        _health = _monitor.Look(_offered, hardware);
        foreach (var problem in _health.Problems.Where(problem => !before.Problems.Contains(problem)))
        {
            var remedy = HealthRemedy.Of(problem.Id);
            NodeLog.Unwell(_logger, problem.Id, problem.Message, remedy);
            _options.Notify?.Invoke(new NodeNotice("Sgx" + problem.Id, $"{problem.Message} {remedy}", Warning: true));
        }

        foreach (var problem in before.Problems.Where(problem => _health.Problems.All(other => other.Id != problem.Id)))
        {
            NodeLog.WellAgain(_logger, problem.Id);
        }

        _dra?.Apply(_plugins.Plan!, hardware, _health);
        if (_health.LeakedBytes != _appliedLeak)
        {
            await ApplyAsync(hardware, stopping).ConfigureAwait(false);
        }

        await _plugins.CheckDirectoriesAsync(hardware, stopping).ConfigureAwait(false);
    }

    private async Task ApplyAsync(NodeHardware hardware, CancellationToken stopping)
    {
        var leaked = _health.LeakedBytes;
        await _plugins.ApplyAsync(hardware, leaked, stopping).ConfigureAwait(false);
        (_applied, _appliedLeak) = (hardware, leaked);
    }

    // What was told once is told again only after it was gone.
    private void TellFindings(NodeHardware hardware)
    {
        foreach (var finding in hardware.Findings.Except(_findingsTold))
        {
            NodeLog.FoundOdd(
                _logger, finding.Severity is FindingSeverity.Note ? LogLevel.Information : LogLevel.Warning, finding.Id, finding.Message,
                finding.Remedy);
        }

        _findingsTold = hardware.Findings;
    }

    // Something may have become ready or ceased to be. Before it was ready for the first time, waiting is no news.
    private void NoteProgress()
    {
        lock (_readiness)
        {
            var why = WhyNotReady;
            if (why == _notReady && _wasReady)
            {
                return;
            }

            _notReady = why;
            if (why is null)
            {
                if (!_wasReady)
                {
                    // Every list is sent: most of what the start made is of no use any more.
                    _ = SettledMemory.OfThisProcess.GiveBackAsync(_time, _stopping.Token);
                }

                _wasReady = true;
                NoteStartup(StartupPhase.Plugin);
                NodeLog.Ready(_logger);
            }
            else if (_wasReady)
            {
                NodeLog.NotReady(_logger, why);
            }
        }
    }
}
