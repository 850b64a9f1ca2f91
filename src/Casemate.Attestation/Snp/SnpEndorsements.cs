namespace Casemate.Attestation.Snp;

/// <summary>
/// The certificates that stand behind a SEV-SNP report, as bytes from untrusted places: verification checks each piece.
/// Source: AMD 57230.
/// </summary>
public sealed record SnpEndorsements
{
    /// <summary>VCEK or VLEK, DER or PEM.</summary>
    public required ReadOnlyMemory<byte> Vek { get; init; }

    /// <summary>ASK (for a VCEK) or ASVK (for a VLEK), DER or PEM.</summary>
    public required ReadOnlyMemory<byte> Ask { get; init; }

    /// <summary>ARK, DER or PEM.</summary>
    public required ReadOnlyMemory<byte> Ark { get; init; }

    /// <summary>CRL of the ARK, DER or PEM; null when none is at hand.</summary>
    public ReadOnlyMemory<byte>? Crl { get; init; }
}
