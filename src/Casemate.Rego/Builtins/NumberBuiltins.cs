using System.Numerics;

namespace Casemate.Rego.Builtins;

/// <summary>Functions of numbers and bits.</summary>
internal static class NumberBuiltins
{
    private const int MostBits = 16384;

    public static void Register(BuiltinTable table)
    {
        table.Add("abs", "n", (_, a) => ((RegoNumber)a).Sign < 0 ? Arithmetic.Negate((RegoNumber)a) : a);
        table.Add("ceil", "n", (_, a) => Arithmetic.RoundTo((RegoNumber)a, 1));
        table.Add("floor", "n", (_, a) => Arithmetic.RoundTo((RegoNumber)a, -1));
        table.Add("round", "n", (_, a) => Arithmetic.RoundTo((RegoNumber)a, 0));
        table.Add("numbers.range", "n", "n", (c, a, b) => Range(c, "numbers.range", (RegoNumber)a, (RegoNumber)b, 1));
        table.Add("numbers.range_step", ["n", "n", "n"], RangeStep);
        Bits(table, "bits.and", (a, b) => a & b);
        Bits(table, "bits.or", (a, b) => a | b);
        Bits(table, "bits.xor", (a, b) => a ^ b);
        table.Add("bits.negate", "n", (c, a) => Whole(c, "bits.negate", 1, a) is { } x ? RegoNumber.Create(~x) : null);
        table.Add("bits.lsh", "n", "n", (c, a, b) => Shift(c, "bits.lsh", a, b, left: true));
        table.Add("bits.rsh", "n", "n", (c, a, b) => Shift(c, "bits.rsh", a, b, left: false));
        table.Add("format_int", "n", "n", FormatInt);
    }

    private static void Bits(BuiltinTable table, string name, Func<BigInteger, BigInteger, BigInteger> combine) =>
        table.Add(name, "n", "n", (c, a, b) =>
            Whole(c, name, 1, a) is { } x && Whole(c, name, 2, b) is { } y ? RegoNumber.Create(combine(x, y)) : null);

    public static BigInteger? Whole(BuiltinContext context, string name, int operand, RegoValue value)
    {
        if (((RegoNumber)value).ToBigInteger() is { } whole)
        {
            return whole;
        }

        context.TypeError($"{name}: operand {operand} must be integer number but got floating-point number");
        return null;
    }

    private static RegoValue? Shift(BuiltinContext context, string name, RegoValue value, RegoValue by, bool left)
    {
        if (Whole(context, name, 1, value) is not { } x || Whole(context, name, 2, by) is not { } places)
        {
            return null;
        }

        if (places.Sign < 0)
        {
            return context.TypeError($"{name}: operand 2 must be an unsigned integer number but got a negative integer");
        }

        if (!left)
        {
            return RegoNumber.Create(places > MostBits ? (x.Sign < 0 ? -1 : 0) : x >> (int)places);
        }

        return places > MostBits ? context.Error($"{name}: {OperatorBuiltins.TooLarge}") : RegoNumber.Create(x << (int)places);
    }

    private static RegoValue? RangeStep(BuiltinContext context, RegoValue[] arguments)
    {
        const string Name = "numbers.range_step";
        if (Whole(context, Name, 3, arguments[2]) is not { } step)
        {
            return null;
        }

        return step.Sign <= 0
            ? context.Error($"{Name}: step must be a positive integer")
            : Range(context, Name, (RegoNumber)arguments[0], (RegoNumber)arguments[1], step);
    }

    private static RegoValue? Range(BuiltinContext context, string name, RegoNumber first, RegoNumber last, BigInteger step)
    {
        if (Whole(context, name, 1, first) is not { } from || Whole(context, name, 2, last) is not { } to)
        {
            return null;
        }

        var count = (BigInteger.Abs(to - from) / step) + 1;
        context.CheckCount(count > int.MaxValue ? int.MaxValue : (long)count);
        context.Step((long)count);
        context.Charge((long)count * 40);
        var items = new RegoValue[(int)count];
        var stride = to >= from ? step : -step;
        for (var i = 0; i < items.Length; i++)
        {
            items[i] = RegoNumber.Create(from + (stride * i));
        }

        return RegoArray.Own(items);
    }

    private static RegoValue? FormatInt(BuiltinContext context, RegoValue value, RegoValue radix)
    {
        if (radix is not RegoNumber { IsSmall: true, Small: 2 or 8 or 10 or 16 } number)
        {
            return context.TypeError("format_int: operand 2 must be one of {2, 8, 10, 16}");
        }

        var whole = ((RegoNumber)value).IsInteger ? (RegoNumber)value
            : Arithmetic.RoundTo((RegoNumber)value, ((RegoNumber)value).Sign > 0 ? -1 : 1);
        return whole.ToBigInteger() is { } big ? RegoString.Create(InBase(big, (int)number.Small))
            : context.Error($"format_int: {OperatorBuiltins.TooLarge}");
    }

    public static string InBase(BigInteger value, int radix)
    {
        if (radix == 10)
        {
            return value.ToString(System.Globalization.CultureInfo.InvariantCulture);
        }

        var digits = BigInteger.Abs(value).ToString(radix == 16 ? "x" : "b", System.Globalization.CultureInfo.InvariantCulture)
            .TrimStart('0');
        if (radix == 8)
        {
            digits = digits.PadLeft((digits.Length + 2) / 3 * 3, '0');
            digits = string.Concat(digits.Chunk(3).Select(three => (char)('0' + Convert.ToInt32(new string(three), 2)))).TrimStart('0');
        }

        return (value.Sign < 0 ? "-" : "") + (digits.Length == 0 ? "0" : digits);
    }
}
