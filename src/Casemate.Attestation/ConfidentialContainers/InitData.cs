using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Casemate.Primitives.Json;
using Casemate.Primitives.Toml;

namespace Casemate.Attestation.ConfidentialContainers;

/// <summary>
/// Configuration that the host gives to a guest and that the hardware measures: its digest is HOST_DATA (SEV-SNP), MRCONFIGID (TDX)
/// or CONFIGID (SGX). Source: Confidential Containers, initdata specification 0.1.0.
/// </summary>
public sealed class InitData
{
    /// <summary>The largest document that is read, in bytes of UTF-8.</summary>
    public const int MaxSize = 512 * 1024;

    private const string PolicyMarker = "policy_data := ";

    private readonly byte[] _digest;

    private InitData(string algorithm, byte[] digest, JsonObject claims) => (Algorithm, _digest, Claims) = (algorithm, digest, claims);

    /// <summary>The digest's algorithm as the document names it: <c>sha256</c>, <c>sha384</c> or <c>sha512</c>.</summary>
    public string Algorithm { get; }

    /// <summary>
    /// The <c>[data]</c> table as claims: <c>aa.toml</c> and <c>cdh.toml</c> as JSON, <c>policy.rego</c> replaced by
    /// <c>agent_policy_claims</c> (its <c>policy_data</c>), everything else as text. Trust it only if <see cref="IsBoundTo"/>.
    /// </summary>
    public JsonObject Claims { get; }

    /// <summary>Reads the document and computes its digest.</summary>
    /// <param name="format">The format that the guest named; only <c>toml</c> is known.</param>
    /// <param name="body">The document, exactly as the guest received it: the digest covers every byte.</param>
    /// <param name="initData">The result, or null.</param>
    /// <param name="error">What is wrong; null after success.</param>
    public static bool TryRead(
        string format, string body, [NotNullWhen(true)] out InitData? initData, [NotNullWhen(false)] out string? error)
    {
        initData = null;
        if (format != "toml")
        {
            error = "init-data: the format is not toml";
            return false;
        }

        if (Encoding.UTF8.GetByteCount(body) > MaxSize)
        {
            error = $"init-data: the body is longer than {MaxSize} bytes";
            return false;
        }

        if (!TomlDocument.TryParse(body, out var document, out var problem))
        {
            error = $"init-data: {problem}";
            return false;
        }

        var bytes = Encoding.UTF8.GetBytes(body);
        var algorithm = Text(document["algorithm"]);
        var digest = algorithm switch
        {
            "sha256" => SHA256.HashData(bytes),
            "sha384" => SHA384.HashData(bytes),
            "sha512" => SHA512.HashData(bytes),
            _ => null,
        };
        if (digest is null)
        {
            error = "init-data: algorithm is none of sha256, sha384 and sha512";
            return false;
        }

        error = null;
        initData = new InitData(algorithm!, digest, ReadClaims(document["data"] as JsonObject));
        return true;
    }

    /// <summary>Whether evidence carries this document's digest.</summary>
    /// <param name="measured">
    /// The field of the evidence. A shorter digest is followed by zeros there, a longer one is cut off, as guests' runtimes do it.
    /// </param>
    public bool IsBoundTo(ReadOnlySpan<byte> measured)
    {
        var expected = new byte[measured.Length];
        _digest.AsSpan(0, Math.Min(_digest.Length, expected.Length)).CopyTo(expected);
        return CryptographicOperations.FixedTimeEquals(expected, measured);
    }

    /// <summary>
    /// Whether a PCR of a virtual TPM carries this document's digest: extended once, from zero. Guests on Azure do that with PCR 8, and
    /// only with documents of the algorithm <c>sha256</c>, since a PCR takes no other digest.
    /// </summary>
    /// <param name="pcr">The SHA-256 PCR; anything but 32 bytes carries nothing.</param>
    public bool IsExtendedInto(ReadOnlySpan<byte> pcr)
    {
        if (pcr.Length != SHA256.HashSizeInBytes || _digest.Length != SHA256.HashSizeInBytes)
        {
            return false;
        }

        Span<byte> extended = stackalloc byte[2 * SHA256.HashSizeInBytes];
        extended[..SHA256.HashSizeInBytes].Clear();
        _digest.CopyTo(extended[SHA256.HashSizeInBytes..]);
        return CryptographicOperations.FixedTimeEquals(SHA256.HashData(extended), pcr);
    }

    private static JsonObject ReadClaims(JsonObject? data)
    {
        var claims = new JsonObject();
        foreach (var (name, value) in data ?? [])
        {
            if (Text(value) is not { } text)
            {
                continue;
            }

            if (name is "aa.toml" or "cdh.toml" && TomlDocument.TryParse(text, out var table, out _))
            {
                claims[name] = table;
            }
            else if (name is "policy.rego")
            {
                claims["agent_policy_claims"] = ReadPolicyData(text);
            }
            else
            {
                claims[name] = text;
            }
        }

        return claims;
    }

    private static JsonNode? ReadPolicyData(string policy)
    {
        var at = policy.IndexOf(PolicyMarker, StringComparison.Ordinal);
        if (at < 0)
        {
            return null;
        }

        // The value ends where JSON ends; what follows is the rest of the policy.
        var rest = Encoding.UTF8.GetBytes(policy[(at + PolicyMarker.Length)..]);
        var reader = new Utf8JsonReader(rest, new JsonReaderOptions { MaxDepth = StrictJson.DefaultMaxDepth, AllowMultipleValues = true });
        try
        {
            if (!reader.Read() || !reader.TrySkip())
            {
                return null;
            }
        }
        catch (JsonException)
        {
            return null;
        }

        return StrictJson.TryParse(rest.AsMemory(0, (int)reader.BytesConsumed), out var document, out _) ? Own(document) : null;
    }

    private static JsonNode? Own(JsonDocument document)
    {
        using (document)
        {
            return JsonNode.Parse(document.RootElement.GetRawText());
        }
    }

    private static string? Text(JsonNode? node) => node is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;
}
