using Casemate.Kubernetes;

namespace Casemate.Node.Discovery;

/// <summary>Finds SGX and compares what processor, kernel and device nodes say about it.</summary>
internal sealed class SgxScan(ScanNotes look)
{
    /// <summary>Looks; null when nothing knows of SGX.</summary>
    public SgxHardware? Scan(ValueList<MiscAmount> misc, bool virtualMachine)
    {
        var cpuid = CpuidEpc.Read(look);
        var devices = SgxDevices.Find(look);
        var banks = EpcBanks.Read(look, devices.Driver, cpuid);
        if (!cpuid.Sgx && devices.Driver is SgxDriver.None && banks.Banks.Count == 0)
        {
            return null;
        }

        var sgx = new SgxHardware
        {
            Driver = devices.Driver,
            Enclave = devices.Enclave,
            Provision = devices.Provision,
            EnclaveDevices = devices.ForEnclaves,
            ProvisionDevices = devices.ForProvisioning,
            Sgx1 = cpuid.Sgx1,
            Sgx2 = cpuid.Sgx2,
            FlexibleLaunchControl = cpuid.FlexibleLaunchControl,
            EpcSource = banks.Source,
            Banks = banks.Banks,
            CpuidSections = cpuid.Sections,
            CgroupCapacityBytes = misc.FirstOrDefault(amount => amount.Resource == "sgx_epc")?.Value,
        };
        Judge(sgx, virtualMachine);
        return sgx;
    }

    private void Judge(SgxHardware sgx, bool virtualMachine)
    {
        if (sgx.Enclave is null)
        {
            JudgeMissingNode(sgx, virtualMachine);
            return;
        }

        if (sgx.EpcBytes == 0)
        {
            look.Error(
                FindingId.NoEpc, $"{sgx.Enclave.RealPath} is there, but no EPC that can be believed; nothing is advertised.",
                "Give SGX memory in the firmware's setup (PRMRR), or in the settings of the virtual machine.");
            return;
        }

        CompareWithCpuid(sgx);
        if (sgx.Provision is null && sgx.Driver is SgxDriver.InKernel or SgxDriver.Dcap or SgxDriver.DcapEarly)
        {
            look.Warn(
                FindingId.ProvisionNodeMissing,
                    $"{sgx.Enclave.RealPath} is there, but not the device of the provisioning key: no quotes inside containers.",
                "Load the whole driver, and give the agent both device nodes.");
        }

        if (!sgx.FlexibleLaunchControl)
        {
            look.Note(
                FindingId.NoFlexibleLaunchControl,
                    "The processor has no flexible launch control: enclaves need launch tokens, quotes are EPID's.",
                "DCAP quotes need a processor with flexible launch control.");
        }

        if (!sgx.EnforcementPossible)
        {
            look.Note(
                FindingId.EpcNotEnforced, "The kernel has no EPC controller (no 'sgx_epc' in misc.capacity): EPC limits of containers "
                    + "are accounting.",
                "Nothing to do: mainline kernels have none.");
        }
    }

    private void JudgeMissingNode(SgxHardware sgx, bool virtualMachine)
    {
        if (sgx.EpcBytes > 0)
        {
            look.Error(
                FindingId.EnclaveNodeMissing, $"The kernel owns {EpcText.Of(sgx.EpcBytes)} of EPC, but no device node that makes "
                    + "enclaves is there.",
                "Give the agent /dev of the host; if it is missing there too, let udev make it again (udevadm trigger).");
        }
        else if (sgx.CpuidBytes == 0)
        {
            look.Note(
                FindingId.SgxOffInFirmware, "The processor has SGX, but CPUID reports no EPC.",
                virtualMachine
                    ? "Give the virtual machine EPC, or take a size with SGX."
                    : "Switch SGX on and give it memory in the firmware's setup.");
        }
        else if (KernelConfiguration.HasSgx(look) is false)
        {
            look.Error(
                FindingId.KernelWithoutSgx, $"CPUID reports {EpcText.Of(sgx.CpuidBytes)} of EPC, but the kernel was built without "
                    + "CONFIG_X86_SGX.",
                "Boot a kernel with it, 5.11 or later, or load an out-of-tree driver.");
        }
        else
        {
            look.Error(
                FindingId.SgxDriverOff, $"CPUID reports {EpcText.Of(sgx.CpuidBytes)} of EPC, but no driver's device node is there; "
                    + "nothing is advertised.",
                CpuFlags.Has(look, "sgx") is false
                    ? "The kernel switched SGX off: look for 'sgx' in its log, for 'nosgx' on its command line, and at the firmware's "
                        + "setup."
                    : "Load the driver, or give the agent /dev of the host.");
        }
    }

    private void CompareWithCpuid(SgxHardware sgx)
    {
        if (sgx.EpcSource is not EpcSource.Sysfs || sgx.CpuidSections.Count == 0 || sgx.EpcBytes == sgx.CpuidBytes)
        {
            return;
        }

        if (sgx.EpcBytes < sgx.CpuidBytes)
        {
            look.Note(
                FindingId.EpcBelowCpuid, $"The kernel owns {EpcText.Of(sgx.EpcBytes)} of EPC, CPUID reports "
                    + $"{EpcText.Of(sgx.CpuidBytes)}; the kernel's number is used.",
                "Nothing to do, unless the difference was not there before: then look at the kernel's log.");
        }
        else
        {
            look.Warn(
                FindingId.EpcAboveCpuid, $"The kernel reports {EpcText.Of(sgx.EpcBytes)} of EPC, CPUID only "
                    + $"{EpcText.Of(sgx.CpuidBytes)}; the kernel's number is used.",
                "Look at the firmware's or the hypervisor's SGX settings; a reserve keeps the difference from being promised.");
        }
    }
}
