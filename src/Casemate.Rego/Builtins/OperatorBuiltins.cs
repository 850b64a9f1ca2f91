namespace Casemate.Rego.Builtins;

/// <summary>The functions behind the operators.</summary>
internal static class OperatorBuiltins
{
    public const string TooLarge = "the number has more digits than is allowed";

    public static void Register(BuiltinTable table)
    {
        table.Add("equal", "*", "*", (_, a, b) => RegoValue.From(a.Equals(b)));
        table.Add("neq", "*", "*", (_, a, b) => RegoValue.From(!a.Equals(b)));
        table.Add("lt", "*", "*", (_, a, b) => RegoValue.From(a.CompareTo(b) < 0));
        table.Add("lte", "*", "*", (_, a, b) => RegoValue.From(a.CompareTo(b) <= 0));
        table.Add("gt", "*", "*", (_, a, b) => RegoValue.From(a.CompareTo(b) > 0));
        table.Add("gte", "*", "*", (_, a, b) => RegoValue.From(a.CompareTo(b) >= 0));
        table.Add("plus", "n", "n", (c, a, b) => Arithmetic.Add((RegoNumber)a, (RegoNumber)b) ?? c.Error($"plus: {TooLarge}"));
        table.Add("mul", "n", "n", (c, a, b) => Arithmetic.Multiply((RegoNumber)a, (RegoNumber)b) ?? c.Error($"mul: {TooLarge}"));
        table.Add("minus", "nt", "nt", Minus);
        table.Add("div", "n", "n", Divide);
        table.Add("rem", "n", "n", Remainder);
        table.Add("and", "t", "t", (_, a, b) => Intersection((RegoSet)a, (RegoSet)b));
        table.Add("or", "t", "t", (_, a, b) => Union((RegoSet)a, (RegoSet)b));
        table.Add("set_diff", "t", "t", (_, a, b) => Difference((RegoSet)a, (RegoSet)b));
        table.Add("internal.member_2", "*", "*", (c, a, b) => Member(c, a, b));
        table.Add("internal.member_3", ["*", "*", "*"], (_, a) => RegoValue.From(
            a[2] is RegoArray or RegoObject && a[2].Lookup(a[0]) is { } found && found.Equals(a[1])));
    }

    public static RegoSet Intersection(RegoSet a, RegoSet b)
    {
        var (fewer, more) = a.Count <= b.Count ? (a, b) : (b, a);
        return RegoSet.OwnSorted([.. fewer.ItemArray.Where(more.Contains)]);
    }

    public static RegoSet Difference(RegoSet a, RegoSet b) =>
        b.Count == 0 ? a : RegoSet.OwnSorted([.. a.ItemArray.Where(item => !b.Contains(item))]);

    // Both are sorted, so that merging them keeps the order.
    public static RegoSet Union(RegoSet a, RegoSet b)
    {
        if (a.Count == 0 || b.Count == 0)
        {
            return a.Count == 0 ? b : a;
        }

        var merged = new List<RegoValue>(a.Count + b.Count);
        var x = a.Items;
        var y = b.Items;
        var (i, k) = (0, 0);
        while (i < x.Length && k < y.Length)
        {
            var compared = x[i].CompareTo(y[k]);
            merged.Add(compared <= 0 ? x[i] : y[k]);
            i += compared <= 0 ? 1 : 0;
            k += compared >= 0 ? 1 : 0;
        }

        merged.AddRange(x[i..]);
        merged.AddRange(y[k..]);
        return RegoSet.OwnSorted([.. merged]);
    }

    private static RegoValue? Minus(BuiltinContext context, RegoValue a, RegoValue b) => (a, b) switch
    {
        (RegoNumber x, RegoNumber y) => Arithmetic.Subtract(x, y) ?? context.Error($"minus: {TooLarge}"),
        (RegoSet x, RegoSet y) => Difference(x, y),
        _ => context.TypeError($"minus: operand 2 must be {a.TypeName} but got {b.TypeName}"),
    };

    private static RegoValue? Divide(BuiltinContext context, RegoValue a, RegoValue b) =>
        ((RegoNumber)b).Sign == 0
            ? context.Error("div: divide by zero")
            : Arithmetic.Divide((RegoNumber)a, (RegoNumber)b) ?? context.Error($"div: {TooLarge}");

    private static RegoValue? Remainder(BuiltinContext context, RegoValue a, RegoValue b)
    {
        var (x, y) = ((RegoNumber)a, (RegoNumber)b);
        if (!x.IsInteger || !y.IsInteger)
        {
            return context.Error("rem: modulo on floating-point number");
        }

        return y.Sign == 0 ? context.Error("rem: modulo by zero") : Arithmetic.Remainder(x, y) ?? context.Error($"rem: {TooLarge}");
    }

    private static RegoBoolean Member(BuiltinContext context, RegoValue item, RegoValue collection)
    {
        switch (collection)
        {
            case RegoSet set:
                return RegoValue.From(set.Contains(item));
            case RegoArray array:
                context.Step(array.Count / 8);
                return RegoValue.From(array.Items.Contains(item));
            case RegoObject members:
                context.Step(members.Count / 8);
                return RegoValue.From(members.Values.Contains(item));
            default:
                return RegoValue.False;
        }
    }
}
