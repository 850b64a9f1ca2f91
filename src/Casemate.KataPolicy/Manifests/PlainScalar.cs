using System.Text.RegularExpressions;

namespace Casemate.KataPolicy.Manifests;

/// <summary>What a word without quotes is. Source: YAML 1.1 types as kubectl's reader resolves them.</summary>
internal static partial class PlainScalar
{
    public static ScalarType TypeOf(string text) => text switch
    {
        "" or "~" or "null" or "Null" or "NULL" => ScalarType.Null,
        _ when IsTrue(text) || IsFalse(text) => ScalarType.Boolean,
        _ when text.Length <= 100 && Number().IsMatch(text) => ScalarType.Number,
        _ => ScalarType.Text,
    };

    public static bool IsTrue(string text) =>
        text is "true" or "True" or "TRUE" or "yes" or "Yes" or "YES" or "on" or "On" or "ON" or "y" or "Y";

    public static bool IsFalse(string text) =>
        text is "false" or "False" or "FALSE" or "no" or "No" or "NO" or "off" or "Off" or "OFF" or "n" or "N";

    /// <summary>Reads a whole number in base 16, 8 (<c>0o17</c>, or <c>017</c> as YAML 1.1 has it) or 2; false for every other text.</summary>
    public static bool TryReadOtherBase(string text, out long value)
    {
        value = 0;
        var isNegative = text.StartsWith('-');
        var word = text.TrimStart('+', '-').Replace("_", "", StringComparison.Ordinal);
        var (radix, digits) = word switch
        {
            ['0', 'x' or 'X', ..] => (16, word[2..]),
            ['0', 'o' or 'O', ..] => (8, word[2..]),
            ['0', 'b' or 'B', ..] => (2, word[2..]),
            ['0', _, ..] => (8, word[1..]),
            _ => (10, ""),
        };
        if (digits.Length == 0)
        {
            return false;
        }

        foreach (var digit in digits)
        {
            var one = char.IsAsciiHexDigit(digit) ? Convert.ToInt32(digit.ToString(), 16) : radix;
            if (one >= radix || value > (long.MaxValue - one) / radix)
            {
                return false;
            }

            value = (value * radix) + one;
        }

        value = isNegative ? -value : value;
        return true;
    }

    [GeneratedRegex(
        @"^[-+]?(?:0[xX][0-9a-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+|[0-9][0-9_]*(?:\.[0-9_]*)?(?:[eE][-+]?[0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+]?[0-9]+)?"
            + @"|\.(?:inf|Inf|INF))$|^\.(?:nan|NaN|NAN)$",
        RegexOptions.CultureInvariant)]
    private static partial Regex Number();
}
