namespace Casemate.Rego.Builtins;

/// <summary>Functions about types, and conversions.</summary>
internal static class TypeBuiltins
{
    public static void Register(BuiltinTable table)
    {
        Is(table, RegoValueKind.Null);
        Is(table, RegoValueKind.Boolean);
        Is(table, RegoValueKind.Number);
        Is(table, RegoValueKind.String);
        Is(table, RegoValueKind.Array);
        Is(table, RegoValueKind.Object);
        Is(table, RegoValueKind.Set);
        table.Add("type_name", "*", (_, a) => RegoString.Create(a.TypeName));
        table.Add("to_number", "0bns", ToNumber);
        table.Add("cast_array", "at", (_, a) => a is RegoSet set ? RegoArray.Own([.. set.Items]) : a);
        table.Add("cast_set", "at", (_, a) => a is RegoArray array ? RegoSet.Create((IEnumerable<RegoValue>)array) : a);
        table.Add("cast_string", "s", (_, a) => a);
        table.Add("cast_boolean", "b", (_, a) => a);
        table.Add("cast_null", "0", (_, a) => a);
        table.Add("cast_object", "o", (_, a) => a);
        table.Add("opa.runtime", [], (c, _) => c.Options.Runtime);
        table.Add("trace", "s", (c, a) => c.Note(((RegoString)a).Value));
    }

    private static void Is(BuiltinTable table, RegoValueKind kind) =>
        table.Add($"is_{kind.ToString().ToLowerInvariant()}", "*", (_, a) => RegoValue.From(a.Kind == kind));

    private static RegoValue? ToNumber(BuiltinContext context, RegoValue value)
    {
        switch (value)
        {
            case RegoNumber:
                return value;
            case RegoBoolean boolean:
                return RegoNumber.Create(boolean.Value ? 1 : 0);
            case RegoString text:
                return RegoNumber.TryParse(text.Value, out var number) || NumberOfLooseText(text.Value, out number)
                    ? number
                    : text.Value.TrimStart('-', '+').ToLowerInvariant() is "nan" or "inf" or "infinity"
                        ? context.TypeError($"to_number: operand 1 must be a finite number but got {text}")
                    : context.Error($"to_number: strconv.ParseFloat: parsing {text}: invalid syntax");
            default:
                return RegoNumber.Zero;
        }
    }

    // What a number in a string may look like beyond JSON: a plus sign, leading zeros, a bare point.
    private static bool NumberOfLooseText(string text, out RegoNumber? number)
    {
        number = null;
        var sign = text.StartsWith('-') ? "-" : "";
        var digits = text.StartsWith('-') || text.StartsWith('+') ? text[1..] : text;
        if (digits.Length == 0 || !(char.IsAsciiDigit(digits[0]) || digits[0] == '.') || !digits.Any(char.IsAsciiDigit))
        {
            return false;
        }

        digits = digits.TrimStart('0');
        digits = digits.Length == 0 || !char.IsAsciiDigit(digits[0]) ? "0" + digits : digits;
        var point = digits.IndexOf('.', StringComparison.Ordinal);
        if (point >= 0 && (point + 1 == digits.Length || digits[point + 1] is 'e' or 'E'))
        {
            digits = digits.Remove(point, 1);
        }

        return RegoNumber.TryParse(sign + digits, out number);
    }
}
