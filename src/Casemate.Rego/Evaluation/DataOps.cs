using Casemate.Rego.Compiling;

namespace Casemate.Rego.Evaluation;

/// <summary>Documents of data, where packages and base documents lie over each other.</summary>
internal static class DataDocument
{
    /// <summary>The whole document at a place; null when there is nothing.</summary>
    public static RegoValue? Whole(Machine machine, RuleNode node, RegoValue? below)
    {
        if (machine.Overrides is not null && machine.Overrides.Covers(node))
        {
            return below;
        }

        if (node.Group is { } group)
        {
            return group.Kind is RuleGroupKind.Function ? null : machine.ValueOf(group);
        }

        var members = below is RegoObject existing ? existing.ToDictionary() : [];
        foreach (var child in node.Children.Values)
        {
            members.TryGetValue(child.Key, out var inner);
            if (Whole(machine, child, inner) is { } value)
            {
                members[child.Key] = value;
            }
            else
            {
                members.Remove(child.Key);
            }
        }

        machine.Charge(80 + (40L * members.Count));
        machine.Step(members.Count);
        return RegoObject.Create(members);
    }
}

/// <summary>The whole document at a place where packages lie.</summary>
internal sealed class DocumentExpr(RuleNode node) : Expr
{
    public override RegoValue? Evaluate(Machine machine, Frame frame) => DataDocument.Whole(machine, node, machine.BaseValue(node));
}

/// <summary>One key of a reference whose place among the packages is not known before it runs.</summary>
/// <param name="Key">The key; null when it is to be found.</param>
/// <param name="Slot">The variable to bind when the key is to be found.</param>
internal readonly record struct WalkKey(Expr? Key, int Slot);

/// <summary>Follows a reference through packages, rules and base documents.</summary>
internal sealed class DataWalkOp(RuleNode start, WalkKey[] keys, int result) : Op
{
    public override bool Run(Machine machine, Frame frame) => Walk(machine, frame, 0, start, machine.BaseValue(start));

    private bool Walk(Machine machine, Frame frame, int i, RuleNode? node, RegoValue? value)
    {
        machine.Step();
        if (node is not null)
        {
            if (machine.Overrides is not null && machine.Overrides.Covers(node))
            {
                node = null;
            }
            else if (node.Group is { } group)
            {
                value = group.Kind is RuleGroupKind.Function ? null : machine.ValueOf(group);
                node = null;
            }
        }

        if (i == keys.Length)
        {
            value = node is null ? value : DataDocument.Whole(machine, node, value);
            if (value is null)
            {
                return false;
            }

            frame.Slots[result] = value;
            return Next.Run(machine, frame);
        }

        if (node is null && value is null)
        {
            return false;
        }

        var key = keys[i];
        if (key.Key is null)
        {
            return Each(machine, frame, i, node, value);
        }

        if (key.Key.Evaluate(machine, frame) is not { } found)
        {
            return false;
        }

        RuleNode? child = null;
        if (node is not null && found is RegoString name)
        {
            node.Children.TryGetValue(name.Value, out child);
        }

        return Walk(machine, frame, i + 1, child, value?.Lookup(found));
    }

    private bool Each(Machine machine, Frame frame, int i, RuleNode? node, RegoValue? value)
    {
        var slot = keys[i].Slot;
        if (node is not null)
        {
            foreach (var child in node.Children.Values.OrderBy(child => child.Key))
            {
                frame.Slots[slot] = child.Key;
                if (Walk(machine, frame, i + 1, child, value?.Lookup(child.Key)))
                {
                    return true;
                }
            }
        }

        switch (value)
        {
            case RegoArray array:
                for (var k = 0; k < array.Count; k++)
                {
                    frame.Slots[slot] = RegoNumber.Create(k);
                    if (Walk(machine, frame, i + 1, null, array[k]))
                    {
                        return true;
                    }
                }

                break;
            case RegoSet set:
                foreach (var member in set)
                {
                    frame.Slots[slot] = member;
                    if (Walk(machine, frame, i + 1, null, member))
                    {
                        return true;
                    }
                }

                break;
            case RegoObject members:
                for (var k = 0; k < members.Count; k++)
                {
                    var name = members.Keys[k];
                    if (node is not null && name is RegoString text && node.Children.ContainsKey(text.Value))
                    {
                        continue;
                    }

                    frame.Slots[slot] = name;
                    if (Walk(machine, frame, i + 1, null, members.Values[k]))
                    {
                        return true;
                    }
                }

                break;
        }

        return false;
    }
}
