using System.Text.Json;

namespace Casemate.Collateral;

/// <summary>
/// Signed documents in the form of the provisioning service: <c>{"tcbInfo":{…},"signature":"hex"}</c> and
/// <c>{"enclaveIdentity":{…},"signature":"hex"}</c>. Source: Intel PCS API v3 and v4.
/// </summary>
internal static class SignedJson
{
    // 'qeIdentity' is the retired first version; it is passed on so that the verifier can say so.
    private static readonly (string Member, DocumentKind Kind)[] Bodies =
    [
        ("tcbInfo", DocumentKind.TcbInfo),
        ("enclaveIdentity", DocumentKind.QeIdentity),
        ("qeIdentity", DocumentKind.QeIdentity),
    ];

    /// <summary>Whether an object has the members of a signed document.</summary>
    public static bool IsSignedDocument(JsonElement root) =>
        root.TryGetProperty("signature", out _) && Bodies.Any(body => root.TryGetProperty(body.Member, out _));

    /// <summary>Reads the signed list of generations: <c>{"tcbEvaluationDataNumbers":{…},"signature":"hex"}</c>.</summary>
    /// <exception cref="MalformedInputException">A member is missing or of the wrong type.</exception>
    public static DocumentPiece ReadEvaluationNumbers(JsonElement root, string location)
    {
        const string member = "tcbEvaluationDataNumbers";
        if (!root.TryGetProperty(member, out var body) || body.ValueKind is not JsonValueKind.Object)
        {
            throw new MalformedInputException(location, $"the member '{member}' is missing, or not an object");
        }

        var signature = JsonInput.RequireHex(root, "signature", location);
        return DocumentPiece.Create(
            DocumentKind.TcbEvaluationNumbers, body, JsonInput.ExactBytes(body), signature, null, location);
    }

    /// <summary>Reads one signed document.</summary>
    /// <exception cref="MalformedInputException">A member is missing or of the wrong type.</exception>
    public static DocumentPiece Read(JsonElement root, string location)
    {
        foreach (var (member, kind) in Bodies)
        {
            if (root.TryGetProperty(member, out var body))
            {
                if (body.ValueKind is not JsonValueKind.Object)
                {
                    throw new MalformedInputException(location, $"the member '{member}' is not an object");
                }

                var signature = JsonInput.RequireHex(root, "signature", location);
                return DocumentPiece.Create(kind, body, JsonInput.ExactBytes(body), signature, null, location);
            }
        }

        throw new MalformedInputException(location, "holds neither 'tcbInfo' nor 'enclaveIdentity'");
    }
}
