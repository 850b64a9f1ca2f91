using System.Globalization;
using System.Numerics;

namespace Casemate.Rego.Builtins;

/// <summary>Quantities with units, and semantic versions.</summary>
internal static class UnitBuiltins
{
    public static void Register(BuiltinTable table)
    {
        table.Add("units.parse", "s", (c, a) => Parse(c, "units.parse", ((RegoString)a).Value, bytes: false));
        table.Add("units.parse_bytes", "s", (c, a) => Parse(c, "units.parse_bytes", ((RegoString)a).Value, bytes: true));
        table.Add("semver.is_valid", "*", (_, a) => RegoValue.From(a is RegoString text && Version(text.Value) is not null));
        table.Add("semver.compare", "s", "s", SemverCompare);
    }

    private static RegoValue? Parse(BuiltinContext context, string name, string text, bool bytes)
    {
        var trimmed = text.Replace("\"", "", StringComparison.Ordinal);
        if (trimmed.Length == 0)
        {
            return context.Error($"{name}: no {(bytes ? "byte " : "")}amount provided");
        }

        if (trimmed.Contains(' ', StringComparison.Ordinal))
        {
            return context.Error($"{name}: spaces not allowed in resource strings");
        }

        var end = 0;
        while (end < trimmed.Length && (char.IsAsciiDigit(trimmed[end]) || trimmed[end] is '.' or '-' or '+'
            || (trimmed[end] is 'e' or 'E' && end + 1 < trimmed.Length
                && (char.IsAsciiDigit(trimmed[end + 1]) || trimmed[end + 1] is '-' or '+'))))
        {
            end++;
        }

        var digits = trimmed[..end].TrimStart('+');
        digits = digits.StartsWith('.') ? "0" + digits : digits.StartsWith("-.", StringComparison.Ordinal) ? "-0" + digits[1..] : digits;
        if (!RegoNumber.TryParse(digits, out var amount))
        {
            var what = bytes ? "byte amount" : "amount";
            return context.Error(end == 0 ? $"{name}: no {what} provided" : $"{name}: could not parse {what} to a number");
        }

        if (Math.Abs(amount.Exponent) > RegoNumber.MaximumDigits)
        {
            return context.Error($"{name}: exponent too large");
        }

        var unit = trimmed[end..];
        if (Factor(unit, bytes) is not { } factor)
        {
            return context.Error($"{name}: unit {unit} not recognized");
        }

        var scaled = Arithmetic.Multiply(amount, factor) ?? amount;
        return bytes ? Arithmetic.RoundTo(scaled, scaled.Sign > 0 ? -1 : 1) : scaled;
    }

    private static RegoNumber? Factor(string unit, bool bytes)
    {
        if (!bytes && unit is "m")
        {
            return RegoNumber.Create(1, -3);
        }

        var name = unit.ToLowerInvariant();
        if (bytes && name.EndsWith('b'))
        {
            name = name[..^1];
        }

        if (name.Length == 0)
        {
            return RegoNumber.Create(1);
        }

        var power = "kmgtpe".IndexOf(name[0], StringComparison.Ordinal) + 1;
        if (power == 0 || name.Length > 2 || (name.Length == 2 && name[1] != 'i'))
        {
            return null;
        }

        return RegoNumber.Create(name.Length == 2 ? BigInteger.Pow(1024, power) : BigInteger.Pow(1000, power));
    }

    private sealed record SemanticVersion(BigInteger[] Core, string[] PreRelease);

    private static SemanticVersion? Version(string text)
    {
        var plus = text.IndexOf('+', StringComparison.Ordinal);
        if (plus >= 0 && !text[(plus + 1)..].Split('.').All(IsIdentifier))
        {
            return null;
        }

        var rest = plus < 0 ? text : text[..plus];
        var dash = rest.IndexOf('-', StringComparison.Ordinal);
        var core = (dash < 0 ? rest : rest[..dash]).Split('.');
        var pre = dash < 0 ? [] : rest[(dash + 1)..].Split('.');
        if (text.Length > 1024 || core.Length != 3 || !core.All(IsNumber)
            || !pre.All(part => IsIdentifier(part) && (!part.All(char.IsAsciiDigit) || IsNumber(part))))
        {
            return null;
        }

        return new SemanticVersion([.. core.Select(part => BigInteger.Parse(part, CultureInfo.InvariantCulture))], pre);
    }

    private static bool IsIdentifier(string part) => part.Length > 0 && part.All(c => char.IsAsciiLetterOrDigit(c) || c == '-');

    private static bool IsNumber(string part) => part.Length > 0 && part.All(char.IsAsciiDigit) && (part.Length == 1 || part[0] != '0');

    private static RegoValue? SemverCompare(BuiltinContext context, RegoValue first, RegoValue second)
    {
        if (Version(((RegoString)first).Value) is not { } a || Version(((RegoString)second).Value) is not { } b)
        {
            var isFirst = Version(((RegoString)first).Value) is null;
            return context.Error($"semver.compare: operand {(isFirst ? 1 : 2)}: string {(isFirst ? first : second)} is not a valid SemVer");
        }

        for (var i = 0; i < 3; i++)
        {
            if (a.Core[i] != b.Core[i])
            {
                return RegoNumber.Create(a.Core[i].CompareTo(b.Core[i]));
            }
        }

        if (a.PreRelease.Length == 0 || b.PreRelease.Length == 0)
        {
            return RegoNumber.Create(b.PreRelease.Length.CompareTo(a.PreRelease.Length) is var order ? Math.Sign(order) : 0);
        }

        for (var i = 0; i < Math.Min(a.PreRelease.Length, b.PreRelease.Length); i++)
        {
            var (x, y) = (a.PreRelease[i], b.PreRelease[i]);
            var (xNumber, yNumber) = (x.All(char.IsAsciiDigit), y.All(char.IsAsciiDigit));
            var compared = xNumber && yNumber
                ? BigInteger.Parse(x, CultureInfo.InvariantCulture).CompareTo(BigInteger.Parse(y, CultureInfo.InvariantCulture))
                : xNumber != yNumber ? (xNumber ? -1 : 1) : string.CompareOrdinal(x, y);
            if (compared != 0)
            {
                return RegoNumber.Create(Math.Sign(compared));
            }
        }

        return RegoNumber.Create(Math.Sign(a.PreRelease.Length.CompareTo(b.PreRelease.Length)));
    }
}
