namespace Casemate.Rego.Builtins;

/// <summary>Functions that make one value of a collection.</summary>
internal static class AggregateBuiltins
{
    public static void Register(BuiltinTable table)
    {
        table.Add("count", "saot", (_, a) => RegoNumber.Create(Count(a)));
        table.Add("sum", "at", (c, a) => Fold(c, "sum", a, RegoNumber.Zero, Arithmetic.Add));
        table.Add("product", "at", (c, a) => Fold(c, "product", a, RegoNumber.Create(1), Arithmetic.Multiply));
        table.Add("max", "at", (_, a) => Extreme(a, 1));
        table.Add("min", "at", (_, a) => Extreme(a, -1));
        table.Add("sort", "at", (_, a) => Sort(a));
        table.Add("all", "at", (_, a) => RegoValue.From(!Items(a).ContainsAnyExcept(RegoValue.True)));
        table.Add("any", "at", (_, a) => RegoValue.From(Items(a).Contains(RegoValue.True)));
    }

    public static ReadOnlySpan<RegoValue> Items(RegoValue collection) => collection is RegoArray array ? array.Items : ((RegoSet)collection)
        .Items;

    private static int Count(RegoValue value) => value switch
    {
        RegoString text => text.Length,
        RegoArray array => array.Count,
        RegoObject members => members.Count,
        _ => ((RegoSet)value).Count,
    };

    private static RegoValue? Fold(
        BuiltinContext context, string name, RegoValue collection, RegoNumber start, Func<RegoNumber, RegoNumber, RegoNumber?> combine)
    {
        var items = Items(collection);
        context.Step(items.Length);
        RegoNumber? total = start;
        foreach (var item in items)
        {
            if (item is not RegoNumber number)
            {
                return context.TypeError($"{name}: operand 1 must be {collection.TypeName} of numbers but got {collection.TypeName} containing {item.TypeName}");
            }

            total = combine(total, number);
            if (total is null)
            {
                return context.Error($"{name}: {OperatorBuiltins.TooLarge}");
            }
        }

        return total;
    }

    private static RegoValue? Extreme(RegoValue collection, int side)
    {
        var items = Items(collection);
        RegoValue? found = null;
        foreach (var item in items)
        {
            found = found is null || item.CompareTo(found) * side > 0 ? item : found;
        }

        return found;
    }

    private static RegoArray Sort(RegoValue collection)
    {
        RegoValue[] items = [.. Items(collection)];
        Array.Sort(items);
        return RegoArray.Own(items);
    }
}
