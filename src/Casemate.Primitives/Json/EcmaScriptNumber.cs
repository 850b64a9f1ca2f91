using System.Buffers.Text;
using System.Globalization;

namespace Casemate.Primitives.Json;

/// <summary>
/// Prints a double as ECMAScript does: the shortest digits that read back to the same value, plain up to 21 digits, with an
/// exponent beyond. Source: ECMA-262, Number::toString, as RFC 8785, section 3.2.2.3, requires.
/// </summary>
internal static class EcmaScriptNumber
{
    /// <summary>The longest text: sign, 17 digits, point, leading zeros or exponent.</summary>
    public const int MaxLength = 32;

    /// <summary>Writes the ASCII text of a finite number.</summary>
    /// <returns>How many bytes were written.</returns>
    public static int Format(double value, Span<byte> destination)
    {
        if (value == 0)
        {
            destination[0] = (byte)'0';                                    // minus zero too
            return 1;
        }

        // The round-trip format gives the shortest digits, but in a notation of its own that is taken apart here.
        Span<byte> source = stackalloc byte[MaxLength];
        if (!value.TryFormat(source, out var length, "R", CultureInfo.InvariantCulture))
        {
            throw new InvalidOperationException("A double has a text longer than expected.");
        }

        Span<byte> digits = stackalloc byte[MaxLength];
        var (count, exponent) = Split(source[..length].TrimStart((byte)'-'), digits);
        var written = 0;
        if (value < 0)
        {
            destination[written++] = (byte)'-';
        }

        return written + Compose(digits[..count], exponent, destination[written..]);
    }

    // The value is 0.d1d2d3... times 10 to the power of the returned exponent ("n" of ECMA-262), d1 not zero.
    private static (int Count, int Exponent) Split(ReadOnlySpan<byte> text, Span<byte> digits)
    {
        var exponent = 0;
        var e = text.IndexOf((byte)'E');
        if (e >= 0)
        {
            exponent = int.Parse(text[(e + 1)..], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
            text = text[..e];
        }

        var point = text.IndexOf((byte)'.');
        exponent += point < 0 ? text.Length : point;
        var count = 0;
        foreach (var c in text)
        {
            if (c == (byte)'.')
            {
                continue;
            }

            if (count == 0 && c == (byte)'0')
            {
                exponent--;                                                // leading zeros carry no digit
                continue;
            }

            digits[count++] = c;
        }

        while (digits[count - 1] == (byte)'0')
        {
            count--;
        }

        return (count, exponent);
    }

    private static int Compose(ReadOnlySpan<byte> digits, int n, Span<byte> destination)
    {
        var k = digits.Length;
        if (k <= n && n <= 21)
        {
            digits.CopyTo(destination);
            destination[k..n].Fill((byte)'0');
            return n;
        }

        if (0 < n && n <= 21)
        {
            digits[..n].CopyTo(destination);
            destination[n] = (byte)'.';
            digits[n..].CopyTo(destination[(n + 1)..]);
            return k + 1;
        }

        if (-6 < n && n <= 0)
        {
            "0."u8.CopyTo(destination);
            destination.Slice(2, -n).Fill((byte)'0');
            digits.CopyTo(destination[(2 - n)..]);
            return 2 - n + k;
        }

        destination[0] = digits[0];
        var at = 1;
        if (k > 1)
        {
            destination[at++] = (byte)'.';
            digits[1..].CopyTo(destination[at..]);
            at += k - 1;
        }

        destination[at++] = (byte)'e';
        destination[at++] = (byte)(n > 0 ? '+' : '-');
        if (!Utf8Formatter.TryFormat(Math.Abs(n - 1), destination[at..], out var length))
        {
            throw new InvalidOperationException("An exponent has a text longer than expected.");
        }

        return at + length;
    }
}
