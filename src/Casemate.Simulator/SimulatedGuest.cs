namespace Casemate.Simulator;

/// <summary>
/// A SEV-SNP guest that asks for a report: what its owner, its launcher and its launch decide. What the machine decides stands in
/// <see cref="Snp.SnpScenario"/>. Defaults are those of a plain production guest. Source: AMD 56860, ATTESTATION_REPORT.
/// </summary>
public sealed record SimulatedGuest
{
    /// <summary>POLICY bit 16: simultaneous multithreading is allowed.</summary>
    public const ulong PolicySmt = 1UL << 16;

    /// <summary>POLICY bit 17, which must be one.</summary>
    public const ulong PolicyReservedOne = 1UL << 17;

    /// <summary>POLICY bit 18: a migration agent may move the guest.</summary>
    public const ulong PolicyMigrateMa = 1UL << 18;

    /// <summary>POLICY bit 19: the host can debug the guest.</summary>
    public const ulong PolicyDebug = 1UL << 19;

    /// <summary>MEASUREMENT, 48 bytes; for a command, from <see cref="SimulatedMeasurement"/>.</summary>
    public required byte[] Measurement { get; init; }

    /// <summary>POLICY. Default: 0x30000, SMT allowed and the bit that must be one.</summary>
    public ulong Policy { get; init; } = PolicySmt | PolicyReservedOne;

    /// <summary>Privilege level that asks, 0 to 3; 0xFFFFFFFF: the host. Default: 0.</summary>
    public uint Vmpl { get; init; }

    /// <summary>GUEST_SVN. Default: 0.</summary>
    public uint GuestSvn { get; init; }

    /// <summary>FAMILY_ID, 16 bytes. Default: zero.</summary>
    public byte[] FamilyId { get; init; } = new byte[16];

    /// <summary>IMAGE_ID, 16 bytes. Default: zero.</summary>
    public byte[] ImageId { get; init; } = new byte[16];

    /// <summary>HOST_DATA, 32 bytes. Default: zero.</summary>
    public byte[] HostData { get; init; } = new byte[32];

    /// <summary>ID_KEY_DIGEST, 48 bytes. Default: zero, launched without an ID block.</summary>
    public byte[] IdKeyDigest { get; init; } = new byte[48];

    /// <summary>AUTHOR_KEY_DIGEST, 48 bytes. Default: zero.</summary>
    public byte[] AuthorKeyDigest { get; init; } = new byte[48];

    /// <summary>AUTHOR_KEY_EN: the author key's digest means something. Default: false.</summary>
    public bool AuthorKeyEnabled { get; init; }

    /// <summary>REPORT_ID, 32 bytes; null: derived from installation and measurement, so that runs of one guest agree.</summary>
    public byte[]? ReportId { get; init; }

    /// <summary>REPORT_ID_MA, 32 bytes; null: all ones, no migration agent.</summary>
    public byte[]? ReportIdMa { get; init; }

    /// <summary>LAUNCH_TCB; null: the machine's current TCB.</summary>
    public Attestation.Snp.SnpTcb? LaunchTcb { get; init; }

    /// <summary>LAUNCH_MIT_VECTOR (report version 5); null: the machine's current vector.</summary>
    public ulong? LaunchMitigationVector { get; init; }
}
