using System.Text;
using Casemate.Attestation.Pki;
using Casemate.Attestation.Snp;
using Casemate.Primitives.Asn1;

namespace Casemate.Collateral;

/// <summary>
/// A VCEK or VLEK certificate with what its extensions say of chip and TCB, for look-up only. Source: AMD 57230, section 3.
/// </summary>
internal sealed record VekPiece(CertificatePiece Piece, SnpSigner Signer, SnpProduct? Product, string ChipId, string Tcb)
{
    // 1.3.6.1.4.1.3704.1
    private static ReadOnlySpan<byte> Arc => [0x2B, 0x06, 0x01, 0x04, 0x01, 0x9C, 0x78, 0x01];

    /// <summary>Reads a certificate that is a VCEK or VLEK by its common name; null for any other.</summary>
    public static VekPiece? TryCreate(CertificatePiece piece)
    {
        SnpSigner signer;
        switch (piece.Name)
        {
            case "SEV-VCEK":
                signer = SnpSigner.Vcek;
                break;
            case "SEV-VLEK":
                signer = SnpSigner.Vlek;
                break;
            default:
                return null;
        }

        var certificate = piece.Certificate;
        var product = ProductOf(certificate);
        var tcb = new SnpTcb(
            product is SnpProduct.Turin ? Svn(certificate, 9) : null,
            Svn(certificate, 1), Svn(certificate, 2), Svn(certificate, 3), Svn(certificate, 8));
        Span<byte> encoded = stackalloc byte[8];
        tcb.Encode(encoded, product ?? SnpProduct.Milan);
        var chipId = certificate.TryGetExtension([.. Arc, 0x04], out var hardwareId) ? Convert.ToHexStringLower(hardwareId) : "";
        return new VekPiece(piece, signer, product, chipId, Convert.ToHexStringLower(encoded));
    }

    /// <summary>Whether this key can have signed the report that the query was made from.</summary>
    public bool Answers(SnpEndorsementQuery query) =>
        Signer == query.Signer
        && (query.Product is null || Product == query.Product)
        && Tcb == query.ReportedTcb
        && (Signer is SnpSigner.Vlek || query.ChipId.Length == 0 || ChipIdOf(query) == ChipId);

    // A report of version 2 does not name its product, so its chip id may come in the long form for a short hardware id.
    private string ChipIdOf(SnpEndorsementQuery query) =>
        query.ChipId.Length > ChipId.Length && query.ChipId.AsSpan(ChipId.Length).IndexOfAnyExcept('0') < 0
            ? query.ChipId[..ChipId.Length]
            : query.ChipId;

    // The product name extension (.1.2) is 'Milan-B0', 'Genoa' and so on; the issuer's name is the fallback for damaged ones.
    private static SnpProduct? ProductOf(Certificate certificate)
    {
        var name = certificate.TryGetExtension([.. Arc, 0x02], out var value)
            && new DerReader(value).TryRead(DerTag.Ia5String, out var text)
            ? Encoding.Latin1.GetString(text)
            : certificate.IssuerCommonName[(certificate.IssuerCommonName.LastIndexOf('-') + 1)..];
        return Enum.GetValues<SnpProduct>().Cast<SnpProduct?>().FirstOrDefault(
            product => name.StartsWith(product!.Value.ToString(), StringComparison.Ordinal));
    }

    // .1.3.N: security version number of one component, INTEGER 0-255.
    private static byte Svn(Certificate certificate, byte component) =>
        certificate.TryGetExtension([.. Arc, 0x03, component], out var value)
            && new DerReader(value).TryReadUInt32(DerTag.Integer, 255, out var svn)
            ? (byte)svn
            : (byte)0;
}
