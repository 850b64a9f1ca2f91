using System.Numerics;

namespace Casemate.Rego;

/// <summary>Arithmetic on exact numbers. Null: the result would have more digits than are allowed.</summary>
internal static class Arithmetic
{
    // Quotients that do not end are cut here: as many digits as a 64-bit mantissa holds.
    private const int QuotientDigits = 19;

    public static int Compare(RegoNumber a, RegoNumber b)
    {
        if (a.Sign != b.Sign || a.Sign == 0)
        {
            return a.Sign.CompareTo(b.Sign);
        }

        var (x, y) = (a.Mantissa, b.Mantissa);
        var magnitude = ((long)NumberText.Digits(x) + a.Exponent).CompareTo((long)NumberText.Digits(y) + b.Exponent);
        if (magnitude != 0)
        {
            return a.Sign * magnitude;
        }

        var low = Math.Min(a.Exponent, b.Exponent);
        return (x * BigInteger.Pow(10, a.Exponent - low)).CompareTo(y * BigInteger.Pow(10, b.Exponent - low));
    }

    public static RegoNumber? Add(RegoNumber a, RegoNumber b)
    {
        if (a.IsSmall && b.IsSmall)
        {
            var sum = unchecked(a.Small + b.Small);
            if (((a.Small ^ sum) & (b.Small ^ sum)) >= 0)
            {
                return RegoNumber.Create(sum);
            }
        }

        var low = Math.Min(a.Exponent, b.Exponent);
        if ((long)a.Exponent - low > RegoNumber.MaximumDigits || (long)b.Exponent - low > RegoNumber.MaximumDigits)
        {
            return a.Sign == 0 ? b : b.Sign == 0 ? a : null;
        }

        var exact = (a.Mantissa * BigInteger.Pow(10, a.Exponent - low)) + (b.Mantissa * BigInteger.Pow(10, b.Exponent - low));
        return Bounded(exact, low);
    }

    public static RegoNumber Negate(RegoNumber a) => RegoNumber.Create(-a.Mantissa, a.Exponent);

    public static RegoNumber? Subtract(RegoNumber a, RegoNumber b)
    {
        if (a.IsSmall && b.IsSmall)
        {
            var difference = unchecked(a.Small - b.Small);
            if (((a.Small ^ b.Small) & (a.Small ^ difference)) >= 0)
            {
                return RegoNumber.Create(difference);
            }
        }

        return Add(a, Negate(b));
    }

    public static RegoNumber? Multiply(RegoNumber a, RegoNumber b)
    {
        if (a.IsSmall && b.IsSmall)
        {
            var product = (Int128)a.Small * b.Small;
            if (product >= long.MinValue && product <= long.MaxValue)
            {
                return RegoNumber.Create((long)product);
            }
        }

        var exponent = (long)a.Exponent + b.Exponent;
        return Math.Abs(exponent) > 999_999_999 ? null : Bounded(a.Mantissa * b.Mantissa, (int)exponent);
    }

    /// <summary>The quotient; the divisor is not zero. Exact when it ends within the digits of a 64-bit mantissa, else rounded.</summary>
    public static RegoNumber? Divide(RegoNumber a, RegoNumber b)
    {
        if (a.IsSmall && b.IsSmall && b.Small != -1 && a.Small % b.Small == 0)
        {
            return RegoNumber.Create(a.Small / b.Small);
        }

        var shift = Math.Max(0, QuotientDigits + 2 + NumberText.Digits(b.Mantissa) - NumberText.Digits(a.Mantissa));
        var (quotient, remainder) = BigInteger.DivRem(a.Mantissa * BigInteger.Pow(10, shift), b.Mantissa);
        var exponent = (long)a.Exponent - b.Exponent - shift;
        if (Math.Abs(exponent) > 999_999_999)
        {
            return null;
        }

        var digits = NumberText.Digits(quotient);
        if (!remainder.IsZero && digits > QuotientDigits)
        {
            var cut = digits - QuotientDigits;
            var power = BigInteger.Pow(10, cut);
            quotient = (quotient + (quotient.Sign * power / 2)) / power;
            exponent += cut;
        }

        return Bounded(quotient, (int)exponent);
    }

    /// <summary>The remainder of whole numbers, with the sign of the dividend; null when one is not whole.</summary>
    public static RegoNumber? Remainder(RegoNumber a, RegoNumber b) =>
        a.IsSmall && b.IsSmall
            ? RegoNumber.Create(b.Small == -1 ? 0 : a.Small % b.Small)
            : a.ToBigInteger() is { } x && b.ToBigInteger() is { } y ? RegoNumber.Create(BigInteger.Remainder(x, y)) : null;

    /// <summary>The nearest whole number on a side: -1 down, 1 up, 0 nearest with halves away from zero.</summary>
    public static RegoNumber RoundTo(RegoNumber a, int side)
    {
        if (a.IsInteger)
        {
            return a;
        }

        var places = -a.Exponent;
        var digits = NumberText.Digits(a.Mantissa);
        if (places > digits + 1)
        {
            // Closer to zero than one tenth.
            return RegoNumber.Create(side == 0 ? 0 : side < 0 ? (a.Sign < 0 ? -1 : 0) : (a.Sign > 0 ? 1 : 0));
        }

        var power = BigInteger.Pow(10, places);
        var (whole, rest) = BigInteger.DivRem(a.Mantissa, power);
        if (!rest.IsZero)
        {
            whole += side switch
            {
                < 0 => a.Sign < 0 ? -1 : 0,
                > 0 => a.Sign > 0 ? 1 : 0,
                _ => BigInteger.Abs(rest) * 2 >= power ? a.Sign : 0,
            };
        }

        return RegoNumber.Create(whole);
    }

    private static RegoNumber? Bounded(BigInteger mantissa, int exponent) =>
        mantissa.GetBitLength() > RegoNumber.MaximumDigits * 3L ? null : RegoNumber.Create(mantissa, exponent);
}
