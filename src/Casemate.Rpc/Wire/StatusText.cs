using System.Buffers;
using System.Text;

namespace Casemate.Rpc.Wire;

/// <summary>
/// <c>grpc-message</c>: UTF-8 in which every byte outside of the printable ASCII characters, and the percent sign, is written as
/// <c>%XX</c> (gRPC over HTTP/2, Percent-Encoded).
/// </summary>
internal static class StatusText
{
    /// <summary>
    /// The longest text that is sent, in UTF-8 bytes before encoding. Headers have limits at the other end; a text that exceeds them
    /// would cost the status as well.
    /// </summary>
    public const int MaximumBytes = 2048;

    private static readonly SearchValues<char> s_plain =
        SearchValues.Create(Enumerable.Range(0x20, 0x7F - 0x20).Select(c => (char)c).Where(c => c != '%').ToArray());

    /// <summary>Encodes a text; one that is too long is cut between characters.</summary>
    public static string Encode(string text)
    {
        if (text.Length <= MaximumBytes && !text.AsSpan().ContainsAnyExcept(s_plain))
        {
            return text;
        }

        var encoded = new StringBuilder(text.Length + 32);
        Span<byte> utf8 = stackalloc byte[4];
        var taken = 0;
        foreach (var rune in text.EnumerateRunes())                        // a lone surrogate becomes U+FFFD here
        {
            var length = rune.EncodeToUtf8(utf8);
            taken += length;
            if (taken > MaximumBytes)
            {
                break;
            }

            foreach (var octet in utf8[..length])
            {
                if (octet is >= 0x20 and < 0x7F and not (byte)'%')
                {
                    encoded.Append((char)octet);
                }
                else
                {
                    encoded.Append('%').Append(Digit(octet >> 4)).Append(Digit(octet & 15));
                }
            }
        }

        return encoded.ToString();
    }

    /// <summary>
    /// Decodes a text as leniently as the specification wants: a percent sign without two digits stands for itself, and bytes that are
    /// not UTF-8 become U+FFFD.
    /// </summary>
    public static string Decode(string encoded)
    {
        if (!encoded.Contains('%', StringComparison.Ordinal))
        {
            return encoded;
        }

        // Never longer than three bytes for a UTF-16 unit, and shorter wherever something was encoded.
        var bytes = new byte[Encoding.UTF8.GetMaxByteCount(encoded.Length)];
        var count = 0;
        for (var i = 0; i < encoded.Length;)
        {
            if (encoded[i] == '%' && i + 2 < encoded.Length && char.IsAsciiHexDigit(encoded[i + 1]) && char.IsAsciiHexDigit(encoded[i + 2]))
            {
                bytes[count++] = (byte)((Value(encoded[i + 1]) << 4) | Value(encoded[i + 2]));
                i += 3;
            }
            else
            {
                var end = encoded.IndexOf('%', i + 1);
                end = end < 0 ? encoded.Length : end;
                count += Encoding.UTF8.GetBytes(encoded.AsSpan(i, end - i), bytes.AsSpan(count));
                i = end;
            }
        }

        return Encoding.UTF8.GetString(bytes, 0, count);
    }

    private static char Digit(int value) => (char)(value < 10 ? '0' + value : 'A' + value - 10);

    private static int Value(char digit) => char.IsAsciiDigit(digit) ? digit - '0' : (digit | 0x20) - 'a' + 10;
}
