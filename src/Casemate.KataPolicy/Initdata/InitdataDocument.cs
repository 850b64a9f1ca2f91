using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Casemate.Primitives.Text;
using Casemate.Primitives.Toml;

namespace Casemate.KataPolicy.Initdata;

/// <summary>
/// An initdata document: what the host hands to a guest at its start, measured by digest. There is no canonical form: the digest is of
/// the exact text, so a document of somebody else's is never written anew. Source: Confidential Containers, initdata 0.1.0.
/// </summary>
public sealed class InitdataDocument
{
    /// <summary>The largest document that is read or written, in bytes.</summary>
    public const int MaxBytes = 4 * 1024 * 1024;

    /// <summary>The name of the policy among the data.</summary>
    public const string PolicyName = "policy.rego";

    /// <summary>The digest that fits every field: HOST_DATA of SEV-SNP is no longer.</summary>
    public const string DefaultAlgorithm = "sha256";

    private const string CurrentVersion = "0.1.0";

    private InitdataDocument(string text, string algorithm, string version, ImmutableSortedDictionary<string, string> data)
    {
        (Text, Algorithm, Version, Data) = (text, algorithm, version, data);
        Digest = [.. HashOf(algorithm, Encoding.UTF8.GetBytes(text))!];
    }

    /// <summary>The algorithms a document may name.</summary>
    public static ImmutableArray<string> Algorithms { get; } = ["sha256", "sha384", "sha512"];

    /// <summary>The document, exactly.</summary>
    public string Text { get; }

    /// <summary><c>sha256</c>, <c>sha384</c> or <c>sha512</c>.</summary>
    public string Algorithm { get; }

    /// <summary>The version of the format as the document states it.</summary>
    public string Version { get; }

    /// <summary>The texts by name, such as <c>policy.rego</c>, <c>aa.toml</c> and <c>cdh.toml</c>.</summary>
    public ImmutableSortedDictionary<string, string> Data { get; }

    /// <summary>The digest of the text by <see cref="Algorithm"/>.</summary>
    public ImmutableArray<byte> Digest { get; }

    /// <summary>Writes a new document: always the same text for the same data.</summary>
    /// <param name="algorithm">One of <see cref="Algorithms"/>.</param>
    /// <param name="data">The texts by name.</param>
    /// <exception cref="ArgumentException">The algorithm is none of them.</exception>
    public static InitdataDocument Create(string algorithm, IEnumerable<KeyValuePair<string, string>> data)
    {
        ArgumentNullException.ThrowIfNull(data);
        if (!Algorithms.Contains(algorithm))
        {
            throw new ArgumentException("the algorithm is none of sha256, sha384 and sha512", nameof(algorithm));
        }

        var sorted = data.ToImmutableSortedDictionary(StringComparer.Ordinal);
        var text = new StringBuilder($"algorithm = \"{algorithm}\"\nversion = \"{CurrentVersion}\"\n\n[data]\n");
        foreach (var (name, value) in sorted)
        {
            text.Append(TomlText.Key(name)).Append(" = ").Append(TomlText.String(value)).Append('\n');
        }

        return new InitdataDocument(text.ToString(), algorithm, CurrentVersion, sorted);
    }

    /// <summary>Reads a document.</summary>
    /// <param name="content">The document's bytes, exactly.</param>
    /// <param name="document">The document, or null.</param>
    /// <param name="error">What is wrong; null after success.</param>
    public static bool TryRead(
        ReadOnlySpan<byte> content, [NotNullWhen(true)] out InitdataDocument? document, [NotNullWhen(false)] out string? error)
    {
        document = null;
        if (content.Length > MaxBytes)
        {
            error = $"the document has more than {MaxBytes >> 20} MiB";
            return false;
        }

        string text;
        try
        {
            text = StrictUtf8.GetString(content);
        }
        catch (DecoderFallbackException)
        {
            error = "the document is not UTF-8";
            return false;
        }

        if (!TomlDocument.TryParse(text, MaxBytes, out var root, out error))
        {
            return false;
        }

        var algorithm = TextOf(root["algorithm"]);
        var version = TextOf(root["version"]);
        error = algorithm is null || !Algorithms.Contains(algorithm) ? "'algorithm' is none of \"sha256\", \"sha384\" and \"sha512\""
            : version is null ? "'version' is missing; write version = \"0.1.0\""
            : root["data"] is not JsonObject ? "the table [data] is missing"
            : null;
        if (error is not null)
        {
            return false;
        }

        var data = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in (JsonObject)root["data"]!)
        {
            if (TextOf(value) is not { } entry)
            {
                error = $"data entry '{Manifests.ShownText.Of(name)}' is no text; names with dots stand in quotes: \"{Manifests.ShownText.Of(name)}.toml\"";
                return false;
            }

            data[name] = entry;
        }

        error = null;
        document = new InitdataDocument(text, algorithm!, version!, data.ToImmutable());
        return true;
    }

    /// <summary>A new document with one text replaced or added, by the same algorithm.</summary>
    /// <param name="name">The name among the data.</param>
    /// <param name="value">The text.</param>
    public InitdataDocument With(string name, string value) => Create(Algorithm, Data.SetItem(name, value));

    internal static byte[]? HashOf(string algorithm, ReadOnlySpan<byte> bytes) => algorithm switch
    {
        "sha256" => SHA256.HashData(bytes),
        "sha384" => SHA384.HashData(bytes),
        "sha512" => SHA512.HashData(bytes),
        _ => null,
    };

    private static string? TextOf(JsonNode? node) => node is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;
}
