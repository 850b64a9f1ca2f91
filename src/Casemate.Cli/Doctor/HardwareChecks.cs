using System.Globalization;
using System.Text;
using Casemate.Kubernetes;
using Casemate.Node.Discovery;

namespace Casemate.Cli.Doctor;

/// <summary>Processor, firmware, kernel, driver and device nodes: what the node agent's own scan says, sorted by question.</summary>
internal sealed class HardwareChecks(ExaminedNode node)
{
    private const int OthersMayUse = 6;
    private const int GroupMayUse = 48;

    /// <summary>The questions.</summary>
    public IEnumerable<DoctorCheck> All =>
    [
        new(DoctorFindingId.Processor, Processor),
        new(DoctorFindingId.Firmware, Firmware),
        new(DoctorFindingId.Kernel, () => Told(DoctorFindingId.Kernel, KernelText)),
        new(DoctorFindingId.Driver, () => Told(DoctorFindingId.Driver, hardware => hardware.Sgx is { Driver: not SgxDriver.None } sgx
            ? $"{DriverText(sgx.Driver)}" : null)),
        new(DoctorFindingId.DeviceNodes, () => Told(DoctorFindingId.DeviceNodes, NodesText)),
        new(DoctorFindingId.DeviceModes, Modes),
        new(DoctorFindingId.Epc, () => Told(DoctorFindingId.Epc, hardware => hardware.Sgx is { EpcBytes: > 0 } sgx
            ? $"{EpcText.Of(sgx.EpcBytes)} in {Output.Plural.Of(sgx.Banks.Count, "bank")}, source: {sgx.EpcSource}" : null)),
        new(DoctorFindingId.EpcEnforcement, () => Told(DoctorFindingId.EpcEnforcement, hardware => hardware.Sgx is { EnforcementPossible: true }
            ? "misc.capacity has sgx_epc: the kernel can limit EPC" : null)),
        new(DoctorFindingId.ConfidentialGuests, () => Told(DoctorFindingId.ConfidentialGuests, GuestText)),
        new(DoctorFindingId.KernelFiles, () => Told(DoctorFindingId.KernelFiles, _ => "everything that is there could be read")),
    ];

    private static DoctorFindingId QuestionOf(FindingId id) => id switch
    {
        FindingId.SgxOffInFirmware => DoctorFindingId.Firmware,
        FindingId.KernelWithoutSgx => DoctorFindingId.Kernel,
        FindingId.SgxDriverOff or FindingId.SeveralDrivers or FindingId.NoFlexibleLaunchControl => DoctorFindingId.Driver,
        FindingId.EnclaveNodeMissing or FindingId.ProvisionNodeMissing or FindingId.NotACharacterDevice or FindingId.BrokenDeviceLink
            or FindingId.SevNodeMissing or FindingId.GuestWithoutEvidence => DoctorFindingId.DeviceNodes,
        FindingId.NoEpc or FindingId.EpcBelowCpuid or FindingId.EpcAboveCpuid or FindingId.EpcFromCpuid => DoctorFindingId.Epc,
        FindingId.EpcNotEnforced => DoctorFindingId.EpcEnforcement,
        FindingId.SnpOffInKvm or FindingId.NoGuestKeys => DoctorFindingId.ConfidentialGuests,
        FindingId.ImplausibleValue or FindingId.Unreadable => DoctorFindingId.KernelFiles,
        _ => throw new ArgumentOutOfRangeException(nameof(id)),
    };

    private static bool HasOtherTee(NodeHardware hardware) =>
        hardware is not { SnpHost: null, SnpGuest: null, TdxHost: null, TdxGuest: null };

    private IEnumerable<DoctorFinding> Processor()
    {
        var hardware = node.Hardware;
        var found = Described(hardware).ToList();
        var machine = hardware.VirtualMachine ? $"{hardware.Machine} (a virtual machine)" : hardware.Machine;
        var where = $"{hardware.Machine}{(hardware.VirtualMachine ? ", a virtual machine" : "")}{(hardware.Simulated ? ", SIMULATED" : "")}";
        yield return found.Count > 0
            ? DoctorFinding.Passed(DoctorFindingId.Processor, $"{string.Join("; ", found)} (CPUID and device nodes of {where})")
            : DoctorFinding.Failed(
                DoctorFindingId.Processor, $"neither CPUID nor the device nodes of {machine} know of SGX, SEV-SNP or TDX",
                hardware.VirtualMachine ? "Take a virtual machine of a size that has a TEE: in Azure DCsv2, DCsv3, DCasv5 or DCesv5 sizes."
                    : "Use a machine whose processor has a TEE, and switch it on in the firmware's setup.");
    }

    private IEnumerable<DoctorFinding> Firmware()
    {
        var hardware = node.Hardware;
        if (hardware.Sgx is not { } sgx)
        {
            yield break;
        }

        if (hardware.Findings.FirstOrDefault(one => one.Id is FindingId.SgxOffInFirmware) is { } off)
        {
            var evidence = $"{off.Message} (CPUID leaf 0x12, {hardware.Machine})";
            yield return HasOtherTee(hardware) ? DoctorFinding.Warning(DoctorFindingId.Firmware, evidence, off.Remedy)
                : DoctorFinding.Failed(DoctorFindingId.Firmware, evidence, off.Remedy);
            yield break;
        }

        yield return DoctorFinding.Passed(
            DoctorFindingId.Firmware,
            sgx.CpuidBytes > 0 ? $"CPUID leaf 0x12 reports {EpcText.Of(sgx.CpuidBytes)} of EPC" : "the kernel has EPC");
    }

    // A question is answered by what the scan found odd about it; where that is nothing, by the facts, if there are any.
    private IEnumerable<DoctorFinding> Told(DoctorFindingId question, Func<NodeHardware, string?> facts)
    {
        var hardware = node.Hardware;
        var told = hardware.Findings.Where(one => QuestionOf(one.Id) == question).ToList();
        foreach (var finding in told)
        {
            var evidence = $"{finding.Message} ({finding.Id})";
            yield return finding.Severity switch
            {
                FindingSeverity.Error => DoctorFinding.Failed(question, evidence, finding.Remedy),
                FindingSeverity.Warning => DoctorFinding.Warning(question, evidence, finding.Remedy),
                FindingSeverity.Note => DoctorFinding.Passed(question, evidence),
                _ => throw new InvalidOperationException($"Severity {finding.Severity} has no outcome."),
            };
        }

        if (told.Count == 0 && facts(hardware) is { } fact)
        {
            yield return DoctorFinding.Passed(question, fact);
        }
    }

    private IEnumerable<DoctorFinding> Modes()
    {
        if (node.Hardware.Sgx is not { Enclave: { } enclave } sgx)
        {
            yield break;
        }

        yield return (enclave.Mode & OthersMayUse) == OthersMayUse
            ? DoctorFinding.Passed(DoctorFindingId.DeviceModes, Text(enclave))
            : DoctorFinding.Warning(
                DoctorFindingId.DeviceModes, Text(enclave),
                (enclave.Mode & GroupMayUse) == GroupMayUse
                    ? $"Pods without root need 'securityContext: {{supplementalGroups: [{enclave.Gid}]}}'; or open it for all on the node: "
                        + $"chmod 0666 {enclave.RealPath}"
                    : $"chmod 0666 {enclave.RealPath}");
        if (sgx.Provision is not { } provision)
        {
            yield break;
        }

        // That the provisioning key is for a group is how distributions ship it: worth knowing, and no mistake.
        yield return (provision.Mode & GroupMayUse) == GroupMayUse || (provision.Mode & OthersMayUse) == OthersMayUse
            ? DoctorFinding.Passed(
                DoctorFindingId.DeviceModes,
                (provision.Mode & OthersMayUse) == OthersMayUse ? Text(provision)
                    : $"{Text(provision)}: a pod without root that quotes in its own process needs supplementalGroups: [{provision.Gid}]")
            : DoctorFinding.Warning(
                DoctorFindingId.DeviceModes, Text(provision), $"chmod 0660 {provision.RealPath}, and give it the group of those who quote.");
    }

    private static string Text(DeviceNode device) => string.Create(
        CultureInfo.InvariantCulture,
        $"{device.RealPath} is a character device {device.Major}:{device.Minor}, mode {Convert.ToString(device.Mode & 0xFFF, 8).PadLeft(4, '0')}, "
            + $"group {device.Gid}");

    private static IEnumerable<string> Described(NodeHardware hardware)
    {
        if (hardware.Sgx is { } sgx)
        {
            yield return (sgx.Sgx2 ? "SGX2" : "SGX") + (sgx.FlexibleLaunchControl ? " with flexible launch control" : "");
        }

        if (hardware.SnpHost is not null)
        {
            yield return "host of SEV guests";
        }

        if (hardware.SnpGuest is not null)
        {
            yield return "SEV-SNP guest";
        }

        if (hardware.TdxHost is not null)
        {
            yield return "host of TDX guests";
        }

        if (hardware.TdxGuest is not null)
        {
            yield return "TDX guest";
        }
    }

    private string? KernelText(NodeHardware hardware)
    {
        var release = node.Sources.Files.Read("/proc/sys/kernel/osrelease", 256);
        return hardware.Sgx is null && !HasOtherTee(hardware) ? null
            : release.State is SystemFileState.Read ? $"/proc/sys/kernel/osrelease: {Encoding.UTF8.GetString(release.Content.Span).Trim()}"
            : "its release is not told in /proc/sys/kernel/osrelease";
    }

    private static string DriverText(SgxDriver driver) => driver switch
    {
        SgxDriver.InKernel => "the kernel's own driver",
        SgxDriver.Dcap or SgxDriver.DcapEarly => "Intel's DCAP driver, out of tree",
        SgxDriver.Isgx => "Intel's first driver (isgx), out of tree",
        SgxDriver.Gsgx => "Alibaba's driver (gsgx), out of tree",
        _ => driver.ToString(),
    };

    private static string? NodesText(NodeHardware hardware)
    {
        var nodes = new[]
        {
            hardware.Sgx?.Enclave, hardware.Sgx?.Provision, hardware.SnpHost?.Firmware, hardware.SnpGuest?.Device, hardware.TdxGuest?.Device,
        };
        var paths = nodes.Where(device => device is not null).Select(device => device!.Path).ToList();
        return paths.Count > 0 ? string.Join(", ", paths) : null;
    }

    private static string? GuestText(NodeHardware hardware)
    {
        var facts = new List<string>();
        if (hardware.SnpHost is { } snp)
        {
            facts.Add($"SEV-SNP guests {(snp.SevSnp ? "can be started" : "cannot be started")}, ASIDs {Number(snp.SevEsAsids)}");
        }

        if (hardware.TdxHost is { } tdx)
        {
            facts.Add($"TDX guests {(tdx.Enabled ? "can be started" : "cannot be started")}, key ids {Number(tdx.KeyIds)}");
        }

        if (hardware.SnpGuest is not null || hardware.TdxGuest is not null)
        {
            facts.Add(hardware.ConfigfsTsm ? "configfs-tsm makes evidence" : "evidence comes from the guest's device node");
        }

        return facts.Count > 0 ? string.Join("; ", facts) : null;
    }

    private static string Number(long? count) => count?.ToString(CultureInfo.InvariantCulture) ?? "not told";
}
