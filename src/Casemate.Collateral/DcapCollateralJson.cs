using System.Text;
using System.Text.Json;
using Casemate.Attestation.Dcap;
using Casemate.Attestation.Pki;

namespace Casemate.Collateral;

/// <summary>
/// SGX and TDX collateral as one JSON object with the member names that the dcap-qvl project uses: issuer chains as PEM, signed
/// documents as the text that was signed, signatures and revocation lists as hex.
/// </summary>
public static class DcapCollateralJson
{
    private const string PckCrlIssuerChain = "pck_crl_issuer_chain";
    private const string RootCaCrl = "root_ca_crl";
    private const string PckCrl = "pck_crl";
    private const string TcbInfoIssuerChain = "tcb_info_issuer_chain";
    private const string TcbInfo = "tcb_info";
    private const string TcbInfoSignature = "tcb_info_signature";
    private const string QeIdentityIssuerChain = "qe_identity_issuer_chain";
    private const string QeIdentity = "qe_identity";
    private const string QeIdentitySignature = "qe_identity_signature";
    private const string PckCertificateChain = "pck_certificate_chain";

    /// <summary>Whether an object has the members of this form.</summary>
    internal static bool IsDcapCollateral(JsonElement root) =>
        root.TryGetProperty(TcbInfo, out _) || root.TryGetProperty(QeIdentity, out _);

    /// <summary>Writes collateral as one JSON object.</summary>
    /// <param name="json">The writer, where a value may stand.</param>
    /// <param name="collateral">Collateral whose bodies are UTF-8 text, as everything that a provisioning service signs.</param>
    public static void Write(Utf8JsonWriter json, DcapCollateral collateral)
    {
        ArgumentNullException.ThrowIfNull(json);
        ArgumentNullException.ThrowIfNull(collateral);
        json.WriteStartObject();
        json.WriteString(RootCaCrl, HexOfCrl(collateral.RootCaCrl, RootCaCrl));
        json.WriteString(PckCrl, HexOfCrl(collateral.PckCrl, PckCrl));
        WriteDocument(json, collateral.TcbInfo, TcbInfo, TcbInfoSignature, TcbInfoIssuerChain);
        WriteDocument(json, collateral.QeIdentity, QeIdentity, QeIdentitySignature, QeIdentityIssuerChain);
        if (collateral.PckCertificateChainPem is { } chain)
        {
            json.WriteString(PckCertificateChain, chain.Span);
        }

        json.WriteEndObject();
    }

    /// <summary>Reads every piece of an object of this form.</summary>
    /// <exception cref="MalformedInputException">A member is missing, of the wrong type, or not what its name says.</exception>
    internal static void Read(JsonElement root, string location, CollateralPieces pieces)
    {
        pieces.Add(ReadDocument(root, DocumentKind.TcbInfo, TcbInfo, TcbInfoSignature, TcbInfoIssuerChain, location));
        pieces.Add(ReadDocument(root, DocumentKind.QeIdentity, QeIdentity, QeIdentitySignature, QeIdentityIssuerChain, location));
        pieces.Add(ReadCrl(root, RootCaCrl, location));
        pieces.Add(ReadCrl(root, PckCrl, location));
        ReadChain(root, PckCrlIssuerChain, location, pieces);
        ReadChain(root, PckCertificateChain, location, pieces);
    }

    private static void WriteDocument(Utf8JsonWriter json, SignedDocument document, string body, string signature, string chain)
    {
        json.WriteString(chain, document.IssuerChainPem.Span);
        json.WriteString(body, document.Body.Span);
        json.WriteString(signature, Convert.ToHexStringLower(document.Signature.Span));
    }

    private static DocumentPiece ReadDocument(
        JsonElement root, DocumentKind kind, string bodyName, string signatureName, string chainName, string location)
    {
        if (!root.TryGetProperty(bodyName, out var member))
        {
            throw new MalformedInputException(location, $"the member '{bodyName}' is missing");
        }

        // The text of the document as a string, or the document itself: in both cases the bytes that were signed are at hand.
        var text = member.ValueKind is JsonValueKind.Object
            ? JsonInput.ExactBytes(member)
            : Encoding.UTF8.GetBytes(JsonInput.RequireString(root, bodyName, location));
        if (text.Length > CollateralLimits.JsonBytes)
        {
            throw new MalformedInputException(location, $"the member '{bodyName}' is larger than {CollateralLimits.JsonBytes / 1024} KiB");
        }

        using var body = JsonInput.ParseObject(text, $"{location}, member {bodyName}");
        var chain = JsonInput.RequireString(root, chainName, location);
        var signature = JsonInput.RequireHex(root, signatureName, location);
        return DocumentPiece.Create(kind, body.RootElement, text, signature, Encoding.UTF8.GetBytes(chain), location);
    }

    private static CrlPiece ReadCrl(JsonElement root, string name, string location)
    {
        var text = Encoding.UTF8.GetBytes(JsonInput.RequireString(root, name, location));
        var place = $"{location}, member {name}";
        var der = DecodeCrl(text, place);
        return CertificateRevocationList.TryParse(der, out var list, out var error)
            ? new CrlPiece(list!, der, place)
            : throw new MalformedInputException(place, $"is no usable revocation list: {error}");
    }

    private static void ReadChain(JsonElement root, string name, string location, CollateralPieces pieces)
    {
        if (JsonInput.OptionalString(root, name, location) is { Length: > 0 } chain)
        {
            FileSorter.SortPem(Encoding.UTF8.GetBytes(chain), $"{location}, member {name}", pieces);
        }
    }

    private static byte[] DecodeCrl(byte[] text, string location)
    {
        if (PemText.IsPem(text))
        {
            return PemText.Read(text, location)[0].Der;
        }

        return BinaryText.TryDecodeHex(text, out var der)
            ? der
            : throw new MalformedInputException(location, "is neither hex text nor PEM");
    }

    private static string HexOfCrl(ReadOnlyMemory<byte> crl, string name)
    {
        var der = BinaryText.IsText(crl.Span) ? DecodeCrl(crl.ToArray(), name) : crl.ToArray();
        return Convert.ToHexStringLower(der);
    }
}
