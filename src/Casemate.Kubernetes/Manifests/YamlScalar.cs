using System.Globalization;
using System.Numerics;
using System.Text.Json.Nodes;

namespace Casemate.Kubernetes;

/// <summary>
/// What a plain word in YAML stands for, by the rules that Kubernetes' own reader applies: 0644 is octal, a date is text. Words that
/// YAML 1.1 takes for true or false and hardly anybody means so (<c>yes</c>, <c>no</c>, <c>on</c>, <c>off</c>, <c>y</c>, <c>n</c>) are
/// refused, so that nobody has to guess.
/// </summary>
internal static class YamlScalar
{
    private const int LongestNumber = 64;

    /// <returns>False when the word is refused.</returns>
    public static bool TryResolve(string text, out JsonNode? value, out string problem)
    {
        (value, problem) = (null, "");
        switch (text)
        {
            case "" or "~" or "null" or "Null" or "NULL":
                return true;
            case "true" or "True" or "TRUE":
                value = JsonValue.Create(true);
                return true;
            case "false" or "False" or "FALSE":
                value = JsonValue.Create(false);
                return true;
        }

        if (IsAmbiguous(text))
        {
            problem = $"'{text}' is true or false to some readers of YAML and text to others; write it in quotes, or true or false";
            return false;
        }

        if (text.Length > LongestNumber || !(char.IsAsciiDigit(text[0]) || text[0] is '+' or '-' or '.'))
        {
            value = JsonValue.Create(text);
            return true;
        }

        if (text.TrimStart('+', '-') is ".inf" or ".Inf" or ".INF" or ".nan" or ".NaN" or ".NAN")
        {
            problem = $"'{text}' cannot be written in JSON; write it in quotes if it is text";
            return false;
        }

        value = Number(text) ?? JsonValue.Create(text);
        return true;
    }

    /// <summary>Whether a text must be quoted to stay text for every reader.</summary>
    public static bool NeedsQuotes(string text) =>
        text is "" or "~" or "=" or "<<" || text.ToLowerInvariant() is "null" or "true" or "false" || IsAmbiguous(text)
        || char.IsAsciiDigit(text[0]) || text[0] is '+' or '-' or '.';

    private static bool IsAmbiguous(string text) => text is
        "y" or "Y" or "yes" or "Yes" or "YES" or "n" or "N" or "no" or "No" or "NO"
        or "on" or "On" or "ON" or "off" or "Off" or "OFF";

    private static JsonValue? Number(string text)
    {
        var plain = text.Replace("_", "", StringComparison.Ordinal);
        var sign = plain.StartsWith('-') ? -1 : 1;
        var digits = plain.TrimStart('+', '-');
        if (digits.Length == 0 || plain.Length - digits.Length > 1)
        {
            return null;
        }

        if (Whole(digits) is { } whole)
        {
            whole *= sign;
            return whole >= long.MinValue && whole <= long.MaxValue ? JsonValue.Create((long)whole)
                : whole > 0 && whole <= ulong.MaxValue ? JsonValue.Create((ulong)whole)
                : JsonValue.Create((double)whole);
        }

        // As Kubernetes' reader: at least one digit before or after the point, nothing else but an exponent.
        var isNumber = digits.All(c => char.IsAsciiDigit(c) || c is '.' or 'e' or 'E' or '+' or '-')
            && digits.TrimStart('.').Length > 0 && char.IsAsciiDigit(digits.TrimStart('.')[0]);
        return isNumber && double.TryParse(
            plain, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent,
            CultureInfo.InvariantCulture, out var number) && double.IsFinite(number)
            ? JsonValue.Create(number)
            : null;
    }

    private static BigInteger? Whole(string digits)
    {
        var (radix, rest) = digits switch
        {
            ['0', 'x', .. var hex] => (16, hex),
            ['0', 'b', .. var binary] => (2, binary),
            ['0', 'o', .. var octal] => (8, octal),
            ['0', _, ..] => (8, digits[1..]),
            _ => (10, digits),
        };
        if (rest.Length == 0)
        {
            return null;
        }

        var whole = BigInteger.Zero;
        foreach (var c in rest)
        {
            var digit = char.IsAsciiHexDigit(c) ? Convert.ToInt32(c.ToString(), 16) : radix;
            if (digit >= radix)
            {
                return null;
            }

            whole = (whole * radix) + digit;
        }

        return whole;
    }
}
