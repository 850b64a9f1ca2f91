using System.Buffers.Text;
using System.Text;

namespace Casemate.Collateral;

/// <summary>Decodes binary content that was passed as text: hex, base64 or base64url, with white space anywhere.</summary>
internal static class BinaryText
{
    /// <summary>Whether every byte is printable ASCII or white space.</summary>
    public static bool IsText(ReadOnlySpan<byte> content)
    {
        foreach (var octet in content)
        {
            if (octet is not ((>= 0x20 and < 0x7F) or (byte)'\n' or (byte)'\r' or (byte)'\t'))
            {
                return false;
            }
        }

        return !content.IsEmpty;
    }

    /// <summary>Decodes hex text: an even number of digits, any case, an optional leading 0x.</summary>
    public static bool TryDecodeHex(ReadOnlySpan<byte> content, out byte[] bytes)
    {
        var digits = Compact(content);
        if (digits.StartsWith("0x", StringComparison.OrdinalIgnoreCase))
        {
            digits = digits[2..];
        }

        bytes = [];
        if (digits.Length == 0 || digits.Length % 2 != 0 || digits.AsSpan().ContainsAnyExcept("0123456789abcdefABCDEF"))
        {
            return false;
        }

        bytes = Convert.FromHexString(digits);
        return true;
    }

    /// <summary>Decodes base64 (padded) or base64url (padded or not) text.</summary>
    public static bool TryDecodeBase64(ReadOnlySpan<byte> content, out byte[] bytes)
    {
        var text = Compact(content);
        bytes = new byte[(text.Length / 4 * 3) + 3];
        if (Convert.TryFromBase64String(text, bytes, out var count)
            || (Base64Url.IsValid(text) && Base64Url.TryDecodeFromChars(text, bytes, out count)))
        {
            bytes = bytes[..count];
            return count > 0;
        }

        bytes = [];
        return false;
    }

    private static string Compact(ReadOnlySpan<byte> content)
    {
        var text = new StringBuilder(content.Length);
        foreach (var octet in content)
        {
            if (octet is not ((byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t'))
            {
                text.Append((char)octet);
            }
        }

        return text.ToString();
    }
}
