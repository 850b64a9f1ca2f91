using System.Text;

namespace Casemate.Primitives.Text;

/// <summary>
/// UTF-8 without replacements: what is not well-formed is refused, in both directions. The encoding of the base library writes a
/// replacement character in its place, so that two inputs become one text. No byte order mark is written, and one that is read stays.
/// Source: RFC 3629.
/// </summary>
public static class StrictUtf8
{
    private static readonly UTF8Encoding s_encoding = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Decodes bytes.</summary>
    /// <exception cref="DecoderFallbackException">The bytes are not well-formed UTF-8.</exception>
    public static string GetString(ReadOnlySpan<byte> bytes) => s_encoding.GetString(bytes);

    /// <summary>Encodes a text.</summary>
    /// <exception cref="EncoderFallbackException">The text has a surrogate that stands alone.</exception>
    public static byte[] GetBytes(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return s_encoding.GetBytes(text);
    }
}
