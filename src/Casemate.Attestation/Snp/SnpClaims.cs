namespace Casemate.Attestation.Snp;

/// <summary>The verified content of a SEV-SNP report. Source: AMD 56860, ATTESTATION_REPORT.</summary>
/// <param name="ReportData">The 64 bytes that the guest bound into the report.</param>
public sealed record SnpClaims(byte[] ReportData) : EvidenceClaims(ReportData)
{
    /// <summary>Report version, 2 to 5.</summary>
    public required uint Version { get; init; }

    /// <summary>The product line whose root key the chain ends in.</summary>
    public required SnpProduct Product { get; init; }

    /// <summary>
    /// Product name of the key's certificate, such as <c>Milan-B0</c>, <c>Genoa</c> or <c>Turin</c>: on Milan with the stepping.
    /// </summary>
    public string ProductName { get; init; } = "";

    /// <summary>CPUID family, model and stepping, extended values combined; null in version 2, which does not say.</summary>
    public (byte Family, byte Model, byte Stepping)? Cpuid { get; init; }

    /// <summary>Current firmware, major, minor and build.</summary>
    public (byte Major, byte Minor, byte Build) CurrentVersion { get; init; }

    /// <summary>Committed firmware, below which the platform cannot be rolled back: major, minor and build.</summary>
    public (byte Major, byte Minor, byte Build) CommittedVersion { get; init; }

    /// <summary>Which kind of key signed.</summary>
    public required SnpSigner Signer { get; init; }

    /// <summary>MEASUREMENT, 48 bytes: launch digest of the guest.</summary>
    public required byte[] Measurement { get; init; }

    /// <summary>HOST_DATA, 32 bytes: given by the host at launch, such as the digest of initdata.</summary>
    public required byte[] HostData { get; init; }

    /// <summary>GUEST_SVN.</summary>
    public required uint GuestSvn { get; init; }

    /// <summary>POLICY, bit field.</summary>
    public required ulong Policy { get; init; }

    /// <summary>PLATFORM_INFO, bit field.</summary>
    public required ulong PlatformInfo { get; init; }

    /// <summary>Privilege level that asked: 0 to 3, or 0xFFFFFFFF for the host.</summary>
    public required uint Vmpl { get; init; }

    /// <summary>FAMILY_ID, 16 bytes.</summary>
    public required byte[] FamilyId { get; init; }

    /// <summary>IMAGE_ID, 16 bytes.</summary>
    public required byte[] ImageId { get; init; }

    /// <summary>REPORT_ID, 32 bytes.</summary>
    public required byte[] ReportId { get; init; }

    /// <summary>REPORT_ID_MA, 32 bytes; all ones without a migration agent.</summary>
    public required byte[] ReportIdMa { get; init; }

    /// <summary>ID_KEY_DIGEST, 48 bytes.</summary>
    public required byte[] IdKeyDigest { get; init; }

    /// <summary>AUTHOR_KEY_DIGEST, 48 bytes.</summary>
    public required byte[] AuthorKeyDigest { get; init; }

    /// <summary>CHIP_ID, 64 bytes; all zero when masked. Identifies one machine: keep it out of logs.</summary>
    public required byte[] ChipId { get; init; }

    /// <summary>The TCB that the signing key is bound to.</summary>
    public required SnpTcb ReportedTcb { get; init; }

    /// <summary>The TCB that runs now.</summary>
    public required SnpTcb CurrentTcb { get; init; }

    /// <summary>The TCB that the platform cannot be rolled back below.</summary>
    public required SnpTcb CommittedTcb { get; init; }

    /// <summary>The TCB at launch of the guest.</summary>
    public required SnpTcb LaunchTcb { get; init; }

    /// <summary>True when the host can inspect the guest, so that it protects nothing.</summary>
    public required bool Debug { get; init; }

    /// <summary>LAUNCH_MIT_VECTOR; null before report version 5.</summary>
    public ulong? LaunchMitigationVector { get; init; }

    /// <summary>CURRENT_MIT_VECTOR; null before report version 5.</summary>
    public ulong? CurrentMitigationVector { get; init; }

    /// <summary>CSP id of a VLEK certificate; null for a VCEK.</summary>
    public string? CspId { get; init; }
}
