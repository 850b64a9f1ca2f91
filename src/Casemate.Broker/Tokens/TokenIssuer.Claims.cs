using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Casemate.Attestation.ConfidentialContainers;
using Casemate.Primitives.Jose;
using Casemate.Primitives.Json;

namespace Casemate.Broker;

public sealed partial class TokenIssuer
{
    private const string Submodule = "cpu0";
    private const string AnnotatedEvidence = "ear.veraison.annotated-evidence";
    private const string RuntimeData = "runtime_data_claims";
    private const string TeeKey = "tee-pubkey";
    private const int MaxDepth = 48;

    // Clocks of replicas differ a little; a token from the far future is a mistake or a lie.
    private static readonly TimeSpan ClockTolerance = TimeSpan.FromMinutes(1);

    private void WritePayload(Utf8JsonWriter writer, TokenSubject subject, string id, long issuedAt, long expires)
    {
        writer.WriteString("eat_profile"u8, Profile);
        writer.WriteString("iss"u8, Options.Issuer);
        writer.WriteNumber("iat"u8, issuedAt);
        writer.WriteNumber("exp"u8, expires);
        writer.WriteString("jti"u8, id);
        writer.WriteStartObject("ear.verifier-id"u8);
        writer.WriteString("build"u8, Build);
        writer.WriteString("developer"u8, "Casemate"u8);
        writer.WriteEndObject();
        WriteSimulated(writer, subject);
        writer.WriteStartObject("submods"u8);
        writer.WriteStartObject(Submodule);
        writer.WriteString("ear.status"u8, subject.TrustVector.Status);
        writer.WritePropertyName("ear.trustworthiness-vector"u8);
        subject.TrustVector.WriteTo(writer);
        writer.WriteString("ear.appraisal-policy-id"u8, subject.PolicyName);
        WriteSimulated(writer, subject);
        writer.WriteStartObject(AnnotatedEvidence);
        writer.WriteStartObject(subject.Tee);
        subject.WriteEvidence(writer);
        writer.WriteEndObject();
        writer.WriteString("report_data"u8, Convert.ToHexStringLower(subject.ReportData.Span));
        if (subject.InitDataClaims is not null)
        {
            writer.WriteString("init_data"u8, Convert.ToHexStringLower(subject.InitData.Span));
            writer.WritePropertyName("init_data_claims"u8);
            subject.InitDataClaims.WriteTo(writer);
        }

        writer.WriteStartObject(RuntimeData);
        writer.WriteString("nonce"u8, subject.Nonce);
        writer.WritePropertyName(TeeKey);
        writer.WriteRawValue(subject.TeePublicKey.Span);
        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static string Build { get; } = $"casemate {typeof(TokenIssuer).Assembly.GetName().Version?.ToString(3) ?? "0.0.0"}";

    private static void WriteSimulated(Utf8JsonWriter writer, TokenSubject subject)
    {
        if (subject.Simulated)
        {
            writer.WriteBoolean("simulated"u8, true);
        }
    }

    private bool TryReadPayload(
        byte[] payload, DateTimeOffset now, [NotNullWhen(true)] out VerifiedToken? verified, [NotNullWhen(false)] out string? error)
    {
        verified = null;
        if (!StrictJson.TryParse(payload, out var document, out error, MaxDepth))
        {
            return false;
        }

        using (document)
        {
            error = ReadPayload(document.RootElement, now, out verified);
            return error is null && verified is not null;
        }
    }

    // The signature is ours, so the content is too; it is read as strictly as foreign content all the same, because a key can leak
    // into another issuer's hands or an older version may have written something else.
    private string? ReadPayload(JsonElement root, DateTimeOffset now, out VerifiedToken? verified)
    {
        verified = null;
        if (Text(root, "eat_profile") != Profile || Text(root, "iss") != Options.Issuer)
        {
            return "the token is of another profile or issuer";
        }

        if (!TryNumber(root, "iat", out var issuedAt) || !TryNumber(root, "exp", out var expires) || Text(root, "jti") is not { } id)
        {
            return "the token lacks iat, exp or jti";
        }

        var seconds = now.ToUnixTimeSeconds();
        if (seconds >= expires)
        {
            return "the token has expired";
        }

        if (issuedAt > seconds + (long)ClockTolerance.TotalSeconds)
        {
            return "the token is not valid yet";
        }

        if (!TryObject(root, "submods", out var submodules) || !TryObject(submodules, Submodule, out var cpu)
            || !TryObject(cpu, AnnotatedEvidence, out var evidence) || !TryObject(evidence, RuntimeData, out var runtimeData)
            || !runtimeData.TryGetProperty(TeeKey, out var key) || !Jwk.TryRead(key, out var jwk, out _))
        {
            return "the token carries no workload key";
        }

        var tee = KbsTee.Known.FirstOrDefault(name => evidence.TryGetProperty(name, out _));
        if (tee is null)
        {
            return "the token names no TEE";
        }

        var simulated = root.TryGetProperty("simulated", out var flag) && flag.ValueKind is not JsonValueKind.False;
        verified = new VerifiedToken(id, tee, simulated, jwk, DateTimeOffset.FromUnixTimeSeconds(expires));
        return null;
    }

    private static string? Text(JsonElement element, string name) =>
        element.ValueKind is JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.String
            ? value.GetString()
            : null;

    private static bool TryNumber(JsonElement element, string name, out long number)
    {
        number = 0;
        return element.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.Number && value.TryGetInt64(out number)
            && number is > 0 and < 253_402_300_800;
    }

    private static bool TryObject(JsonElement element, string name, out JsonElement value) =>
        element.TryGetProperty(name, out value) && value.ValueKind is JsonValueKind.Object;
}
