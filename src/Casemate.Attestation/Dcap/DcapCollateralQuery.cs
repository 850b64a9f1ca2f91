using Casemate.Attestation.Pki;
using Casemate.Attestation.Sgx;

namespace Casemate.Attestation.Dcap;

/// <summary>Which collateral a quote needs. Made from unverified bytes: good for a look-up, for nothing else.</summary>
/// <param name="Tee">SGX or TDX: the two have TCB infos and QE identities of their own.</param>
/// <param name="Fmspc">
/// FMSPC, 6 bytes as 12 lower-case hex digits; empty when the quote carries no PCK certificate (types 1 to 3): the certificate that
/// <see cref="PckCertificate"/> asks for then says it.
/// </param>
/// <param name="PlatformCa">
/// True for the PCK Platform CA, false for the Processor CA: names the PCK CRL. Where <paramref name="Fmspc"/> is empty it is not known.
/// </param>
public sealed record DcapCollateralQuery(Tee Tee, string Fmspc, bool PlatformCa)
{
    /// <summary>
    /// What the quote carries. With any other type than <see cref="CertificationDataType.PckChain"/>, the answer must bring
    /// <see cref="DcapCollateral.PckCertificateChainPem"/>. Default: the chain.
    /// </summary>
    public CertificationDataType CertificationDataType { get; init; } = CertificationDataType.PckChain;

    /// <summary>Which PCK certificate is missing from the quote (types 1 to 3); null when the quote carries it.</summary>
    public PckCertificateQuery? PckCertificate { get; init; }

    /// <summary>Reads the query from a quote; null when the bytes are no quote.</summary>
    /// <param name="quote">The quote, any supported version.</param>
    public static DcapCollateralQuery? TryCreate(ReadOnlySpan<byte> quote)
    {
        if (Quote.TryRead(quote, out var parsed, out _) is not QuoteError.None)
        {
            return null;
        }

        var query = new DcapCollateralQuery(parsed.Tee, "", PlatformCa: false)
        {
            CertificationDataType = parsed.CertificationDataType,
            PckCertificate = PckCertificateQuery.TryRead(parsed),
        };
        if (query.PckCertificate is not null || !PemCertificates.TryRead(parsed.CertificationData, out var certificates, out _))
        {
            return query;
        }

        var leaf = certificates.Find(c => SgxExtension.Read(c, platformCa: false, out _, out _).Length == 0);
        return leaf is null ? query : query.For(leaf);
    }

    /// <summary>The query with what a PCK certificate says of its platform.</summary>
    internal DcapCollateralQuery For(Certificate pck) =>
        SgxExtension.Read(pck, platformCa: false, out var platform, out _).Length == 0
            ? this with
            {
                Fmspc = Convert.ToHexStringLower(platform!.Fmspc),
                PlatformCa = pck.IssuerCommonName == PckChain.PlatformCaName,
            }
            : this;
}
