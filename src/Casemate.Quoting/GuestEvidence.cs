using Casemate.Attestation;

namespace Casemate.Quoting;

/// <summary>Evidence of a confidential guest, in the hardware's own bytes.</summary>
/// <param name="Tee">What it is evidence of: <see cref="Attestation.Tee.Tdx"/> or <see cref="Attestation.Tee.Snp"/>.</param>
/// <param name="Evidence">TDX: the quote. SNP: the report, 1184 bytes.</param>
public sealed record GuestEvidence(Tee Tee, ReadOnlyMemory<byte> Evidence)
{
    /// <summary>
    /// SNP: the certificate table that the host handed over with the report (AMD 56421, section 4.1.8.1), as untrusted as the host.
    /// Empty: there is none.
    /// </summary>
    public ReadOnlyMemory<byte> CertificateTable { get; init; }

    /// <summary>The services manifest of the guest's SVSM, which the report's data bind. Empty: none was asked for.</summary>
    public ReadOnlyMemory<byte> Manifest { get; init; }
}
