using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Casemate.Collateral.Store;
using Casemate.Primitives.Json;

namespace Casemate.Collateral.Bundle;

/// <summary>The manifest of a bundle: what the signature covers. It names every file with its hash.</summary>
/// <param name="Created">When the bundle was made.</param>
/// <param name="Signer">Fingerprint of the key that signs it; empty for a bundle without signature.</param>
/// <param name="Entries">The pieces, in the order of their keys' text; no key twice.</param>
internal sealed record BundleManifest(DateTimeOffset Created, string Signer, List<BundleManifestEntry> Entries)
{
    /// <summary>What the member <c>schema</c> says. Another number is another format.</summary>
    public const string Schema = "casemate/collateral-bundle/v1";

    private const int MaximumSourceLength = 512;
    private const string HexDigits = "0123456789abcdef";

    /// <summary>Writes it; the same manifest always gives the same bytes.</summary>
    public byte[] ToJson()
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(
            buffer, new JsonWriterOptions { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteString("schema", Schema);
            json.WriteString("created", Time(Created));
            WriteUnlessEmpty(json, "signer", Signer);
            json.WriteStartArray("entries");
            foreach (var entry in Entries)
            {
                json.WriteStartObject();
                json.WriteString("key", entry.Key.ToString());
                json.WriteString("file", entry.File);
                json.WriteString("sha256", entry.Sha256);
                WriteUnlessEmpty(json, "issuerChain", entry.ChainFile);
                WriteUnlessEmpty(json, "issuerChainSha256", entry.ChainSha256);
                json.WriteString("fetched", Time(entry.Fetched));
                json.WriteString("source", entry.Source.Length <= MaximumSourceLength ? entry.Source : entry.Source[..MaximumSourceLength]);
                WriteUnlessEmpty(json, "notBefore", entry.NotBefore is { } start ? Time(start) : "");
                WriteUnlessEmpty(json, "notAfter", entry.NotAfter is { } end ? Time(end) : "");
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Reads it; never throws on any input.</summary>
    public static bool TryRead(ReadOnlyMemory<byte> content, int maximumEntries, out BundleManifest? manifest, out string error)
    {
        manifest = null;
        if (!StrictJson.TryParse(content, out var document, out var notJson))
        {
            error = notJson;
            return false;
        }

        using (document)
        {
            var root = document.RootElement;
            var schema = JsonInput.TextOrEmpty(root, "schema");
            if (schema != Schema)
            {
                error = $"its schema is '{Upstream.UpstreamHttp.Clean(schema)}', not {Schema}";
                return false;
            }

            var signer = JsonInput.TextOrEmpty(root, "signer");
            if (!TryReadTime(root, "created", out var created) || created is null || !(signer.Length == 0 || IsHash(signer))
                || !root.TryGetProperty("entries", out var entries) || entries.ValueKind is not JsonValueKind.Array
                || entries.GetArrayLength() > maximumEntries)
            {
                error = string.Create(
                    CultureInfo.InvariantCulture,
                    $"its 'created', 'signer' or 'entries' (at most {maximumEntries}) is missing or malformed");
                return false;
            }

            var read = new List<BundleManifestEntry>(entries.GetArrayLength());
            foreach (var item in entries.EnumerateArray())
            {
                if (ReadEntry(item) is not { } entry)
                {
                    error = $"its entry {read.Count + 1} is malformed";
                    return false;
                }

                if (read.Count > 0 && string.CompareOrdinal(read[^1].Key.ToString(), entry.Key.ToString()) >= 0)
                {
                    error = $"its entry {read.Count + 1} is out of order, or there twice";
                    return false;
                }

                read.Add(entry);
            }

            error = "";
            manifest = new BundleManifest(created.Value, signer, read);
            return true;
        }
    }

    private static BundleManifestEntry? ReadEntry(JsonElement item)
    {
        var (file, sha256) = (JsonInput.TextOrEmpty(item, "file"), JsonInput.TextOrEmpty(item, "sha256"));
        var (chain, chainSha256) = (JsonInput.TextOrEmpty(item, "issuerChain"), JsonInput.TextOrEmpty(item, "issuerChainSha256"));
        var source = JsonInput.TextOrEmpty(item, "source");
        return CollateralKey.TryParse(JsonInput.TextOrEmpty(item, "key")) is { } key
            && CanonicalTar.IsName(file) && IsHash(sha256)
            && (chain.Length == 0 ? chainSha256.Length == 0 : CanonicalTar.IsName(chain) && IsHash(chainSha256))
            && source.Length <= MaximumSourceLength && !source.Any(char.IsControl)
            && TryReadTime(item, "fetched", out var fetched) && fetched is not null
            && TryReadTime(item, "notBefore", out var start) && TryReadTime(item, "notAfter", out var end)
            ? new BundleManifestEntry(key, file, sha256, chain, chainSha256, fetched.Value, source, start, end)
            : null;
    }

    private static bool IsHash(string text) => text.Length == 64 && !text.AsSpan().ContainsAnyExcept(HexDigits);

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("O", CultureInfo.InvariantCulture);

    private static void WriteUnlessEmpty(Utf8JsonWriter json, string name, string value)
    {
        if (value.Length > 0)
        {
            json.WriteString(name, value);
        }
    }

    private static bool TryReadTime(JsonElement item, string name, out DateTimeOffset? time)
    {
        time = null;
        if (!item.TryGetProperty(name, out var value))
        {
            return true;
        }

        if (value.ValueKind is not JsonValueKind.String || !DateTimeOffset.TryParseExact(
            value.GetString(), "O", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var read))
        {
            return false;
        }

        time = read.ToUniversalTime();
        return true;
    }
}
