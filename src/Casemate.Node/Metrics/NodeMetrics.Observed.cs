using System.Diagnostics.Metrics;
using System.Globalization;
using Casemate.Node.Advertisement;
using Casemate.Node.Discovery;
using Casemate.Node.Health;
using Casemate.Node.NodeObject;

namespace Casemate.Node.Metrics;

/// <content>What is read when somebody collects. What is not known has no value, and then no line.</content>
internal sealed partial class NodeMetrics
{
    private ObservedNode? _observed;

    private ObservedNode Observed => _observed!;

    private NodeState State => Observed.State();

    /// <summary>Adds what is read when somebody collects; the first call counts.</summary>
    public void Observe(ObservedNode node)
    {
        if (Interlocked.CompareExchange(ref _observed, node, null) is not null)
        {
            return;
        }

        ObservePlugins();
        ObserveEpc();
        ObservePlatform();
        Gauge(
            "casemate_dra_prepared_claims", "Claims that are ready on this node.",
            () => State.Dra is { } dra ? [OfNode(dra.PreparedClaims)] : []);
        Gauge(
            "casemate_dra_published_devices", "Devices in the node's ResourceSlices.",
            () => State.Dra is { } dra ? [OfNode(dra.PublishedDevices)] : []);
        Meter.CreateObservableGauge(
            "process_resident_memory_bytes", () => Environment.WorkingSet, "By", "Resident memory of the process.");
    }

    private void ObservePlugins()
    {
        Gauge(
            "casemate_device_plugin_expected", "Healthy devices that are offered to the kubelet; 6 resources at most.",
            ByResource(resource => resource.Expected));
        Gauge(
            "casemate_device_plugin_advertised", "Devices that the kubelet can give to pods; 6 resources at most.",
            ByResource(resource => resource.Advertised));
    }

    private void ObserveEpc()
    {
        Gauge("casemate_node_epc_capacity_bytes", "EPC that the kernel owns, by NUMA node.", ByBank(bank => bank.TotalBytes));
        Gauge("casemate_node_epc_reserved_bytes", "EPC kept for the node's own enclaves, by NUMA node.", ByBank(bank => bank.ReserveBytes));
        Gauge(
            "casemate_node_epc_allocatable_bytes", "EPC for pods, by NUMA node: capacity less reserve.",
            ByBank(bank => bank.AvailableBytes));
        Gauge(
            "casemate_node_epc_requested_bytes",
            "EPC that pods asked for and were given; what cannot be told by NUMA node has an empty label.", Requested);
        Gauge(
            "casemate_node_epc_observed_bytes",
            "EPC in use as the kernel's EPC controller or the driver counts it; without such a count there is no value.",
            () => NodeUse.OfEpc(Observed.Files) is { } bytes ? [OfBank(null, bytes)] : []);
        Gauge(
            "casemate_node_epc_leaked_bytes", "EPC that the kernel lost since it started, as its log tells.",
            () => Observed.SeesLeaks ? [OfNode(State.Health.LeakedBytes)] : []);
        Gauge(
            "casemate_node_epc_enforced", "1 while containers get EPC limits, 0 while EPC is scheduling accounting.",
            () => [OfNode(State.Enforcement.IsActive ? 1 : 0)]);
        Gauge(
            "casemate_container_epc_request_bytes", "EPC that a container asked for and was given; 1000 containers at most.",
            () => Observed.Containers().Select(container => new Measurement<long>(
                container.Bytes, Label("namespace", container.Namespace), Label("pod", container.Pod),
                Label("container", container.Container))));
    }

    private void ObservePlatform()
    {
        Gauge("casemate_node_tee_info", "1 for each trusted execution environment of the node; 5 at most.", Tees);
        Gauge(
            "casemate_node_tcb_status", "1 for the status that a verifier gave the platform, 0 for the others; 10 at most.", TcbStatus);
        Gauge(
            "casemate_node_misc_capacity", "What the kernel's misc controller has in all, by resource; 64 at most.",
            () => ByAmount(State.Hardware.MiscCapacity));
        Gauge(
            "casemate_node_misc_usage", "What of it is in use, by resource; 64 at most.", () => ByAmount(NodeUse.OfMisc(Observed.Files)));
        Gauge(
            "casemate_node_health_problems", "1 for each kind of problem that the hardware has, 0 for the others; 6 kinds.",
            () => Enum.GetValues<HealthProblemId>().Select(id => new Measurement<long>(
                State.Health.Problems.Any(problem => problem.Id == id) ? 1 : 0, Label("node", Observed.Name),
                Label("problem", id.ToString()))));
    }

    private void Gauge(string name, string description, Func<IEnumerable<Measurement<long>>> read) =>
        Meter.CreateObservableGauge(name, read, null, description);

    private Func<IEnumerable<Measurement<long>>> ByResource(Func<ResourceStatus, long> value) => () =>
        State.Resources.Select(resource => new Measurement<long>(value(resource), Label("resource", resource.Name)));

    private Func<IEnumerable<Measurement<long>>> ByBank(Func<PlannedBank, long> value) => () =>
        State.Plan.Banks.Select(bank => OfBank(bank.Numa, value(bank)));

    private IEnumerable<Measurement<long>> ByAmount(ValueList<MiscAmount> amounts) => amounts.Select(amount => new Measurement<long>(
        amount.Value, Label("node", Observed.Name), Label("resource", amount.Resource)));

    private IEnumerable<Measurement<long>> Requested()
    {
        var usage = State.Usage;
        var byBank = usage.Banks.Where(bank => bank.Numa is not null).ToList();
        var rest = usage.UsedBytes - byBank.Sum(bank => bank.UsedBytes);
        var rows = byBank.Select(bank => OfBank(bank.Numa, bank.UsedBytes));
        return rest > 0 || byBank.Count == 0 ? rows.Append(OfBank(null, rest)) : rows;
    }

    private IEnumerable<Measurement<long>> Tees()
    {
        var (hardware, platform) = (State.Hardware, Observed.Platform());
        foreach (var (tee, present) in new[]
        {
            ("sgx", hardware.Sgx is { Usable: true }), ("snp-host", hardware.SnpHost is { Usable: true }),
            ("snp-guest", hardware.SnpGuest is not null),
            ("tdx-host", hardware.TdxHost is { Usable: true }), ("tdx-guest", hardware.TdxGuest is not null),
        })
        {
            if (present)
            {
                var known = platform is not null && platform.Tee == tee ? platform : null;
                yield return new Measurement<long>(
                    1, Label("node", Observed.Name), Label("tee", tee), Label("tcb_svn", Hex(known?.TcbSvn)),
                    Label("fmspc", Hex(known?.Fmspc)), Label("simulated", hardware.Simulated ? "true" : "false"));
            }
        }
    }

    private IEnumerable<Measurement<long>> TcbStatus() =>
        Observed.Platform()?.Status is { } status && PlatformTcb.Statuses.Contains(status, StringComparer.Ordinal)
            ? PlatformTcb.Statuses.Select(one => new Measurement<long>(
                one == status ? 1 : 0, Label("node", Observed.Name), Label("status", one)))
            : [];

    // From a verifier: nothing but what such a value can be becomes a label.
    private static string Hex(string? text) =>
        text is { Length: <= 64 } && text.All(char.IsAsciiHexDigitLower) ? text : "";

    private Measurement<long> OfNode(long value) => new(value, Label("node", Observed.Name));

    private Measurement<long> OfBank(int? numa, long value) => new(
        value, Label("node", Observed.Name), Label("numa", numa?.ToString(CultureInfo.InvariantCulture) ?? ""));

    private static KeyValuePair<string, object?> Label(string name, string value) => new(name, value);
}
