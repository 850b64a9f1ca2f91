using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Casemate.Kubernetes;

/// <summary>A Kubernetes quantity, such as <c>10Mi</c>, <c>1500m</c> or <c>1e3</c>. Source: apimachinery, <c>api/resource</c>.</summary>
public static class Quantity
{
    private const int LongestText = 64;

    private static readonly (string Suffix, decimal Factor)[] Suffixes =
    [
        ("Ki", 1L << 10), ("Mi", 1L << 20), ("Gi", 1L << 30), ("Ti", 1L << 40), ("Pi", 1L << 50), ("Ei", 1L << 60),
        ("n", 0.000_000_001m), ("u", 0.000_001m), ("m", 0.001m), ("k", 1_000m), ("M", 1_000_000m), ("G", 1_000_000_000m),
        ("T", 1_000_000_000_000m), ("P", 1_000_000_000_000_000m), ("E", 1_000_000_000_000_000_000m),
    ];

    /// <summary>Reads a quantity.</summary>
    /// <param name="text">The text; null is no quantity.</param>
    /// <param name="value">Its value.</param>
    /// <returns>False when the text is no quantity, or one beyond what memory or devices can be.</returns>
    public static bool TryRead([NotNullWhen(true)] string? text, out decimal value)
    {
        value = 0;
        if (text is null || text.Length is 0 or > LongestText)
        {
            return false;
        }

        var factor = 1m;
        var number = text.AsSpan();
        foreach (var (suffix, times) in Suffixes)
        {
            if (text.EndsWith(suffix, StringComparison.Ordinal))
            {
                number = number[..^suffix.Length];
                factor = times;
                break;
            }
        }

        const NumberStyles plain = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint;
        if (!decimal.TryParse(
            number, factor == 1m ? plain | NumberStyles.AllowExponent : plain, CultureInfo.InvariantCulture, out var parsed))
        {
            return false;
        }

        try
        {
            value = parsed * factor;
            return true;
        }
        catch (OverflowException)
        {
            return false;
        }
    }

    /// <summary>Reads a quantity that is a whole number.</summary>
    /// <returns>False when it is none, not whole, or beyond 64 bits.</returns>
    public static bool TryReadWhole([NotNullWhen(true)] string? text, out long value)
    {
        value = 0;
        if (!TryRead(text, out var number) || number != decimal.Truncate(number) || number is > long.MaxValue or < long.MinValue)
        {
            return false;
        }

        value = (long)number;
        return true;
    }
}
