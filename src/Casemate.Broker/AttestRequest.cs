using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Casemate.Attestation.ConfidentialContainers;
using Casemate.Primitives.Jose;
using Casemate.Primitives.Json;

namespace Casemate.Broker;

/// <summary>The request that ends a handshake, read but not verified.</summary>
internal sealed class AttestRequest : IDisposable
{
    private readonly JsonDocument _document;
    private readonly string _nonce;
    private readonly string _additionalEvidence;

    private AttestRequest(
        JsonDocument document, string nonce, JsonElement teePublicKey, JsonElement primaryEvidence, string additionalEvidence,
        InitData? initData)
    {
        (_document, _nonce, _additionalEvidence) = (document, nonce, additionalEvidence);
        (TeePublicKey, PrimaryEvidence, InitData) = (teePublicKey, primaryEvidence, initData);
    }

    /// <summary>The workload's key as sent: every member counts in the hash.</summary>
    public JsonElement TeePublicKey { get; }

    /// <summary>The evidence as sent.</summary>
    public JsonElement PrimaryEvidence { get; }

    /// <summary>The init data; null when none was sent.</summary>
    public InitData? InitData { get; }

    /// <summary>Reads a request.</summary>
    /// <param name="json">The request.</param>
    /// <param name="request">The result, to be disposed; or null.</param>
    /// <param name="error">What is wrong, naming the member; null after success.</param>
    public static bool TryRead(
        ReadOnlyMemory<byte> json, [NotNullWhen(true)] out AttestRequest? request, [NotNullWhen(false)] out string? error)
    {
        request = null;
        if (!StrictJson.TryParse(json, out var document, out error))
        {
            return false;
        }

        error = Read(document, out request);
        if (error is not null || request is null)
        {
            error ??= "it is incomplete";
            document.Dispose();
            return false;
        }

        return true;
    }

    /// <summary>Whether the client answers this nonce; takes equally long for every other one.</summary>
    public bool HasNonce(string nonce) =>
        CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(_nonce), Encoding.UTF8.GetBytes(nonce));

    /// <summary>What the evidence must bind.</summary>
    public byte[] Digest() => KbsRuntimeData.Digest(_nonce, TeePublicKey, _additionalEvidence);

    /// <summary>Gives the parsed text back.</summary>
    public void Dispose() => _document.Dispose();

    private static string? Read(JsonDocument document, out AttestRequest? request)
    {
        request = null;
        var root = document.RootElement;
        if (!TryObject(root, "runtime-data", out var runtimeData) || !TryObject(root, "tee-evidence", out var teeEvidence))
        {
            return "runtime-data and tee-evidence must be JSON objects";
        }

        if (!runtimeData.TryGetProperty("nonce", out var nonce) || nonce.ValueKind is not JsonValueKind.String)
        {
            return "runtime-data: nonce is missing or not a string";
        }

        if (!runtimeData.TryGetProperty("tee-pubkey", out var key))
        {
            return "runtime-data: tee-pubkey is missing";
        }

        if (!Jwk.TryRead(key, out var jwk, out var error) || !Jwe.CanEncryptTo(jwk, out error))
        {
            return $"runtime-data: tee-pubkey: {error}";
        }

        if (CanonicalProblem(key) is { } problem)
        {
            return $"runtime-data: tee-pubkey: {problem}";
        }

        if (!TryObject(teeEvidence, "primary_evidence", out var primary))
        {
            return "tee-evidence: primary_evidence must be a JSON object";
        }

        var additional = "";
        if (teeEvidence.TryGetProperty("additional_evidence", out var value))
        {
            if (value.ValueKind is not JsonValueKind.String)
            {
                return "tee-evidence: additional_evidence is not a string";
            }

            additional = value.GetString()!;
            if (additional.Length > 0)
            {
                return "tee-evidence: additional_evidence: evidence of further devices is not verified by this version; send \"\"";
            }
        }

        var initDataError = ReadInitData(root, out var initData);
        if (initDataError is null)
        {
            request = new AttestRequest(document, nonce.GetString()!, key, primary, additional, initData);
        }

        return initDataError;
    }

    private static string? ReadInitData(JsonElement root, out InitData? initData)
    {
        initData = null;
        if (!root.TryGetProperty("init-data", out var element) || element.ValueKind is JsonValueKind.Null)
        {
            return null;
        }

        if (element.ValueKind is not JsonValueKind.Object
            || !element.TryGetProperty("format", out var format) || format.ValueKind is not JsonValueKind.String
            || !element.TryGetProperty("body", out var body) || body.ValueKind is not JsonValueKind.String)
        {
            return "init-data: format and body must be strings";
        }

        return InitData.TryRead(format.GetString()!, body.GetString()!, out initData, out var error) ? null : error;
    }

    // A number beyond a double, say, has no canonical form; found here, it is the client's mistake and not an exception later.
    private static string? CanonicalProblem(JsonElement key)
    {
        try
        {
            _ = CanonicalJson.Write(key);
            return null;
        }
        catch (CanonicalJsonException e)
        {
            return e.Message;
        }
    }

    private static bool TryObject(JsonElement element, string name, out JsonElement value)
    {
        value = default;
        return element.ValueKind is JsonValueKind.Object && element.TryGetProperty(name, out value)
            && value.ValueKind is JsonValueKind.Object;
    }
}
