namespace Casemate.Node.Discovery;

/// <summary>What one scan found: an immutable value that equals another with the same content.</summary>
public sealed record NodeHardware
{
    /// <summary>Which machine was looked at: <c>this machine</c>, a directory, or the name of a described machine.</summary>
    public required string Machine { get; init; }

    /// <summary>True when the hardware is described by files and not there; everything made of it must say so.</summary>
    public required bool Simulated { get; init; }

    /// <summary>True below a hypervisor (CPUID 1 ECX bit 31): EPC is then what the hypervisor gives.</summary>
    public bool VirtualMachine { get; init; }

    /// <summary>SGX; null when neither processor nor kernel nor device nodes know of it.</summary>
    public SgxHardware? Sgx { get; init; }

    /// <summary>The host side of SEV-SNP; null when this is no such host.</summary>
    public SnpHost? SnpHost { get; init; }

    /// <summary>The guest side of SEV-SNP; null when this is no such guest.</summary>
    public SnpGuest? SnpGuest { get; init; }

    /// <summary>The host side of TDX; null when this is no such host.</summary>
    public TdxHost? TdxHost { get; init; }

    /// <summary>The guest side of TDX; null when this is no such guest.</summary>
    public TdxGuest? TdxGuest { get; init; }

    /// <summary>True when the kernel makes guest evidence by the files of configfs-tsm (<c>/sys/kernel/config/tsm/report</c>).</summary>
    public bool ConfigfsTsm { get; init; }

    /// <summary>
    /// What the root of the misc cgroup controller counts, in the kernel's order: <c>sgx_epc</c>, <c>sev</c>, <c>sev_es</c>,
    /// <c>tdx</c>.
    /// </summary>
    public ValueList<MiscAmount> MiscCapacity { get; init; } = [];

    /// <summary>What is odd, broken or worth knowing, in the order of the scan.</summary>
    public ValueList<Finding> Findings { get; init; } = [];
}
