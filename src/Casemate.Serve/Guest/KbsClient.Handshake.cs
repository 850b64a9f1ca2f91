using System.Buffers;
using System.Security.Cryptography;
using System.Text.Json;
using Casemate.Primitives.Json;
using Casemate.Primitives.Text;
using Casemate.Quoting;

namespace Casemate.Serve.Guest;

/// <content>The handshake: request, challenge, attestation, response.</content>
public sealed partial class KbsClient
{
    private const int MaximumAnswer = 256 * 1024;

    private async Task<KbsToken> HandshakeAsync(CancellationToken cancellationToken)
    {
        var start = _time.GetTimestamp();
        var challenge = await SendAsync(HttpMethod.Post, "auth", AuthRequest(), MaximumAnswer, cancellationToken);
        var (nonce, hash) = ReadChallenge(challenge);
        var runtimeData = RuntimeData(nonce);
        var evidence = await MakeEvidenceAsync(Bind(nonce, hash), cancellationToken);
        var answer = await SendAsync(HttpMethod.Post, "attest", AttestRequest(runtimeData, evidence), MaximumAnswer, cancellationToken);
        var token = ReadToken(answer);
        GuestApiLog.Attested(_logger, _base, _evidence.Tee, _time.GetElapsedTime(start).TotalMilliseconds);
        return token;
    }

    private async Task<ReadOnlyMemory<byte>> MakeEvidenceAsync(byte[] reportData, CancellationToken cancellationToken)
    {
        try
        {
            return await _evidence.GetEvidenceAsync(reportData, cancellationToken);
        }
        catch (EvidenceProviderException exception)
        {
            throw new KbsClientException(KbsClientError.NoEvidence, $"no evidence for the broker: {exception.Message}", exception);
        }
    }

    private ReadOnlyMemory<byte> AuthRequest() => WriteJson(json =>
    {
        json.WriteStartObject();
        json.WriteString("version", ProtocolVersion);
        json.WriteString("tee", _evidence.Tee);
        json.WriteStartObject("extra-params");
        json.WriteStartArray("supported-hash-algorithms");
        json.WriteStringValue("sha256");
        json.WriteStringValue("sha384");
        json.WriteStringValue("sha512");
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndObject();
    });

    private ReadOnlyMemory<byte> RuntimeData(string nonce) => WriteJson(json =>
    {
        json.WriteStartObject();
        json.WriteString("nonce", nonce);
        json.WritePropertyName("tee-pubkey");
        _key.WritePublicKey(json);
        json.WriteEndObject();
    });

    private static ReadOnlyMemory<byte> AttestRequest(ReadOnlyMemory<byte> runtimeData, ReadOnlyMemory<byte> evidence) => WriteJson(json =>
    {
        json.WriteStartObject();
        json.WritePropertyName("runtime-data");
        json.WriteRawValue(runtimeData.Span);
        json.WriteStartObject("tee-evidence");
        json.WritePropertyName("primary_evidence");
        json.WriteRawValue(evidence.Span);
        json.WriteString("additional_evidence", "");
        json.WriteEndObject();
        json.WriteEndObject();
    });

    // What the evidence carries: the digest of the canonical JSON of nonce, key and additional evidence (none), then zeros.
    private byte[] Bind(string nonce, HashAlgorithmName hash)
    {
        var bound = CanonicalJson.Write(WriteJson(json =>
        {
            json.WriteStartObject();
            json.WriteString("additional-evidence", "");
            json.WriteString("nonce", nonce);
            json.WritePropertyName("tee-pubkey");
            _key.WritePublicKey(json);
            json.WriteEndObject();
        }));
        var reportData = new byte[64];
        CryptographicOperations.HashData(hash, bound, reportData);
        return reportData;
    }

    private static (string Nonce, HashAlgorithmName Hash) ReadChallenge(ReadOnlyMemory<byte> answer)
    {
        using var document = ParseAnswer(answer, "challenge");
        var root = document.RootElement;
        var nonce = TextOf(root, "nonce", "challenge");

        // Absent, an empty text or an object without the member all mean the default.
        if (root.TryGetProperty("extra-params", out var extra) && extra.ValueKind is JsonValueKind.Object
            && extra.TryGetProperty("selected-hash-algorithm", out _))
        {
            var name = TextOf(extra, "selected-hash-algorithm", "challenge");
            return (nonce, name.ToLowerInvariant() switch
            {
                "sha256" => HashAlgorithmName.SHA256,
                "sha384" => HashAlgorithmName.SHA384,
                "sha512" => HashAlgorithmName.SHA512,
                _ => throw Malformed("the challenge selects a hash algorithm that does not exist"),
            });
        }

        return (nonce, HashAlgorithmName.SHA384);
    }

    private KbsToken ReadToken(ReadOnlyMemory<byte> answer)
    {
        using var document = ParseAnswer(answer, "answer to the evidence");
        var jwt = TextOf(document.RootElement, "token", "answer to the evidence");
        return new KbsToken(jwt, ExpiryOf(jwt), _key.ExportPem());
    }

    private static DateTimeOffset ExpiryOf(string jwt)
    {
        // Header.payload.signature; the payload's exp is in seconds since 1970. A later end than year 9999 is no end.
        var parts = jwt.Split('.');
        if (parts.Length != 3 || !Base64UrlText.TryDecode(parts[1], out var claims))
        {
            throw Malformed("the token is not a signed JWT");
        }

        using var payload = ParseAnswer(claims, "token");
        return payload.RootElement.ValueKind is JsonValueKind.Object
            && payload.RootElement.TryGetProperty("exp", out var exp)
            && exp.ValueKind is JsonValueKind.Number
            && exp.TryGetInt64(out var seconds)
            && seconds is >= 0 and <= 253_402_300_799
            ? DateTimeOffset.FromUnixTimeSeconds(seconds)
            : throw Malformed("the token does not say when it ends");
    }

    private static JsonDocument ParseAnswer(ReadOnlyMemory<byte> answer, string what) =>
        StrictJson.TryParse(answer, out var document, out var error) ? document : throw Malformed($"the {what} is not JSON: {error}");

    private static string TextOf(JsonElement element, string name, string what) =>
        element.ValueKind is JsonValueKind.Object && element.TryGetProperty(name, out var value)
        && value.ValueKind is JsonValueKind.String && value.GetString() is { Length: > 0 } text
            ? text
            : throw Malformed($"the {what} lacks the text member '{name}'");

    private static KbsClientException Malformed(string message) =>
        new(KbsClientError.MalformedAnswer, $"the broker's answer is not usable: {message}");

    private static ReadOnlyMemory<byte> WriteJson(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(buffer))
        {
            write(json);
        }

        return buffer.WrittenMemory;
    }
}
