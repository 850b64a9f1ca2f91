using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Casemate.Primitives.Json;

namespace Casemate.Collateral;

/// <summary>Strict reading of JSON from untrusted places: no duplicate members, no comments, bounded depth.</summary>
internal static class JsonInput
{
    /// <summary>Whether the first byte that is not white space opens a JSON object.</summary>
    public static bool LooksLikeObject(ReadOnlySpan<byte> content) => WithoutMark(content).TrimStart(" \r\n\t"u8).StartsWith("{"u8);

    /// <summary>Parses a document whose root is an object.</summary>
    /// <exception cref="MalformedInputException">It is not such a document; the message has line and byte where there is one.</exception>
    public static JsonDocument ParseObject(ReadOnlyMemory<byte> content, string location)
    {
        var text = content[(content.Length - WithoutMark(content.Span).Length)..];
        if (!StrictJson.TryParse(text, out var document, out var error, CollateralLimits.JsonDepth))
        {
            throw new MalformedInputException(location, error);
        }

        if (document.RootElement.ValueKind is not JsonValueKind.Object)
        {
            document.Dispose();
            throw new MalformedInputException(location, "the JSON document is not an object");
        }

        return document;
    }

    /// <summary>The bytes of a value exactly as they stand in the document: what a signature over that value covers.</summary>
    public static byte[] ExactBytes(JsonElement value) => JsonMarshal.GetRawUtf8Value(value).ToArray();

    /// <summary>Reads a member that must be a string.</summary>
    /// <exception cref="MalformedInputException">It is missing or something else.</exception>
    public static string RequireString(JsonElement owner, string name, string location)
    {
        if (!owner.TryGetProperty(name, out var value))
        {
            throw new MalformedInputException(location, $"the member '{name}' is missing");
        }

        return value.ValueKind is JsonValueKind.String
            ? value.GetString()!
            : throw new MalformedInputException(location, $"the member '{name}' is not a string");
    }

    /// <summary>Reads a member that may be missing or null, and is a string otherwise.</summary>
    /// <exception cref="MalformedInputException">It is something else.</exception>
    public static string? OptionalString(JsonElement owner, string name, string location) =>
        !owner.TryGetProperty(name, out var value) || value.ValueKind is JsonValueKind.Null ? null : RequireString(owner, name, location);

    /// <summary>The text of a member, or nothing when it is missing or something else than text.</summary>
    public static string TextOrEmpty(JsonElement owner, string name) =>
        owner.ValueKind is JsonValueKind.Object && owner.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.String
            ? value.GetString()!
            : "";

    /// <summary>Reads a member that must be hex text.</summary>
    /// <exception cref="MalformedInputException">It is missing or something else.</exception>
    public static byte[] RequireHex(JsonElement owner, string name, string location) =>
        BinaryText.TryDecodeHex(Encoding.UTF8.GetBytes(RequireString(owner, name, location)), out var bytes)
            ? bytes
            : throw new MalformedInputException(location, $"the member '{name}' is not hex text");

    private static ReadOnlySpan<byte> WithoutMark(ReadOnlySpan<byte> content) =>
        content.StartsWith("\uFEFF"u8) ? content[3..] : content;
}
