using System.Collections.Immutable;
using Casemate.Attestation.Snp;
using Casemate.Simulator.Pki;

namespace Casemate.Simulator.Snp;

/// <summary>
/// Everything about simulated SEV-SNP evidence that the machine and AMD's key server decide. The default is a current, properly
/// configured machine. Change one property and the evidence is still signed throughout, and wrong in exactly that way.
/// </summary>
/// <example>
/// <code>
/// var snp = platform.Snp(SnpProduct.Genoa);
/// snp.With(s => s with { ReportedTcb = older, Vek = new() { Tcb = s.ReportedTcb } });   // the VCEK is for another TCB
/// snp.With(s => s with { Vek = new() { HardwareId = otherChip } });                     // the VCEK is another chip's
/// snp.With(s => s with { MaskChipId = true });                                          // the report hides the chip id
/// snp.With(s => s with { SigningKey = SnpSigner.Vlek });                                // a cloud provider's VLEK signs
/// snp.With(s => s with { Revoked = [SnpCertificate.Ask] });                             // the ASK is revoked
/// snp.With(s => s with { CommittedTcb = older });                                       // reported above committed: wrong TCB order
/// </code>
/// </example>
public sealed record SnpScenario
{
    /// <summary>CPUID as reports from version 3 on carry it.</summary>
    public required CpuIdentity Cpu { get; init; }

    /// <summary>CURRENT_TCB: what runs now.</summary>
    public required SnpTcb CurrentTcb { get; init; }

    /// <summary>COMMITTED_TCB: what cannot be rolled back below.</summary>
    public required SnpTcb CommittedTcb { get; init; }

    /// <summary>REPORTED_TCB: what the VCEK is derived for.</summary>
    public required SnpTcb ReportedTcb { get; init; }

    /// <summary>Current firmware version.</summary>
    public required SnpFirmwareVersion CurrentVersion { get; init; }

    /// <summary>Committed firmware version.</summary>
    public required SnpFirmwareVersion CommittedVersion { get; init; }

    /// <summary>CHIP_ID, 64 bytes (Turin: 8); null: the installation's own.</summary>
    public byte[]? ChipId { get; init; }

    /// <summary>The report carries zeros for the chip id. A VLEK report always does. Default: false.</summary>
    public bool MaskChipId { get; init; }

    /// <summary>PLATFORM_INFO. Default: 0x25, SMT, ECC memory and ALIAS_CHECK_COMPLETE.</summary>
    public ulong PlatformInfo { get; init; } = 0x25;

    /// <summary>CURRENT_MIT_VECTOR (report version 5). Default: 1.</summary>
    public ulong CurrentMitigationVector { get; init; } = 1;

    /// <summary>The key that signs. <see cref="SnpSigner.None"/>: nothing signs, the signature is zero. Default: the VCEK.</summary>
    public SnpSigner SigningKey { get; init; } = SnpSigner.Vcek;

    /// <summary>What the report says of the signing key; null: the truth.</summary>
    public SnpSigner? ReportedSigningKey { get; init; }

    /// <summary>MASK_CHIP_KEY in the report: the firmware was told not to sign with the VCEK. Default: false.</summary>
    public bool MaskChipKey { get; init; }

    /// <summary>Content of the VCEK or VLEK certificate.</summary>
    public VekContent Vek { get; init; } = new();

    /// <summary>Departures of the certificates from their proper form.</summary>
    public SnpCertificateChanges Certificates { get; init; } = new();

    /// <summary>Departures of the CRL from its proper form.</summary>
    public CrlChanges Crl { get; init; } = CrlChanges.None;

    /// <summary>No CRL among the endorsements. Default: false.</summary>
    public bool OmitCrl { get; init; }

    /// <summary>Certificates on the ARK's CRL.</summary>
    public ImmutableArray<SnpCertificate> Revoked { get; init; } = [];

    /// <summary>Whose key makes each signature.</summary>
    public SnpSigners Signers { get; init; } = new();

    /// <summary>Changes to bytes 0x000 to 0x29F of a report before it is signed.</summary>
    public ImmutableArray<BytePatch> ReportPatches { get; init; } = [];

    /// <summary>A current machine of a product line: reported, committed and current TCB agree.</summary>
    public static SnpScenario Of(SnpProduct product)
    {
        var (tcb, firmware) = product switch
        {
            SnpProduct.Milan => (new SnpTcb(null, 4, 0, 0x1B, 0xDE), new SnpFirmwareVersion(1, 55, 0x2B)),
            SnpProduct.Genoa => (new SnpTcb(null, 10, 0, 0x1B, 0x58), new SnpFirmwareVersion(1, 55, 0x2B)),
            SnpProduct.Turin => (new SnpTcb(1, 2, 1, 4, 0x50), new SnpFirmwareVersion(1, 55, 0x3D)),
            _ => throw new ArgumentOutOfRangeException(nameof(product), product, "Unknown product line."),
        };
        return new SnpScenario
        {
            Cpu = CpuIdentity.Of(product),
            CurrentTcb = tcb,
            CommittedTcb = tcb,
            ReportedTcb = tcb,
            CurrentVersion = firmware,
            CommittedVersion = firmware,
        };
    }
}
