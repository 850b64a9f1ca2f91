using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Casemate.Primitives.Json;

/// <summary>
/// JSON in the one form that two parties hash alike: no white space, members sorted by UTF-16 code units, numbers as ECMAScript
/// prints them, strings with the fewest escapes. Source: RFC 8785, JSON Canonicalization Scheme (JCS).
/// </summary>
/// <remarks>
/// RFC 8785 builds on I-JSON (RFC 7493): duplicate members, lone surrogates and numbers beyond a double are refused, not repaired,
/// because two readers would repair them differently and the hash would no longer bind what the other side saw.
/// </remarks>
public static class CanonicalJson
{
    /// <summary>The deepest nesting of arrays and objects that is accepted.</summary>
    public const int MaxDepth = 64;

    /// <summary>Writes the canonical form of a JSON text.</summary>
    /// <param name="utf8Json">One JSON value as UTF-8, without byte order mark, comments or trailing commas.</param>
    /// <returns>The canonical form, UTF-8.</returns>
    /// <exception cref="CanonicalJsonException">The text is not JSON, or is JSON that has no canonical form.</exception>
    public static byte[] Write(ReadOnlyMemory<byte> utf8Json)
    {
        if (!StrictJson.TryParse(utf8Json, out var document, out var error, MaxDepth))
        {
            throw new CanonicalJsonException($"No canonical form: {error}.");
        }

        using (document)
        {
            return Write(document.RootElement);
        }
    }

    /// <summary>Writes the canonical form of a parsed JSON value.</summary>
    /// <param name="value">The value; its own duplicate members are refused here, whatever the parser let through.</param>
    /// <returns>The canonical form, UTF-8.</returns>
    /// <exception cref="CanonicalJsonException">The value has no canonical form.</exception>
    public static byte[] Write(JsonElement value)
    {
        var output = new ArrayBufferWriter<byte>(256);
        WriteValue(output, value, depth: 0);
        return output.WrittenSpan.ToArray();
    }

    private static void WriteValue(ArrayBufferWriter<byte> output, JsonElement value, int depth)
    {
        if (depth > MaxDepth)
        {
            throw new CanonicalJsonException($"The value is nested deeper than {MaxDepth} levels.");
        }

        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                WriteObject(output, value, depth);
                break;
            case JsonValueKind.Array:
                output.Write("["u8);
                var first = true;
                foreach (var item in value.EnumerateArray())
                {
                    Separate(output, ref first);
                    WriteValue(output, item, depth + 1);
                }

                output.Write("]"u8);
                break;
            case JsonValueKind.String:
                WriteString(output, Text(value));
                break;
            case JsonValueKind.Number:
                WriteNumber(output, value);
                break;
            case JsonValueKind.True:
                output.Write("true"u8);
                break;
            case JsonValueKind.False:
                output.Write("false"u8);
                break;
            case JsonValueKind.Null:
                output.Write("null"u8);
                break;
            default:
                throw new CanonicalJsonException("The value is undefined.");
        }
    }

    private static void WriteObject(ArrayBufferWriter<byte> output, JsonElement value, int depth)
    {
        var members = new List<KeyValuePair<string, JsonElement>>();
        foreach (var member in value.EnumerateObject())
        {
            members.Add(new(Name(member), member.Value));
        }

        // Ordinal comparison of .NET strings is the comparison of UTF-16 code units that RFC 8785, section 3.2.3, wants; comparing
        // UTF-8 bytes instead would sort U+10000 and above after U+E000 to U+FFFF.
        members.Sort(static (a, b) => string.CompareOrdinal(a.Key, b.Key));
        output.Write("{"u8);
        var first = true;
        string? previous = null;
        foreach (var (name, member) in members)
        {
            if (previous is not null && string.Equals(previous, name, StringComparison.Ordinal))
            {
                throw new CanonicalJsonException($"The member '{Shortened(name)}' appears twice in one object.");
            }

            previous = name;
            Separate(output, ref first);
            WriteString(output, name);
            output.Write(":"u8);
            WriteValue(output, member, depth + 1);
        }

        output.Write("}"u8);
    }

    private static void WriteNumber(ArrayBufferWriter<byte> output, JsonElement value)
    {
        if (!value.TryGetDouble(out var number) || !double.IsFinite(number))
        {
            throw new CanonicalJsonException("A number is too large for a double.");
        }

        Span<byte> text = stackalloc byte[EcmaScriptNumber.MaxLength];
        output.Write(text[..EcmaScriptNumber.Format(number, text)]);
    }

    // Section 3.2.2.2: two-character escapes where JSON has them, \u00xx in lower case for the other control characters, and
    // nothing else escaped.
    private static void WriteString(ArrayBufferWriter<byte> output, string text)
    {
        output.Write("\""u8);
        var rest = text.AsSpan();
        while (rest.Length > 0)
        {
            var plain = rest.IndexOfAny(Escaped);
            var run = plain < 0 ? rest : rest[..plain];
            if (run.Length > 0)
            {
                var destination = output.GetSpan(Encoding.UTF8.GetMaxByteCount(run.Length));
                output.Advance(Encoding.UTF8.GetBytes(run, destination));
            }

            if (plain < 0)
            {
                break;
            }

            WriteEscape(output, rest[plain]);
            rest = rest[(plain + 1)..];
        }

        output.Write("\""u8);
    }

    private static readonly SearchValues<char> Escaped = SearchValues.Create(
        "\"\\\u0000\u0001\u0002\u0003\u0004\u0005\u0006\u0007\b\t\n\u000b\f\r\u000e\u000f"
        + "\u0010\u0011\u0012\u0013\u0014\u0015\u0016\u0017\u0018\u0019\u001a\u001b\u001c\u001d\u001e\u001f");

    private static void WriteEscape(ArrayBufferWriter<byte> output, char c)
    {
        switch (c)
        {
            case '"': output.Write("\\\""u8); break;
            case '\\': output.Write("\\\\"u8); break;
            case '\b': output.Write("\\b"u8); break;
            case '\t': output.Write("\\t"u8); break;
            case '\n': output.Write("\\n"u8); break;
            case '\f': output.Write("\\f"u8); break;
            case '\r': output.Write("\\r"u8); break;
            default:
                output.Write("\\u00"u8);
                output.Write([(byte)"0123456789abcdef"[c >> 4], (byte)"0123456789abcdef"[c & 15]]);
                break;
        }
    }

    private static void Separate(ArrayBufferWriter<byte> output, ref bool first)
    {
        if (!first)
        {
            output.Write(","u8);
        }

        first = false;
    }

    // The reader reports invalid UTF-8 and lone surrogates as InvalidOperationException, and only once the text is asked for.
    private static string Text(JsonElement value)
    {
        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException e)
        {
            throw new CanonicalJsonException("A string is not valid Unicode: a lone surrogate or invalid UTF-8.", e);
        }
    }

    private static string Name(JsonProperty member)
    {
        try
        {
            return member.Name;
        }
        catch (InvalidOperationException e)
        {
            throw new CanonicalJsonException("A member's name is not valid Unicode: a lone surrogate or invalid UTF-8.", e);
        }
    }

    private static string Shortened(string name) => name.Length <= 64 ? name : string.Concat(name.AsSpan(0, 64), "...");
}
