using System.Globalization;
using System.Text.Json;
using Casemate.Attestation;

namespace Casemate.Collateral;

/// <summary>A signed JSON document as far as sorting needs it. Nothing of it is verified here.</summary>
internal sealed record DocumentPiece
{
    public required DocumentKind Kind { get; init; }

    /// <summary>The kind of TEE that the document is for; null for identities of other enclaves, which are never needed.</summary>
    public required Tee? Tee { get; init; }

    /// <summary>FMSPC in lower-case hex; empty for a QE identity and where the member is missing.</summary>
    public required string Fmspc { get; init; }

    public required DateTimeOffset Issued { get; init; }

    public required DateTimeOffset NextUpdate { get; init; }

    /// <summary>The signed bytes, exactly as received.</summary>
    public required ReadOnlyMemory<byte> Body { get; init; }

    public required ReadOnlyMemory<byte> Signature { get; init; }

    /// <summary>The signer's chain, when it came with the document; null when it must be found among the certificates.</summary>
    public ReadOnlyMemory<byte>? IssuerChainPem { get; init; }

    public required string Location { get; init; }

    /// <summary>
    /// Looks into a document's body for what it is about. A member that is missing or of the wrong type leaves its default: the
    /// verifier names such faults, with the rules of the format.
    /// </summary>
    public static DocumentPiece Create(
        DocumentKind kind, JsonElement body, ReadOnlyMemory<byte> bytes, ReadOnlyMemory<byte> signature,
        ReadOnlyMemory<byte>? issuerChainPem, string location)
    {
        var id = JsonInput.TextOrEmpty(body, "id");
        return new DocumentPiece
        {
            Kind = kind,
            Tee = kind switch
            {
                DocumentKind.TcbInfo => id is "TDX" ? Attestation.Tee.Tdx : Attestation.Tee.Sgx,
                _ => id switch { "TD_QE" => Attestation.Tee.Tdx, "QE" or "" => Attestation.Tee.Sgx, _ => null },
            },
            Fmspc = kind is DocumentKind.TcbInfo ? JsonInput.TextOrEmpty(body, "fmspc").ToLowerInvariant() : "",
            Issued = Instant(body, "issueDate"),
            NextUpdate = Instant(body, "nextUpdate"),
            Body = bytes,
            Signature = signature,
            IssuerChainPem = issuerChainPem,
            Location = location,
        };
    }

    private static DateTimeOffset Instant(JsonElement body, string name) =>
        DateTimeOffset.TryParseExact(
            JsonInput.TextOrEmpty(body, name), "yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal,
            out var instant)
            ? instant
            : default;
}
