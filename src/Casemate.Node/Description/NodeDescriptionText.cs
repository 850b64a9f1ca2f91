using System.Globalization;
using Casemate.Kubernetes;
using Casemate.Node.Advertisement;
using Casemate.Node.Discovery;
using Casemate.Node.Resources;

namespace Casemate.Node.Description;

/// <summary>The form of a description for people.</summary>
internal sealed class NodeDescriptionText(NodeDescription description)
{
    private const int NameWidth = 14;

    private readonly List<string> _lines = [];

    public IReadOnlyList<string> Lines()
    {
        var hardware = description.Hardware;
        _lines.Add($"Machine: {hardware.Machine}{(hardware.Simulated ? " (SIMULATED: none of this hardware is here)" : "")}");
        if (description.Title.Length > 0)
        {
            _lines.Add(description.Title);
        }

        Section("Hardware");
        Field("virtual", hardware.VirtualMachine ? "yes, below a hypervisor" : "no");
        DescribeSgx(hardware.Sgx);
        DescribeGuests(hardware);
        DescribePlan(description.Plan);
        DescribeFindings(hardware.Findings);
        if (description.Agent is { } agent)
        {
            DescribeAgent(agent, agent.State);
        }

        return _lines;
    }

    private void DescribeAgent(RunningAgent agent, NodeState state)
    {
        Section("Agent");
        Field("node", agent.NodeName);
        Field("ready", agent.WhyNotReady is null ? "yes" : "no: " + agent.WhyNotReady);
        Field("hardware", state.Health.Problems.Count == 0 ? "well" : "not well");
        foreach (var problem in state.Health.Problems)
        {
            Field("  " + problem.Id, $"{problem.Message} {Health.HealthRemedy.Of(problem.Id)}");
        }

        if (state.Deferred is not null)
        {
            Field("waits", state.Deferred);
        }

        Field("EPC in use", $"{EpcText.Of(state.Usage.UsedBytes)} of {EpcText.Of(state.Usage.CapacityBytes)}, "
            + $"{EpcText.Number(state.Usage.Uses.Count)} holders"
            + (state.Usage.OvercommittedBytes > 0 ? $"; {EpcText.Of(state.Usage.OvercommittedBytes)} more than there is" : ""));
        if (state.Dra is { } dra)
        {
            Field("DRA", $"{(dra.Registered ? "registered" : "not registered")}, {dra.PublishedDevices} devices published, "
                + $"{dra.PreparedClaims} claims ready");
        }

        List("With the kubelet", state.Resources.Select(resource =>
            $"{resource.Name}: {(resource.Listed ? "listed" : "not listed")}, {EpcText.Number(resource.Expected)} of "
                + $"{EpcText.Number(resource.Devices)} devices healthy, the kubelet offers {EpcText.Number(resource.Advertised)}"));
    }

    private void DescribeSgx(SgxHardware? sgx)
    {
        if (sgx is null)
        {
            Field("SGX", "no");
            return;
        }

        var launch = sgx.FlexibleLaunchControl ? "flexible launch control" : "no flexible launch control";
        Field("SGX", $"{Driver(sgx.Driver)}; {Join(sgx.Sgx1 ? "SGX1" : "", sgx.Sgx2 ? "SGX2 (EDMM)" : "", launch)}");
        Field("enclave", DeviceText.Of(sgx.Enclave));
        Field("provision", DeviceText.Of(sgx.Provision));
        Field("containers", Given(sgx.EnclaveDevices));
        if (sgx.ProvisionDevices.Count > 0)
        {
            Field("  provisioning", Given(sgx.ProvisionDevices));
        }

        Field("EPC", $"{EpcText.Of(sgx.EpcBytes)} ({Source(sgx.EpcSource)}); CPUID reports {EpcText.Of(sgx.CpuidBytes)}");
        foreach (var bank in sgx.Banks)
        {
            Field("  NUMA " + Numa(bank.Numa), EpcText.Of(bank.Bytes));
        }

        Field("EPC limits", sgx.EnforcementPossible
            ? $"can be enforced: the kernel's EPC controller has {EpcText.Of(sgx.CgroupCapacityBytes!.Value)}"
            : "are accounting of the scheduler: this kernel enforces none");
        if (sgx.EnforcementPossible && description.Enforcement is { } enforcement)
        {
            Field("  enforcement", enforcement.Message.TrimEnd('.'));
        }
    }

    private void DescribeGuests(NodeHardware hardware)
    {
        if (hardware.SnpHost is { } snp)
        {
            Field("SEV host", Join(snp.Sev ? "SEV" : "", snp.SevEs ? "SEV-ES" : "", snp.SevSnp ? "SEV-SNP" : "no SEV-SNP"));
            Field("  firmware", DeviceText.Of(snp.Firmware));
            Field("  ASIDs", $"SEV {Amount(snp.SevAsids)}, SEV-ES and SEV-SNP {Amount(snp.SevEsAsids)}");
        }

        if (hardware.SnpGuest is { } snpGuest)
        {
            Field("SEV-SNP guest", DeviceText.Of(snpGuest.Device));
        }

        if (hardware.TdxHost is { } tdx)
        {
            Field("TDX host", $"{(tdx.Enabled ? "starts trust domains" : "KVM starts no trust domains")}; key ids {Amount(tdx.KeyIds)}");
        }

        if (hardware.TdxGuest is { } tdxGuest)
        {
            Field("TDX guest", DeviceText.Of(tdxGuest.Device));
        }

        if (hardware.SnpGuest is not null || hardware.TdxGuest is not null)
        {
            Field("configfs-tsm", hardware.ConfigfsTsm ? "yes" : "no");
        }
    }

    private void DescribePlan(AdvertisementPlan plan)
    {
        Section("Offered");
        if (plan.Resources.Count == 0)
        {
            _lines.Add("  nothing");
        }

        foreach (var resource in plan.Resources)
        {
            _lines.Add("  " + Offered(resource));
        }

        if (plan.Banks.Count > 0)
        {
            Section("EPC for pods");
            foreach (var bank in plan.Banks)
            {
                Field("NUMA " + Numa(bank.Numa),
                    $"{EpcText.Of(bank.AdvertisedBytes)} of {EpcText.Of(bank.TotalBytes)}"
                        + (bank.ReserveBytes > 0 ? $", {EpcText.Of(bank.ReserveBytes)} reserved" : "")
                        + (bank.Devices > 0 ? $", {EpcText.Number(bank.Devices)} devices" : ""));
            }
        }

        List("Labels", plan.Labels.Select(label => $"{label.Key}={label.Value}"));
        List("Taints", plan.Taints.Select(taint => taint.ToString()));
        List("Why", plan.Reasons);
        List("Not offered", plan.Cuts.Select(cut => $"{cut.What}{(cut.Bytes > 0 ? $", {EpcText.Of(cut.Bytes)}" : "")}: {cut.Reason}"));
    }

    private void DescribeFindings(ValueList<Finding> findings)
    {
        if (findings.Count == 0)
        {
            return;
        }

        Section("Findings");
        foreach (var finding in findings)
        {
            _lines.Add($"  {Word(finding.Severity)} {finding.Id}: {finding.Message}");
            if (finding.Remedy.Length > 0)
            {
                _lines.Add($"    {finding.Remedy}");
            }
        }
    }

    private static string Offered(PlannedResource resource)
    {
        var count = EpcText.Number(resource.Count);
        return resource.Carrier switch
        {
            ResourceCarrier.DevicePlugin when resource.GranuleBytes > 0 =>
                $"{resource.Name}: {count} devices of {EpcText.Of(resource.GranuleBytes)} by the device plugin; {ListText(resource)}",
            ResourceCarrier.DevicePlugin => $"{resource.Name}: {count} devices by the device plugin; {ListText(resource)}",
            ResourceCarrier.NodeStatus => $"{resource.Name}: {count} ({EpcText.Of(resource.Bytes)}) in the node's status",
            ResourceCarrier.ResourceSlice when resource.GranuleBytes > 0 =>
                $"{resource.Name}: {EpcText.Of(resource.Bytes)} as one device of a ResourceSlice",
            ResourceCarrier.ResourceSlice => $"{resource.Name}: {count} slots as one device of a ResourceSlice",
            _ => throw new InvalidOperationException($"Carrier {resource.Carrier} is not described."),
        };
    }

    private static string ListText(PlannedResource resource) =>
        $"list of {EpcText.Number(resource.ListBytes)} bytes, at worst {EpcText.Number(resource.WorstListBytes)}, "
            + $"the kubelet takes {EpcText.Number(DeviceListSize.Limit)}";

    private void List(string title, IEnumerable<string> items)
    {
        var lines = items.Select(item => "  " + item).ToList();
        if (lines.Count > 0)
        {
            Section(title);
            _lines.AddRange(lines);
        }
    }

    private void Section(string title)
    {
        _lines.Add("");
        _lines.Add(title);
    }

    private void Field(string name, string value) => _lines.Add($"  {name.PadRight(NameWidth)} {value}");

    private static string Given(ValueList<ContainerDevice> devices) => devices.Count == 0
        ? "get no device"
        : "get " + string.Join(", ", devices.Select(d => d.HostPath == d.ContainerPath
            ? d.ContainerPath : $"{d.ContainerPath} (from {d.HostPath})"));

    private static string Driver(SgxDriver driver) => driver switch
    {
        SgxDriver.None => "no driver",
        SgxDriver.InKernel => "in-kernel driver",
        SgxDriver.Dcap => "out-of-tree DCAP driver",
        SgxDriver.DcapEarly => "out-of-tree DCAP driver, early release",
        SgxDriver.Isgx => "legacy isgx driver",
        SgxDriver.Gsgx => "Alibaba's gsgx driver",
        _ => throw new InvalidOperationException($"Driver {driver} is not described."),
    };

    private static string Source(EpcSource source) => source switch
    {
        EpcSource.None => "no driver owns any",
        EpcSource.Sysfs => "told by the kernel",
        EpcSource.Cpuid => "told by CPUID, the kernel does not tell",
        _ => throw new InvalidOperationException($"Source {source} is not described."),
    };

    private static string Word(FindingSeverity severity) => severity switch
    {
        FindingSeverity.Error => "error",
        FindingSeverity.Warning => "warning",
        FindingSeverity.Note => "note",
        _ => throw new InvalidOperationException($"Severity {severity} is not described."),
    };

    private static string Numa(int? numa) => numa?.ToString(CultureInfo.InvariantCulture) ?? "unknown";

    private static string Amount(long? value) => value is { } number ? EpcText.Number(number) : "unknown";

    private static string Join(params IEnumerable<string> parts) => string.Join(", ", parts.Where(part => part.Length > 0));
}
