namespace Casemate.Quoting;

/// <summary>A quote.</summary>
/// <param name="Quote">The quote, of its exact length.</param>
/// <param name="QeReportInfo">960 bytes when the request asked for them, else empty.</param>
public sealed record QuoteAnswer(ReadOnlyMemory<byte> Quote, ReadOnlyMemory<byte> QeReportInfo)
{
    /// <summary>
    /// Evidence of an SEV-SNP guest: the certificate table that its host handed over with the report, as untrusted as the host. Empty:
    /// there is none.
    /// </summary>
    public ReadOnlyMemory<byte> CertificateTable { get; init; }
}
