namespace Casemate.Node.Discovery;

/// <summary>SGX of one machine.</summary>
public sealed record SgxHardware
{
    /// <summary>Which driver's device nodes are there.</summary>
    public required SgxDriver Driver { get; init; }

    /// <summary>The node that makes enclaves: always a character device; null when there is none.</summary>
    public DeviceNode? Enclave { get; init; }

    /// <summary>
    /// The node that gives the provisioning key; null when there is none, and for drivers that give it with the enclave node.
    /// </summary>
    public DeviceNode? Provision { get; init; }

    /// <summary>What a container that runs enclaves is given: the one real node under every spelling that runtimes open.</summary>
    public ValueList<ContainerDevice> EnclaveDevices { get; init; } = [];

    /// <summary>What a container that may use the provisioning key is given besides.</summary>
    public ValueList<ContainerDevice> ProvisionDevices { get; init; } = [];

    /// <summary>The processor runs enclaves (CPUID 12H.0 EAX bit 0).</summary>
    public required bool Sgx1 { get; init; }

    /// <summary>Enclaves may change their memory at run time, EDMM (CPUID 12H.0 EAX bit 1).</summary>
    public required bool Sgx2 { get; init; }

    /// <summary>The kernel chooses the launch key, flexible launch control (CPUID 7.0 ECX bit 30).</summary>
    public required bool FlexibleLaunchControl { get; init; }

    /// <summary>Where <see cref="Banks"/> are from.</summary>
    public required EpcSource EpcSource { get; init; }

    /// <summary>The EPC that the driver may use, by NUMA node, ascending; empty when no driver owns any.</summary>
    public ValueList<EpcBank> Banks { get; init; } = [];

    /// <summary>What CPUID says, whoever owns it; kept for comparison.</summary>
    public ValueList<EpcSection> CpuidSections { get; init; } = [];

    /// <summary>The line <c>sgx_epc</c> of the root's <c>misc.capacity</c> in bytes; null when the kernel has no EPC controller.</summary>
    public long? CgroupCapacityBytes { get; init; }

    /// <summary>The sum of <see cref="Banks"/>.</summary>
    public long EpcBytes => Banks.Sum(bank => bank.Bytes);

    /// <summary>The sum of <see cref="CpuidSections"/>.</summary>
    public long CpuidBytes => CpuidSections.Sum(section => section.Bytes);

    /// <summary>True when the kernel can hold containers to an EPC limit.</summary>
    public bool EnforcementPossible => CgroupCapacityBytes is > 0;

    /// <summary>True when enclaves can run: a device node and EPC are there.</summary>
    public bool Usable => Enclave is not null && EpcBytes > 0;
}
