using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Numerics;

namespace Casemate.Rego;

/// <summary>
/// A number, exact: an integer that fits 64 bits, or any mantissa times a power of ten. <c>1</c> and <c>1.0</c> are the same number.
/// </summary>
public sealed class RegoNumber : RegoValue
{
    internal const int MaximumDigits = 4096;
    private const int FirstCached = -128;
    private static readonly RegoNumber[] s_cache = [.. Enumerable.Range(FirstCached, 1153).Select(value => new RegoNumber(value))];

    private readonly long _small;
    private readonly Decimal? _big;

    private RegoNumber(long value) => _small = value;

    private RegoNumber(Decimal big) => _big = big;

    /// <summary>Zero.</summary>
    public static RegoNumber Zero => s_cache[-FirstCached];

    /// <inheritdoc/>
    public override RegoValueKind Kind => RegoValueKind.Number;

    /// <summary>True for a whole number.</summary>
    public bool IsInteger => _big is null || _big.Exponent >= 0;

    internal bool IsSmall => _big is null;

    internal long Small => _small;

    internal BigInteger Mantissa => _big?.Mantissa ?? _small;

    internal int Exponent => _big?.Exponent ?? 0;

    internal int Sign => _big is null ? Math.Sign(_small) : _big.Mantissa.Sign;

    internal override long ShallowBytes => _big is null ? 32 : 64 + _big.Mantissa.GetByteCount();

    /// <summary>Reads a number in JSON's spelling.</summary>
    /// <param name="text">The text; at most 4096 significant digits and nine digits of exponent.</param>
    /// <param name="number">The number, or null.</param>
    public static bool TryParse(ReadOnlySpan<char> text, [NotNullWhen(true)] out RegoNumber? number)
    {
        number = null;
        var digits = text.TrimStart('-');
        if (text.Length < 19 && digits.Length > 0 && char.IsAsciiDigit(digits[0]) && (digits.Length == 1 || digits[0] != '0')
            && long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var simple))
        {
            number = Create(simple);
            return true;
        }

        return NumberText.TryParse(text, out number);
    }

    /// <summary>The integer, when it is one that fits.</summary>
    public bool TryGetInt64(out long value)
    {
        value = _small;
        return _big is null;
    }

    /// <summary>The nearest double; infinite when out of range.</summary>
    public double ToDouble() =>
        _big is null ? _small : double.Parse(NumberText.Scientific(_big.Mantissa, _big.Exponent), CultureInfo.InvariantCulture);

    /// <inheritdoc/>
    public override int GetHashCode() => _big is null ? HashCode.Combine(_small) : HashCode.Combine(_big.Mantissa, _big.Exponent);

    internal static RegoNumber Create(long value) =>
        (ulong)(value - FirstCached) < (ulong)s_cache.Length ? s_cache[value - FirstCached] : new RegoNumber(value);

    internal static RegoNumber Create(BigInteger value) =>
        value >= long.MinValue && value <= long.MaxValue ? Create((long)value) : Create(value, 0);

    /// <summary>A mantissa times a power of ten, in its only normal form: no zero ends the mantissa unless the number fits 64
    /// bits.</summary>
    internal static RegoNumber Create(BigInteger mantissa, int exponent)
    {
        if (mantissa.IsZero)
        {
            return Zero;
        }

        if (exponent is >= 0 and <= 19)
        {
            var whole = mantissa * BigInteger.Pow(10, exponent);
            if (whole >= long.MinValue && whole <= long.MaxValue)
            {
                return Create((long)whole);
            }
        }

        (mantissa, exponent) = NumberText.WithoutTrailingZeros(mantissa, exponent);
        if (exponent is >= 0 and <= 19)
        {
            var whole = mantissa * BigInteger.Pow(10, exponent);
            if (whole >= long.MinValue && whole <= long.MaxValue)
            {
                return Create((long)whole);
            }
        }

        return new RegoNumber(new Decimal(mantissa, exponent));
    }

    /// <summary>A whole number in full; null when it is not whole or has more digits than are allowed.</summary>
    internal BigInteger? ToBigInteger() => _big switch
    {
        null => _small,
        { Exponent: < 0 } => null,
        { Exponent: > MaximumDigits } => null,
        _ => _big.Mantissa * BigInteger.Pow(10, _big.Exponent),
    };

    internal string ToText() =>
        _big is null ? _small.ToString(CultureInfo.InvariantCulture) : NumberText.Format(_big.Mantissa, _big.Exponent);

    internal override int CompareSameKind(RegoValue other)
    {
        var number = (RegoNumber)other;
        return _big is null && number._big is null ? _small.CompareTo(number._small) : Arithmetic.Compare(this, number);
    }

    internal override bool EqualsSameKind(RegoValue other)
    {
        var number = (RegoNumber)other;
        return _big is null ? number._big is null && _small == number._small : number._big is not null && _big == number._big;
    }

    private sealed record Decimal(BigInteger Mantissa, int Exponent);
}
