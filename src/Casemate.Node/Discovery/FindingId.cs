namespace Casemate.Node.Discovery;

/// <summary>The kinds of findings. Closed: a new kind is a new member, and its name is public API.</summary>
public enum FindingId
{
    /// <summary>The processor has EPC, but no driver's device node is there.</summary>
    SgxDriverOff,

    /// <summary>The processor has SGX, but the firmware gave it no EPC.</summary>
    SgxOffInFirmware,

    /// <summary>The kernel owns EPC, but the device node that makes enclaves is missing.</summary>
    EnclaveNodeMissing,

    /// <summary>The device node for the provisioning key is missing.</summary>
    ProvisionNodeMissing,

    /// <summary>A path that should be a character device is something else.</summary>
    NotACharacterDevice,

    /// <summary>A link among the device nodes leads nowhere, outside of /dev, or in a circle.</summary>
    BrokenDeviceLink,

    /// <summary>A driver's device node is there, but there is no EPC.</summary>
    NoEpc,

    /// <summary>The kernel owns less EPC than CPUID reports.</summary>
    EpcBelowCpuid,

    /// <summary>The kernel reports more EPC than CPUID.</summary>
    EpcAboveCpuid,

    /// <summary>The kernel does not tell EPC by NUMA node; CPUID's numbers are used.</summary>
    EpcFromCpuid,

    /// <summary>A number that the kernel or CPUID gave is not one, or cannot be true.</summary>
    ImplausibleValue,

    /// <summary>A file of the kernel is there but cannot be read.</summary>
    Unreadable,

    /// <summary>The kernel was built without SGX.</summary>
    KernelWithoutSgx,

    /// <summary>The driver needs launch tokens: no flexible launch control.</summary>
    NoFlexibleLaunchControl,

    /// <summary>Device nodes of several drivers are there; one is used.</summary>
    SeveralDrivers,

    /// <summary>The kernel has no EPC controller: EPC limits are accounting.</summary>
    EpcNotEnforced,

    /// <summary>KVM starts SEV-SNP guests, but the security processor's node is missing.</summary>
    SevNodeMissing,

    /// <summary>The processor knows SEV-SNP, but KVM does not start SEV-SNP guests.</summary>
    SnpOffInKvm,

    /// <summary>KVM starts confidential guests, but their ASIDs or key ids are none.</summary>
    NoGuestKeys,

    /// <summary>This is a confidential guest, but nothing is there that makes evidence.</summary>
    GuestWithoutEvidence,
}
