using Casemate.Node.Advertisement;
using Casemate.Node.Discovery;
using Casemate.Node.Health;
using Casemate.Node.Ledger;
using Casemate.Node.Metrics;
using Casemate.Node.NodeObject;

namespace Casemate.Node.Tests.Metrics;

/// <summary>What the gauges of a node show, and that they show nothing that is not known.</summary>
public sealed class NodeMetricsTests : IDisposable
{
    private readonly NodeMetrics _metrics = new();
    private readonly TestMachine _machine = new();
    private PlatformTcb? _platform;
    private HardwareHealth _health = HardwareHealth.Good;

    public void Dispose() => _metrics.Dispose();

    [Fact]
    public void ObservedEpc_IsTheControllersCount()
    {
        _machine.With("/sys/fs/cgroup/misc.current", "sev 1\nsgx_epc 8192\n");

        Assert.Equal(["casemate_node_epc_observed_bytes{node=\"n\",numa=\"\"} 8192"], Now("casemate_node_epc_observed_bytes"));
    }

    [Fact]
    public void ObservedEpc_IsThatOfPods_WhereTheRootHasNoCount()
    {
        _machine.With("/sys/fs/cgroup/kubepods.slice/misc.current", "sgx_epc 4096\n");

        Assert.Equal(["casemate_node_epc_observed_bytes{node=\"n\",numa=\"\"} 4096"], Now("casemate_node_epc_observed_bytes"));
    }

    [Fact]
    public void ObservedEpc_IsTheDriversCount_WhereTheKernelHasNone()
    {
        _machine.With("/sys/module/isgx/parameters/sgx_nr_total_epc_pages", "23936\n")
            .With("/sys/module/isgx/parameters/sgx_nr_free_pages", "23900\n");

        Assert.Equal(["casemate_node_epc_observed_bytes{node=\"n\",numa=\"\"} 147456"], Now("casemate_node_epc_observed_bytes"));
    }

    [Theory]
    [InlineData("100\n", "101\n")]
    [InlineData("100\n", "many\n")]
    [InlineData("", "1\n")]
    [InlineData("99999999999999999999\n", "1\n")]
    public void ObservedEpc_ThatMakesNoSense_HasNoValue(string total, string free)
    {
        _machine.With("/sys/module/isgx/parameters/sgx_nr_total_epc_pages", total)
            .With("/sys/module/isgx/parameters/sgx_nr_free_pages", free);

        Assert.Empty(Now("casemate_node_epc_observed_bytes"));
    }

    [Fact]
    public void MiscUsage_IsByResource()
    {
        _machine.With("/sys/fs/cgroup/misc.current", "sev 2\nsev_es 7\n");

        Assert.Equal(
            ["casemate_node_misc_usage{node=\"n\",resource=\"sev\"} 2", "casemate_node_misc_usage{node=\"n\",resource=\"sev_es\"} 7"],
            Now("casemate_node_misc_usage"));
    }

    [Fact]
    public void TcbStatus_IsOneForTheVerifiersWord_AndZeroForTheOthers()
    {
        Assert.Empty(Now("casemate_node_tcb_status"));

        _platform = new PlatformTcb("sgx", "0b0b", "00906ed50000", "OutOfDate");
        var status = Now("casemate_node_tcb_status");
        Assert.Equal(PlatformTcb.Statuses.Count, status.Count);
        Assert.Equal(["casemate_node_tcb_status{node=\"n\",status=\"OutOfDate\"} 1"], status.Where(line => line.EndsWith(" 1", StringComparison.Ordinal)));
        Assert.Equal(
            ["casemate_node_tee_info{node=\"n\",tee=\"sgx\",tcb_svn=\"0b0b\",fmspc=\"00906ed50000\",simulated=\"true\"} 1"],
            Now("casemate_node_tee_info"));
    }

    [Theory]
    [InlineData("Splendid")]
    [InlineData(null)]
    public void TcbStatus_OfNoKnownWord_HasNoValue(string? status)
    {
        _platform = new PlatformTcb("sgx", "", "", status);

        Assert.Empty(Now("casemate_node_tcb_status"));
    }

    [Fact]
    public void Labels_OfAVerifier_AreHexOrEmpty()
    {
        _platform = new PlatformTcb("sgx", "\"} evil", new string('a', 65), "UpToDate");

        Assert.Contains("tcb_svn=\"\",fmspc=\"\"", Assert.Single(Now("casemate_node_tee_info")), StringComparison.Ordinal);
    }

    [Fact]
    public void ThePlatformOfAnotherTee_SaysNothingOfThisOne()
    {
        _platform = new PlatformTcb("tdx-guest", "0b", "00906ed50000", "UpToDate");

        Assert.Contains("tcb_svn=\"\",fmspc=\"\"", Assert.Single(Now("casemate_node_tee_info")), StringComparison.Ordinal);
    }

    [Fact]
    public void HealthProblems_AreOneWhileTheyLast()
    {
        _health = new HardwareHealth([new HealthProblem(HealthProblemId.EpcLeaked, "Pages leaked.")], 3);

        Assert.Equal(Enum.GetValues<HealthProblemId>().Length, Now("casemate_node_health_problems").Count);
        Assert.Contains("casemate_node_health_problems{node=\"n\",problem=\"EpcLeaked\"} 1", Now("casemate_node_health_problems"));
        Assert.Contains("casemate_node_health_problems{node=\"n\",problem=\"DeviceGone\"} 0", Now("casemate_node_health_problems"));
    }

    [Theory]
    [InlineData(true, 1)]
    [InlineData(false, 0)]
    public void LeakedEpc_HasAValue_WhereTheLogIsRead(bool seesLeaks, int lines)
    {
        _health = new HardwareHealth([], 3);

        var shown = Now("casemate_node_epc_leaked_bytes", seesLeaks);
        Assert.Equal(lines, shown.Count);
        Assert.All(shown, line => Assert.EndsWith(" 12288", line, StringComparison.Ordinal));
    }

    [Fact]
    public void APhase_CountsOnce()
    {
        using var collected = new Collected(_metrics.Meter);
        _metrics.NoteStartup(StartupPhase.Plugin, TimeSpan.FromSeconds(1));
        _metrics.NoteStartup(StartupPhase.Plugin, TimeSpan.FromSeconds(9));

        Assert.Equal(1, collected.Count("casemate_node_startup_seconds{phase=\"plugin\"}"));
    }

    private IReadOnlyList<string> Now(string name, bool seesLeaks = false)
    {
        _metrics.Observe(new ObservedNode("n", State, _machine, () => [], () => _platform, seesLeaks));
        using var collected = new Collected(_metrics.Meter);
        return collected.Now(name);
    }

    private NodeState State()
    {
        var hardware = _machine.Scan();
        var plan = AdvertisementPlan.Make(hardware, AdvertisementSettings.Default);
        return new NodeState(hardware, _health, plan, null, [], new EpcLedger(plan.Banks).Usage());
    }
}
