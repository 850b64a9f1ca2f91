using System.Diagnostics.CodeAnalysis;

namespace Casemate.Oci.Signatures;

/// <summary>Base64 with one spelling for each content: padded, and with no bits set that do not count.</summary>
internal static class Base64
{
    /// <summary>Decodes a text; false when it is not canonical, or longer than is accepted.</summary>
    public static bool TryDecode(string text, int maxBytes, [NotNullWhen(true)] out byte[]? bytes)
    {
        bytes = null;
        if (text.Length % 4 != 0 || text.Length > ((long)maxBytes + 2) / 3 * 4 || text.AsSpan().ContainsAny(" \r\n\t"))
        {
            return false;
        }

        var buffer = new byte[text.Length / 4 * 3];
        if (!Convert.TryFromBase64String(text, buffer, out var written) || written > maxBytes)
        {
            return false;
        }

        // The base library ignores the last bits of the last digit; two texts for one signature would be one too many.
        bytes = buffer[..written];
        return Convert.ToBase64String(bytes) == text;
    }

    /// <summary>The same for a text that may be broken into lines, as some tools write annotations.</summary>
    public static bool TryDecodeLines(string text, int maxBytes, [NotNullWhen(true)] out byte[]? bytes) =>
        TryDecode(text.Replace("\r", "", StringComparison.Ordinal).Replace("\n", "", StringComparison.Ordinal), maxBytes, out bytes);
}
