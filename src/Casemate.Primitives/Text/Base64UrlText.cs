using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;

namespace Casemate.Primitives.Text;

/// <summary>
/// Base64url without padding, strictly: one text for each byte string. The reader of the base library also takes padding and
/// white space, so that one signature would have several spellings. Source: RFC 7515, section 2, and RFC 4648, section 5.
/// </summary>
public static class Base64UrlText
{
    /// <summary>Encodes bytes, without padding.</summary>
    public static string Encode(ReadOnlySpan<byte> bytes) => Base64Url.EncodeToString(bytes);

    /// <summary>Decodes a text that <see cref="Encode"/> could have written.</summary>
    /// <param name="text">The text; the empty text stands for no bytes.</param>
    /// <param name="bytes">The bytes, or null.</param>
    /// <returns>False for any other character, padding, white space, an impossible length or stray bits in the last character.</returns>
    public static bool TryDecode(ReadOnlySpan<char> text, [NotNullWhen(true)] out byte[]? bytes)
    {
        bytes = null;
        foreach (var c in text)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_'))
            {
                return false;
            }
        }

        if (text.Length % 4 == 1)
        {
            return false;
        }

        // Bits of the last character that no byte uses must be zero. Asked before decoding: the base library throws on them.
        var unused = (text.Length % 4) switch { 2 => 0x0f, 3 => 0x03, _ => 0 };
        if (unused != 0 && (Value(text[^1]) & unused) != 0)
        {
            return false;
        }

        bytes = Base64Url.DecodeFromChars(text);
        return true;
    }

    private static int Value(char c) => c switch
    {
        >= 'A' and <= 'Z' => c - 'A',
        >= 'a' and <= 'z' => c - 'a' + 26,
        >= '0' and <= '9' => c - '0' + 52,
        '-' => 62,
        _ => 63,
    };
}
