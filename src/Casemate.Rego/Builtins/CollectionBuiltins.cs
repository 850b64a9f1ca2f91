namespace Casemate.Rego.Builtins;

/// <summary>Functions of arrays, sets and objects.</summary>
internal static class CollectionBuiltins
{
    public static void Register(BuiltinTable table)
    {
        table.Add("array.concat", "a", "a", (c, a, b) => ArrayConcat(c, (RegoArray)a, (RegoArray)b));
        table.Add("array.reverse", "a", (_, a) => RegoArray.Own([.. ((RegoArray)a).Reverse()]));
        table.Add("array.slice", ["a", "n", "n"], ArraySlice);
        table.Add("array.flatten", "a", (_, a) =>
            RegoArray.Own([.. ((RegoArray)a).SelectMany(item => item is RegoArray inner ? inner : (IEnumerable<RegoValue>)[item])]));
        table.Add("intersection", "t", (c, a) => SetOfSets(c, "intersection", (RegoSet)a, OperatorBuiltins.Intersection));
        table.Add("union", "t", (c, a) => SetOfSets(c, "union", (RegoSet)a, OperatorBuiltins.Union));
        table.Add("object.get", ["o", "*", "*"], ObjectGet);
        table.Add("object.keys", "o", (_, a) => RegoSet.OwnSorted(((RegoObject)a).KeyArray));
        table.Add("object.union", "o", "o", (c, a, b) => Merge(c, (RegoObject)a, (RegoObject)b));
        table.Add("object.union_n", "a", UnionN);
        table.Add("object.remove", "o", "ato", (c, a, b) => Pick(c, (RegoObject)a, b, keep: false));
        table.Add("object.filter", "o", "ato", (c, a, b) => Pick(c, (RegoObject)a, b, keep: true));
        table.Add("object.subset", "oat", "oat", Subset);
        table.Add("walk", "*", (c, a) => Walk(c, a));
    }

    private static RegoArray ArrayConcat(BuiltinContext context, RegoArray a, RegoArray b)
    {
        context.CheckCount((long)a.Count + b.Count);
        context.Step((a.Count + b.Count) / 16);
        return RegoArray.Own([.. a.Items, .. b.Items]);
    }

    private static RegoValue? ArraySlice(BuiltinContext context, RegoValue[] a)
    {
        var array = (RegoArray)a[0];
        if (a[1] is not RegoNumber { IsSmall: true } first || a[2] is not RegoNumber { IsSmall: true } last)
        {
            return context.TypeError("array.slice: operands 2 and 3 must be integer numbers");
        }

        var start = (int)Math.Clamp(first.Small, 0, array.Count);
        var end = (int)Math.Clamp(last.Small, 0, array.Count);
        return end <= start ? RegoArray.Empty : RegoArray.Own([.. array.Items[start..end]]);
    }

    private static RegoValue? SetOfSets(BuiltinContext context, string name, RegoSet sets, Func<RegoSet, RegoSet, RegoSet> combine)
    {
        RegoSet? result = null;
        foreach (var member in sets)
        {
            if (member is not RegoSet set)
            {
                return context.TypeError($"{name}: operand 1 must be set of sets but got set containing {member.TypeName}");
            }

            result = result is null ? set : combine(result, set);
            context.Step(result.Count + set.Count);
            context.Charge(result.ShallowBytes);
        }

        return result ?? RegoSet.Empty;
    }

    private static RegoValue? ObjectGet(BuiltinContext context, RegoValue[] a)
    {
        if (a[1] is not RegoArray path)
        {
            return a[0].Lookup(a[1]) ?? a[2];
        }

        RegoValue? value = a[0];
        foreach (var key in path.Items)
        {
            value = value?.Lookup(key);
        }

        return value ?? a[2];
    }

    // The right one wins; objects on both sides are merged in turn.
    private static RegoObject Merge(BuiltinContext context, RegoObject left, RegoObject right)
    {
        context.Step(left.Count + right.Count);
        context.Charge((left.Count + right.Count) * 40L);
        var merged = left.ToDictionary();
        for (var i = 0; i < right.Count; i++)
        {
            var (key, value) = (right.Keys[i], right.Values[i]);
            merged[key] = value is RegoObject after && merged.GetValueOrDefault(key) is RegoObject before ? Merge(context, before, after)
                : value;
        }

        return RegoObject.Create(merged);
    }

    private static RegoValue? UnionN(BuiltinContext context, RegoValue objects)
    {
        var result = RegoObject.Empty;
        foreach (var item in ((RegoArray)objects).Items)
        {
            if (item is not RegoObject next)
            {
                return context.TypeError($"object.union_n: operand 1 must be array of objects but got array containing {item.TypeName}");
            }

            result = Merge(context, result, next);
        }

        return result;
    }

    private static RegoObject Pick(BuiltinContext context, RegoObject from, RegoValue keys, bool keep)
    {
        var wanted = keys switch
        {
            RegoSet set => set,
            RegoArray array => RegoSet.Create((IEnumerable<RegoValue>)array),
            _ => RegoSet.OwnSorted(((RegoObject)keys).KeyArray),
        };
        context.Step(from.Count);
        return RegoObject.Create(from.Where(member => wanted.Contains(member.Key) == keep));
    }

    private static RegoValue? Subset(BuiltinContext context, RegoValue whole, RegoValue part) => (whole, part) switch
    {
        (RegoObject a, RegoObject b) => RegoValue.From(IsSubset(context, a, b)),
        (RegoSet a, RegoSet b) => RegoValue.From(b.All(a.Contains)),
        (RegoArray a, RegoSet b) => RegoValue.From(b.All(item => a.Items.Contains(item))),
        (RegoArray a, RegoArray b) => RegoValue.From(IsSequence(context, a, b)),
        _ => context.Error("object.subset: both arguments object.subset must be of the same type or array and set"),
    };

    private static bool IsSubset(BuiltinContext context, RegoValue whole, RegoValue part)
    {
        context.Step();
        return (whole, part) switch
        {
            (RegoObject a, RegoObject b) => b.All(member => a.Lookup(member.Key) is { } value && IsSubset(context, value, member.Value)),
            (RegoSet a, RegoSet b) => b.All(a.Contains),
            (RegoArray a, RegoArray b) => IsSequence(context, a, b),
            _ => whole.Equals(part),
        };
    }

    private static bool IsSequence(BuiltinContext context, RegoArray whole, RegoArray part)
    {
        for (var start = 0; start + part.Count <= whole.Count; start++)
        {
            context.Step(part.Count + 1);
            var at = start;
            if (part.Items.Length == 0 || Enumerable.Range(0, part.Count).All(i => whole[at + i].Equals(part[i])))
            {
                return true;
            }
        }

        return false;
    }

    // Every value with its path. The search visits the pairs like those of any other array.
    private static RegoArray Walk(BuiltinContext context, RegoValue root)
    {
        var found = new List<RegoValue>();
        var waiting = new Stack<(RegoArray Path, RegoValue Value)>();
        waiting.Push((RegoArray.Empty, root));
        while (waiting.TryPop(out var next))
        {
            context.Step();
            context.CheckCount(found.Count);
            context.Charge(160 + (8L * next.Path.Count));
            found.Add(RegoArray.Own([next.Path, next.Value]));
            var below = new List<(RegoValue Key, RegoValue Value)>();
            switch (next.Value)
            {
                case RegoArray array:
                    below.AddRange(array.Select((item, i) => ((RegoValue)RegoNumber.Create(i), item)));
                    break;
                case RegoSet set:
                    below.AddRange(set.Select(member => (member, member)));
                    break;
                case RegoObject members:
                    below.AddRange(members.Select(member => (member.Key, member.Value)));
                    break;
            }

            for (var i = below.Count - 1; i >= 0; i--)
            {
                waiting.Push((RegoArray.Own([.. next.Path.Items, below[i].Key]), below[i].Value));
            }
        }

        return RegoArray.Own([.. found]);
    }
}
