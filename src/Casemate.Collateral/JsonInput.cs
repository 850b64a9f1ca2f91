using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace Casemate.Collateral;

/// <summary>Strict reading of JSON from untrusted places: no duplicate members, no comments, bounded depth.</summary>
internal static class JsonInput
{
    private static readonly JsonDocumentOptions Options = new()
    {
        AllowDuplicateProperties = false,
        AllowTrailingCommas = false,
        CommentHandling = JsonCommentHandling.Disallow,
        MaxDepth = CollateralLimits.JsonDepth,
    };

    /// <summary>Whether the first byte that is not white space opens a JSON object.</summary>
    public static bool LooksLikeObject(ReadOnlySpan<byte> content) => WithoutMark(content).TrimStart(" \r\n\t"u8).StartsWith("{"u8);

    /// <summary>Parses a document whose root is an object.</summary>
    /// <exception cref="MalformedInputException">It is not such a document; the message has line and byte.</exception>
    public static JsonDocument ParseObject(ReadOnlyMemory<byte> content, string location)
    {
        if (!Utf8.IsValid(content.Span))
        {
            throw new MalformedInputException(location, "not valid JSON: the text is not UTF-8");
        }

        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(content[(content.Length - WithoutMark(content.Span).Length)..], Options);
        }
        catch (JsonException exception)
        {
            throw new MalformedInputException(location, Describe(exception), cause: exception);
        }
        catch (InvalidOperationException exception)
        {
            // Half a surrogate pair as an escape in a member's name: found while names are compared.
            throw new MalformedInputException(location, "not valid JSON: a member's name is not Unicode text", cause: exception);
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
            ? StringOf(value, name, location)
            : throw new MalformedInputException(location, $"the member '{name}' is not a string");
    }

    /// <summary>Reads a member that may be missing or null, and is a string otherwise.</summary>
    /// <exception cref="MalformedInputException">It is something else.</exception>
    public static string? OptionalString(JsonElement owner, string name, string location) =>
        !owner.TryGetProperty(name, out var value) || value.ValueKind is JsonValueKind.Null ? null : RequireString(owner, name, location);

    /// <summary>The text of a member, or nothing when it is missing or something else than text.</summary>
    public static string TextOrEmpty(JsonElement owner, string name)
    {
        if (owner.ValueKind is not JsonValueKind.Object || !owner.TryGetProperty(name, out var value) || value.ValueKind is not JsonValueKind.String)
        {
            return "";
        }

        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException)
        {
            return "";                                         // Half a surrogate pair: no text.
        }
    }

    /// <summary>Reads a member that must be hex text.</summary>
    /// <exception cref="MalformedInputException">It is missing or something else.</exception>
    public static byte[] RequireHex(JsonElement owner, string name, string location) =>
        BinaryText.TryDecodeHex(Encoding.UTF8.GetBytes(RequireString(owner, name, location)), out var bytes)
            ? bytes
            : throw new MalformedInputException(location, $"the member '{name}' is not hex text");

    private static string StringOf(JsonElement value, string name, string location)
    {
        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException exception)
        {
            throw new MalformedInputException(location, $"the member '{name}' is not valid Unicode text", cause: exception);
        }
    }

    private static ReadOnlySpan<byte> WithoutMark(ReadOnlySpan<byte> content) =>
        content.StartsWith("\uFEFF"u8) ? content[3..] : content;

    // The base library's text ends with its own position; ours counts lines from one, as editors do.
    private static string Describe(JsonException exception)
    {
        var message = exception.Message;
        var tail = message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        var what = (tail > 0 ? message[..tail] : message).TrimEnd('.', ' ');
        return exception.LineNumber is { } line
            ? $"not valid JSON at line {line + 1}, byte {exception.BytePositionInLine + 1}: {what}"
            : $"not valid JSON: {what}";
    }
}
