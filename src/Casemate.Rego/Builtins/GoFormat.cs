using System.Globalization;
using System.Numerics;
using System.Text;

namespace Casemate.Rego.Builtins;

/// <summary><c>sprintf</c> with the verbs and flags of Go's fmt.</summary>
internal static class GoFormat
{
    private const int WidestField = 10_000;

    public static RegoValue? Sprintf(BuiltinContext context, RegoValue format, RegoValue values)
    {
        var (text, arguments, result) = (((RegoString)format).Value, (RegoArray)values, new StringBuilder());
        var next = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '%')
            {
                result.Append(text[i]);
                continue;
            }

            if (++i >= text.Length)
            {
                result.Append("%!(NOVERB)");
                break;
            }

            var directive = Directive.Read(text, ref i, arguments, ref next);
            if (directive.Verb == '%')
            {
                result.Append('%');
                continue;
            }

            if (next >= arguments.Count)
            {
                result.Append("%!").Append(directive.Verb).Append("(MISSING)");
                continue;
            }

            result.Append(directive.Format(arguments[next++]));
            context.CheckLength(result.Length);
        }

        if (next < arguments.Count)
        {
            result.Append("%!(EXTRA ").AppendJoin(", ", arguments.Skip(next).Select(value => $"{GoType(value)}={Plain(value)}"))
                .Append(')');
        }

        return context.Text(result.ToString());
    }

    /// <summary>A value as <c>%v</c> prints it.</summary>
    public static string Plain(RegoValue value) => value switch
    {
        RegoString text => text.Value,
        RegoNumber number => number.ToText(),
        _ => value.ToString(),
    };

    private static string GoType(RegoValue value) => value switch
    {
        RegoString => "string",
        RegoNumber { IsInteger: true, IsSmall: true } => "int",
        RegoNumber { IsInteger: true } => "*big.Int",
        RegoNumber => "float64",
        RegoBoolean => "ast.Boolean",
        RegoNull => "ast.Null",
        RegoArray => "*ast.Array",
        RegoObject => "*ast.object",
        _ => "*ast.set",
    };

    private readonly record struct Directive(char Verb, string Flags, int Width, int Precision)
    {
        public static Directive Read(string text, ref int i, RegoArray arguments, ref int next)
        {
            var start = i;
            while (i < text.Length && text[i] is '-' or '+' or '#' or ' ' or '0')
            {
                i++;
            }

            var flags = text[start..Math.Min(i, text.Length)];
            var width = Number(text, ref i, arguments, ref next);
            var precision = -1;
            if (i < text.Length && text[i] == '.')
            {
                i++;
                precision = Math.Max(0, Number(text, ref i, arguments, ref next));
            }

            return new Directive(i < text.Length ? text[i] : '%', flags, width, precision);
        }

        private static int Number(string text, ref int i, RegoArray arguments, ref int next)
        {
            if (i < text.Length && text[i] == '*')
            {
                i++;
                return next < arguments.Count && arguments[next++] is RegoNumber { IsSmall: true, Small: >= 0 and <= WidestField } given
                    ? (int)given.Small : -1;
            }

            var value = -1;
            for (; i < text.Length && char.IsAsciiDigit(text[i]); i++)
            {
                value = Math.Min(WidestField, (Math.Max(value, 0) * 10) + text[i] - '0');
            }

            return value;
        }

        public string Format(RegoValue value)
        {
            var numeric = false;
            var text = Verb switch
            {
                'v' => Cut(Plain(value)),
                's' => value is RegoNumber { IsInteger: true, IsSmall: false } large ? Cut(Plain(large))
                    : value is RegoNumber wrong ? $"%!s({GoType(wrong)}={Plain(wrong)})" : Cut(Plain(value)),
                'q' => value is RegoNumber n ? $"'{Plain(n)}'" : value is RegoString ? value.ToJson() : RegoString.Create(Plain(value))
                    .ToJson(),
                'T' => GoType(value),
                't' when value is RegoBoolean b => b.Value ? "true" : "false",
                'd' or 'x' or 'X' or 'o' or 'b' or 'c' or 'U' or 'e' or 'E' or 'f' or 'F' or 'g' or 'G' => Numeric(value, out numeric),
                _ => null,
            };
            text ??= $"%!{Verb}({GoType(value)}={Plain(value)})";
            return Pad(text, numeric);
        }

        private string Cut(string text) => Precision >= 0 && Precision < text.Length ? text[..Precision] : text;

        private string? Numeric(RegoValue value, out bool numeric)
        {
            numeric = false;
            if (value is RegoString text && Verb is 'x' or 'X')
            {
                var hex = Convert.ToHexStringLower(Encoding.UTF8.GetBytes(((RegoString)value).Value));
                return Verb == 'X' ? hex.ToUpperInvariant() : hex;
            }

            if (value is not RegoNumber number)
            {
                return null;
            }

            numeric = true;
            if (Verb is 'e' or 'E' or 'f' or 'F' or 'g' or 'G')
            {
                return Sign(Float(number), number.Sign);
            }

            if (number.ToBigInteger() is not { } whole)
            {
                numeric = false;
                return null;
            }

            return Verb switch
            {
                'c' => whole >= 0 && whole <= 0x10FFFF && Rune.IsValid((int)whole) ? new Rune((int)whole).ToString() : "\uFFFD",
                'U' => "U+" + ((int)BigInteger.Min(whole, int.MaxValue)).ToString("X4", CultureInfo.InvariantCulture),
                'd' => Sign(whole.ToString(CultureInfo.InvariantCulture), number.Sign),
                'o' => Sign((Flags.Contains('#', StringComparison.Ordinal) ? "0" : "") + NumberBuiltins.InBase(whole, 8), number.Sign),
                'b' => Sign(NumberBuiltins.InBase(whole, 2), number.Sign),
                'X' => Sign((Flags.Contains('#', StringComparison.Ordinal) ? "0X" : "") + NumberBuiltins.InBase(whole, 16)
                    .ToUpperInvariant(), number.Sign),
                _ => Sign((Flags.Contains('#', StringComparison.Ordinal) ? "0x" : "") + NumberBuiltins.InBase(whole, 16), number.Sign),
            };
        }

        private string Sign(string digits, int sign) =>
            sign < 0 ? digits : Flags.Contains('+', StringComparison.Ordinal) ? "+" + digits
                : Flags.Contains(' ', StringComparison.Ordinal) ? " " + digits : digits;

        private string Float(RegoNumber number)
        {
            var value = number.ToDouble();
            var places = Precision < 0 ? 6 : Math.Min(Precision, 100);
            if (Verb is 'f' or 'F')
            {
                return value.ToString("F" + places.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
            }

            if (Verb is 'g' or 'G')
            {
                var shortest = Precision < 0 ? value.ToString("R", CultureInfo.InvariantCulture)
                    : value.ToString("G" + Math.Max(1, places).ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
                return Verb == 'g' ? shortest.ToLowerInvariant() : shortest;
            }

            var scientific = value.ToString((Verb == 'e' ? "0." : "0.") + new string('0', places) + "e+00", CultureInfo.InvariantCulture);
            scientific = places == 0 ? scientific.Replace(".", "", StringComparison.Ordinal) : scientific;
            return Verb == 'E' ? scientific.ToUpperInvariant() : scientific;
        }

        private string Pad(string text, bool numeric)
        {
            var length = text.EnumerateRunes().Count();
            if (Width <= length)
            {
                return text;
            }

            if (Flags.Contains('-', StringComparison.Ordinal))
            {
                return text + new string(' ', Width - length);
            }

            if (!Flags.Contains('0', StringComparison.Ordinal) || !numeric)
            {
                return new string(' ', Width - length) + text;
            }

            var sign = text[0] is '-' or '+' ? 1 : 0;
            return text[..sign] + new string('0', Width - length) + text[sign..];
        }
    }
}
