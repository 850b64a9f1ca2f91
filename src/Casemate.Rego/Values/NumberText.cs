using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Numerics;

namespace Casemate.Rego;

/// <summary>Numbers in the spelling of JSON.</summary>
internal static class NumberText
{
    private const int MostZeros = 21;

    public static bool TryParse(ReadOnlySpan<char> text, [NotNullWhen(true)] out RegoNumber? number)
    {
        number = null;
        var i = 0;
        var negative = text.Length > 0 && text[0] == '-';
        i += negative ? 1 : 0;
        var start = i;
        while (i < text.Length && char.IsAsciiDigit(text[i]))
        {
            i++;
        }

        if (i == start || (i - start > 1 && text[start] == '0'))
        {
            return false;
        }

        var whole = text[start..i];
        ReadOnlySpan<char> fraction = [];
        if (i < text.Length && text[i] == '.')
        {
            var first = ++i;
            while (i < text.Length && char.IsAsciiDigit(text[i]))
            {
                i++;
            }

            fraction = text[first..i];
            if (fraction.IsEmpty)
            {
                return false;
            }
        }

        var exponent = 0;
        if (i < text.Length && text[i] is 'e' or 'E')
        {
            var rest = text[(i + 1)..];
            if (rest.IsEmpty || rest.Length > 10 || !(char.IsAsciiDigit(rest[0]) || (rest.Length > 1 && char.IsAsciiDigit(rest[1])))
                || !int.TryParse(rest, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out exponent)
                    || exponent == int.MinValue
                || Math.Abs(exponent) > 999_999_999)
            {
                return false;
            }

            i = text.Length;
        }

        if (i != text.Length || whole.Length + fraction.Length > RegoNumber.MaximumDigits)
        {
            return false;
        }

        var mantissa = BigInteger.Parse(string.Concat(whole, fraction), NumberStyles.None, CultureInfo.InvariantCulture);
        number = RegoNumber.Create(negative ? -mantissa : mantissa, exponent - fraction.Length);
        return true;
    }

    public static (BigInteger Mantissa, int Exponent) WithoutTrailingZeros(BigInteger mantissa, int exponent)
    {
        // Powers first, so that a long row of zeros costs a logarithmic number of divisions.
        for (var step = 1024; step >= 1; step /= 2)
        {
            if (mantissa.GetBitLength() < step * 3)
            {
                continue;
            }

            var power = BigInteger.Pow(10, step);
            while (true)
            {
                var (quotient, remainder) = BigInteger.DivRem(mantissa, power);
                if (!remainder.IsZero)
                {
                    break;
                }

                mantissa = quotient;
                exponent += step;
            }
        }

        return (mantissa, exponent);
    }

    public static int Digits(BigInteger mantissa)
    {
        var absolute = BigInteger.Abs(mantissa);
        var estimate = (int)(absolute.GetBitLength() * 0.30102999566398120) + 1;
        return estimate > 1 && absolute < BigInteger.Pow(10, estimate - 1) ? estimate - 1 : estimate;
    }

    public static string Scientific(BigInteger mantissa, int exponent) =>
        mantissa.ToString(CultureInfo.InvariantCulture) + "e" + exponent.ToString(CultureInfo.InvariantCulture);

    /// <summary>Plain digits while they stay readable, else one digit before the point and an exponent.</summary>
    public static string Format(BigInteger mantissa, int exponent)
    {
        var digits = BigInteger.Abs(mantissa).ToString(CultureInfo.InvariantCulture);
        var sign = mantissa.Sign < 0 ? "-" : "";
        if (exponent >= 0 && (exponent <= MostZeros || digits.Length + exponent <= 400))
        {
            return sign + digits + new string('0', exponent);
        }

        var point = digits.Length + exponent;
        if (exponent < 0 && point > 0)
        {
            return sign + digits[..point] + "." + digits[point..];
        }

        if (exponent < 0 && point > -7)
        {
            return sign + "0." + new string('0', -point) + digits;
        }

        var power = point - 1;
        return sign + digits[..1] + (digits.Length > 1 ? "." + digits[1..] : "")
            + "e" + (power < 0 ? "-" : "+") + Math.Abs(power).ToString("00", CultureInfo.InvariantCulture);
    }
}
