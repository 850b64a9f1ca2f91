using System.Collections.Immutable;

namespace Casemate.Collateral.Store;

/// <summary>
/// What is needed to ask for the PCK certificates of one machine again, and which certificate was chosen for each raw TCB that asked.
/// Identifies a machine: kept readable for the owner alone, and out of logs.
/// </summary>
public sealed record ProvisionedPlatform
{
    /// <summary>The most raw TCBs that are remembered for one platform; the oldest give way.</summary>
    public const int MaximumRawTcbs = 16;

    /// <summary>The largest platform manifest, in hex digits.</summary>
    public const int MaximumManifestDigits = 128 * 1024;

    /// <summary>QE id, lower case.</summary>
    public required string QeId { get; init; }

    /// <summary>PCEID, 4 hex digits, lower case.</summary>
    public required string PceId { get; init; }

    /// <summary>PPID under the provisioning service's key, 768 hex digits, lower case; empty when it is not known.</summary>
    public string EncryptedPpid { get; init; } = "";

    /// <summary>Platform manifest of a multi-package machine, hex, lower case; empty for other machines.</summary>
    public string PlatformManifest { get; init; } = "";

    /// <summary>FMSPC that the certificates name, 12 hex digits; empty before certificates were seen.</summary>
    public string Fmspc { get; init; } = "";

    /// <summary>Whether the PCK Platform CA issues its certificates; null before certificates were seen.</summary>
    public bool? PlatformCa { get; init; }

    /// <summary>The raw TCBs that asked, oldest first, each with the TCB of the certificate chosen for it.</summary>
    public ImmutableArray<SelectedTcb> RawTcbs { get; init; } = [];

    /// <summary>The key of its certificates.</summary>
    public CollateralKey CertificatesKey => CollateralKey.PckCertificates(QeId, PceId);
}
