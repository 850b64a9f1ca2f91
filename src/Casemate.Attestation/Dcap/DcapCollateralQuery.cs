using Casemate.Attestation.Pki;
using Casemate.Attestation.Sgx;

namespace Casemate.Attestation.Dcap;

/// <summary>Which collateral a quote needs. Made from unverified bytes: good for a look-up, for nothing else.</summary>
/// <param name="Tee">SGX or TDX: the two have TCB infos and QE identities of their own.</param>
/// <param name="Fmspc">FMSPC, 6 bytes as 12 lower-case hex digits; empty when the quote carries no PCK certificate.</param>
/// <param name="PlatformCa">True for the PCK Platform CA, false for the Processor CA: names the PCK CRL.</param>
public sealed record DcapCollateralQuery(Tee Tee, string Fmspc, bool PlatformCa)
{
    /// <summary>Reads the query from a quote; null when the bytes are no quote.</summary>
    /// <param name="quote">The quote, any supported version.</param>
    public static DcapCollateralQuery? TryCreate(ReadOnlySpan<byte> quote)
    {
        if (Quote.TryRead(quote, out var parsed, out _) is not QuoteError.None)
        {
            return null;
        }

        var carriesCertificate = parsed.CertificationDataType is CertificationDataType.PckChain or CertificationDataType.PckLeaf;
        if (!carriesCertificate || !PemCertificates.TryRead(parsed.CertificationData, out var certificates, out _))
        {
            return new DcapCollateralQuery(parsed.Tee, "", PlatformCa: false);
        }

        foreach (var certificate in certificates)
        {
            if (SgxExtension.Read(certificate, platformCa: false, out var platform, out _).Length == 0)
            {
                return new DcapCollateralQuery(
                    parsed.Tee, Convert.ToHexStringLower(platform!.Fmspc), certificate.IssuerCommonName == PckChain.PlatformCaName);
            }
        }

        return new DcapCollateralQuery(parsed.Tee, "", PlatformCa: false);
    }
}
