using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Casemate.Node.Enforcement;

namespace Casemate.Node.Metrics;

/// <summary>What the node agent counts. Labels are resource names and members of closed sets.</summary>
internal sealed class NodeMetrics : IDisposable
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "Casemate.Node";

    private static readonly double[] Buckets = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

    private readonly Counter<long> _registrations;
    private readonly Counter<long> _allocations;
    private readonly Counter<long> _epcLimits;
    private readonly Histogram<double> _startup;
    private readonly ConcurrentQueue<(string Phase, TimeSpan Duration)> _phases = [];
    private Func<NodeState>? _state;

    public NodeMetrics()
    {
        _registrations = Meter.CreateCounter<long>(
            "casemate_device_plugin_registrations_total", "{registration}",
            "Registrations with the kubelet, by resource and result; 3 resources at most.");
        _allocations = Meter.CreateCounter<long>(
            "casemate_device_plugin_allocations_total", "{allocation}",
            "Allocations that the kubelet asked for, by resource and result; 3 resources at most.");
        _epcLimits = Meter.CreateCounter<long>(
            "casemate_node_epc_limits_total", "{container}", "Containers whose EPC limit was asked for through NRI, by result.");
        _startup = Meter.CreateHistogram(
            "casemate_node_startup_seconds", "s", "Time from the start of the agent to the end of a phase.",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = Buckets });
    }

    /// <summary>The meter, for whoever collects.</summary>
    public Meter Meter { get; } = new(MeterName);

    /// <summary>Adds what is read when somebody collects.</summary>
    /// <param name="node">The node's name.</param>
    /// <param name="state">The agent's state.</param>
    public void Observe(string node, Func<NodeState> state)
    {
        if (Interlocked.CompareExchange(ref _state, state, null) is not null)
        {
            return;
        }

        Gauge(
            "casemate_device_plugin_expected", "Healthy devices that are offered to the kubelet.",
            ByResource(resource => resource.Expected));
        Gauge(
            "casemate_device_plugin_advertised", "Devices that the kubelet can give to pods.",
            ByResource(resource => resource.Advertised));
        Gauge(
            "casemate_node_epc_capacity_bytes", "EPC that the kernel owns, by NUMA node.",
            ByBank(node, bank => bank.TotalBytes));
        Gauge(
            "casemate_node_epc_allocatable_bytes", "EPC for pods, by NUMA node: capacity less reserve.",
            ByBank(node, bank => bank.AvailableBytes));
        Gauge(
            "casemate_node_epc_requested_bytes", "EPC that pods hold; what cannot be told by NUMA node has an empty label.",
            () => Requested(node));
        Gauge(
            "casemate_node_epc_enforced", "1 while containers get EPC limits, 0 while EPC is scheduling accounting.",
            () => [new Measurement<long>(State.Enforcement.IsActive ? 1 : 0, new KeyValuePair<string, object?>("node", node))]);
        Gauge("casemate_node_tee_info", "1 for each trusted execution environment of the node.", () => Tees(node));
        Gauge(
            "casemate_node_misc_capacity", "What the kernel's misc controller has in all, by resource.",
            () => State.Hardware.MiscCapacity.Select(amount => new Measurement<long>(
                amount.Value, new KeyValuePair<string, object?>("node", node),
                new KeyValuePair<string, object?>("resource", amount.Resource))));
        Meter.CreateObservableGauge(
            "process_resident_memory_bytes", () => Environment.WorkingSet, "By", "Resident memory of the process.");
    }

    /// <summary>Counts a registration.</summary>
    public void CountRegistration(string resource, bool succeeded) => Count(_registrations, resource, succeeded ? "ok" : "failed");

    /// <summary>Counts an allocation.</summary>
    public void CountAllocation(string resource, bool succeeded) => Count(_allocations, resource, succeeded ? "ok" : "refused");

    /// <summary>Counts a container whose EPC limit was asked for.</summary>
    public void CountEpcLimit(EpcLimitOutcome outcome) => _epcLimits.Add(
        1, new KeyValuePair<string, object?>("result", outcome switch
        {
            EpcLimitOutcome.Set => "set",
            EpcLimitOutcome.Restored => "restored",
            EpcLimitOutcome.Unknown => "unknown",
            EpcLimitOutcome.Refused => "refused",
            EpcLimitOutcome.Failed => "failed",
            _ => throw new ArgumentOutOfRangeException(nameof(outcome), outcome, "no such result"),
        }));

    /// <summary>Notes how long a phase of the start took.</summary>
    public void NoteStartup(string phase, TimeSpan duration)
    {
        _phases.Enqueue((phase, duration));
        TellStartup();
    }

    /// <summary>Records the phases that ended before anybody collected; repeated until somebody does.</summary>
    public void TellStartup()
    {
        while (_startup.Enabled && _phases.TryDequeue(out var ended))
        {
            _startup.Record(ended.Duration.TotalSeconds, new KeyValuePair<string, object?>("phase", ended.Phase));
        }
    }

    /// <summary>Ends the meter.</summary>
    public void Dispose() => Meter.Dispose();

    private NodeState State => _state!();

    private static void Count(Counter<long> counter, string resource, string result) =>
        counter.Add(1, new KeyValuePair<string, object?>("resource", resource), new KeyValuePair<string, object?>("result", result));

    private void Gauge(string name, string description, Func<IEnumerable<Measurement<long>>> read) =>
        Meter.CreateObservableGauge(name, read, null, description);

    private Func<IEnumerable<Measurement<long>>> ByResource(Func<ResourceStatus, long> value) => () =>
        State.Resources.Select(resource => new Measurement<long>(
            value(resource), new KeyValuePair<string, object?>("resource", resource.Name)));

    private Func<IEnumerable<Measurement<long>>> ByBank(string node, Func<Advertisement.PlannedBank, long> value) => () =>
        State.Plan.Banks.Select(bank => OfBank(node, bank.Numa, value(bank)));

    private IEnumerable<Measurement<long>> Requested(string node)
    {
        var usage = State.Usage;
        var byBank = usage.Banks.Where(bank => bank.Numa is not null).ToList();
        var rest = usage.UsedBytes - byBank.Sum(bank => bank.UsedBytes);
        var rows = byBank.Select(bank => OfBank(node, bank.Numa, bank.UsedBytes));
        return rest > 0 || byBank.Count == 0 ? rows.Append(OfBank(node, null, rest)) : rows;
    }

    private IEnumerable<Measurement<long>> Tees(string node)
    {
        var hardware = State.Hardware;
        foreach (var (tee, present) in new[]
        {
            ("sgx", hardware.Sgx is { Usable: true }), ("snp-host", hardware.SnpHost is { Usable: true }),
            ("snp-guest", hardware.SnpGuest is not null),
            ("tdx-host", hardware.TdxHost is { Usable: true }), ("tdx-guest", hardware.TdxGuest is not null),
        })
        {
            if (present)
            {
                yield return new Measurement<long>(
                    1, new KeyValuePair<string, object?>("node", node), new KeyValuePair<string, object?>("tee", tee),
                    new KeyValuePair<string, object?>("simulated", hardware.Simulated ? "true" : "false"));
            }
        }
    }

    private static Measurement<long> OfBank(string node, int? numa, long value) => new(
        value, new KeyValuePair<string, object?>("node", node),
        new KeyValuePair<string, object?>("numa", numa?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? ""));
}
