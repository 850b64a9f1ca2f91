using System.Buffers;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Casemate.Primitives.Json;

namespace Casemate.Collateral.Store;

/// <summary>The small file beside the raw bytes of an entry.</summary>
internal sealed record EntryNote(
    CollateralKey Key, string Sha256, string IssuerChain, DateTimeOffset Fetched, string Source, DateTimeOffset? NotBefore,
    DateTimeOffset? NotAfter)
{
    /// <summary>How its file name ends.</summary>
    public const string Extension = ".about.json";

    private const int Version = 1;

    /// <summary>The note of an entry.</summary>
    public static EntryNote Of(StoredCollateral collateral) => new(
        collateral.Key, Convert.ToHexStringLower(SHA256.HashData(collateral.Raw.Span)),
        Encoding.Latin1.GetString(collateral.IssuerChainPem.Span), collateral.Fetched, collateral.Source, collateral.NotBefore,
        collateral.NotAfter);

    /// <summary>The entry with its raw bytes.</summary>
    public StoredCollateral With(byte[] raw) => new(Key, raw, Encoding.Latin1.GetBytes(IssuerChain), Fetched, Source, NotBefore, NotAfter);

    /// <summary>Writes it.</summary>
    public byte[] ToJson()
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(
            buffer, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteNumber("version", Version);
            json.WriteString("key", Key.ToString());
            json.WriteString("sha256", Sha256);
            json.WriteString("source", Source);
            json.WriteString("fetched", Time(Fetched));
            WriteOptional(json, "notBefore", NotBefore);
            WriteOptional(json, "notAfter", NotAfter);
            json.WriteString("issuerChain", IssuerChain);
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Reads it.</summary>
    public static bool TryRead(byte[] content, out EntryNote? note, out string problem)
    {
        note = null;
        if (!StrictJson.TryParse(content, out var document, out var error))
        {
            problem = error;
            return false;
        }

        using (document)
        {
            var root = document.RootElement;
            if (root.ValueKind is not JsonValueKind.Object || !root.TryGetProperty("version", out var version)
                || version.ValueKind is not JsonValueKind.Number || !version.TryGetInt32(out var number) || number != Version)
            {
                problem = $"it is not a description of version {Version}";
                return false;
            }

            var (key, sha256) = (CollateralKey.TryParse(Text(root, "key")), Text(root, "sha256"));
            if (key is null || sha256.Length != 64 || sha256.AsSpan().ContainsAnyExcept("0123456789abcdef")
                || !TryReadTime(root, "fetched", out var fetched) || fetched is null
                || !TryReadTime(root, "notBefore", out var start) || !TryReadTime(root, "notAfter", out var end))
            {
                problem = "its key, hash or one of its times is missing or malformed";
                return false;
            }

            problem = "";
            note = new EntryNote(key, sha256, Text(root, "issuerChain"), fetched.Value, Text(root, "source"), start, end);
            return true;
        }
    }

    private static string Text(JsonElement root, string name) => JsonInput.TextOrEmpty(root, name);

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("O", CultureInfo.InvariantCulture);

    private static void WriteOptional(Utf8JsonWriter json, string name, DateTimeOffset? time)
    {
        if (time is { } value)
        {
            json.WriteString(name, Time(value));
        }
    }

    private static bool TryReadTime(JsonElement root, string name, out DateTimeOffset? time)
    {
        time = null;
        var text = Text(root, name);
        if (text.Length == 0)
        {
            return !root.TryGetProperty(name, out _);
        }

        if (!DateTimeOffset.TryParseExact(text, "O", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var value))
        {
            return false;
        }

        time = value.ToUniversalTime();
        return true;
    }
}
