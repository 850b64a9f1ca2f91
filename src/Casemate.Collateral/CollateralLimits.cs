namespace Casemate.Collateral;

/// <summary>
/// Upper bounds on what is read from files, checked before memory is taken. Far above anything that Intel or AMD issue.
/// Source: the limits of the verifier itself, so that nothing is read which would be refused anyway.
/// </summary>
public static class CollateralLimits
{
    /// <summary>A file of certificates, PEM or DER: 64 KiB.</summary>
    public const int CertificatesBytes = 64 * 1024;

    /// <summary>A revocation list as DER: 4 MiB. Its hex or PEM text may be twice that.</summary>
    public const int CrlBytes = 4 * 1024 * 1024;

    /// <summary>A signed JSON document (TCB info, QE identity): 1 MiB.</summary>
    public const int JsonBytes = 1024 * 1024;

    /// <summary>A file that holds everything, such as a bundle: two revocation lists as hex and two documents, 20 MiB.</summary>
    public const int BundleBytes = 20 * 1024 * 1024;

    /// <summary>Raw evidence: 64 KiB. As hex or base64 text at most twice that, and some for line ends.</summary>
    public const int EvidenceBytes = 64 * 1024;

    /// <summary>Files in one directory of collateral.</summary>
    public const int FilesPerDirectory = 256;

    /// <summary>Subdirectories of a directory that holds several platforms' collateral.</summary>
    public const int Subdirectories = 1024;

    /// <summary>Nesting of a JSON file that is read here; the signed documents themselves are limited to 32.</summary>
    internal const int JsonDepth = 40;
}
