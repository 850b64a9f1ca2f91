namespace Casemate.Attestation.Snp;

/// <summary>Why bytes are not a SEV-SNP report. Closed: a new reason is a new member, and its name is public API.</summary>
public enum SnpReportError
{
    /// <summary>The bytes are a well-formed report. Says nothing about whether it is genuine.</summary>
    None = 0,

    /// <summary>The input is not exactly 1184 bytes. Typical cause: a report inside another structure (Azure HCL, certificate table).</summary>
    WrongSize,

    /// <summary>The version is not 2, 3, 4 or 5.</summary>
    UnsupportedReportVersion,

    /// <summary>The signature algorithm is not 1 (ECDSA P-384 with SHA-384).</summary>
    UnsupportedSignatureAlgorithm,

    /// <summary>SIGNING_KEY is neither VCEK nor VLEK: the report is not signed.</summary>
    NotSigned,

    /// <summary>A part of the signature field that must be zero is not.</summary>
    MalformedSignature,
}
