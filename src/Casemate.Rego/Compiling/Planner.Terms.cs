using Casemate.Rego.Builtins;
using Casemate.Rego.Evaluation;
using Casemate.Rego.Syntax;

namespace Casemate.Rego.Compiling;

internal sealed partial class Planner
{
    // Emits the steps that find the unbound variables in the references of terms, outside of inner bodies.
    private void Prepare(params ReadOnlySpan<Term> terms)
    {
        // A reference may need what another one finds; each round finds at least one or ends.
        for (var found = true; found;)
        {
            found = false;
            foreach (var term in terms)
            {
                found |= PrepareOne(term);
            }
        }
    }

    private bool PrepareOne(Term term)
    {
        switch (term)
        {
            case ReferenceTerm reference:
                {
                    var found = PrepareOne(reference.Head);
                    foreach (var key in reference.Path)
                    {
                        found |= PrepareOne(key);
                    }

                    if (_hoisted.ContainsKey(reference) || Variables.Ready(reference, _bound) || !Variables.Ready(reference.Head, _bound)
                        || !reference.Path.All(CanBind))
                    {
                        return found;
                    }

                    var value = Follow(reference);
                    _hoisted[reference] = Held(value);
                    return true;
                }

            case ArrayTerm array:
                return Any(array.Items);
            case SetTerm set:
                return Any(set.Items);
            case CallTerm call:
                {
                    // A relation rather than a function: each pair that it yields is tried.
                    var found = Any(call.Arguments);
                    if (call.Target is Builtin { Name: "walk" } walk && call.Arguments is [var root] && !_hoisted.ContainsKey(call)
                        && Variables.Ready(root, _bound))
                    {
                        var pair = NewSlot();
                        Emit(new EachOp(new Call1Expr(walk, Compile(root), call.At), -1, pair));
                        _hoisted[call] = pair;
                        found = true;
                    }

                    return found;
                }

            case ObjectTerm members:
                {
                    var found = false;
                    foreach (var (key, value) in members.Members)
                    {
                        found |= PrepareOne(key);
                        found |= PrepareOne(value);
                    }

                    return found;
                }

            default:
                return false;
        }
    }

    private bool Any(Term[] terms)
    {
        var found = false;
        foreach (var term in terms)
        {
            found |= PrepareOne(term);
        }

        return found;
    }

    // Whether a key has a value or is a pattern that a found key can be matched with.
    private bool CanBind(Term key)
    {
        var bound = new BoundVariables(_bound);
        Variables.Pattern(key, bound);
        return Variables.Ready(key, bound);
    }

    private Expr Compile(Term term)
    {
        if (_hoisted.TryGetValue(term, out var slot))
        {
            return new SlotExpr(slot);
        }

        switch (term)
        {
            case ConstantTerm constant:
                return new ConstantExpr(constant.Value);
            case LocalTerm local:
                if (!_bound.Contains(local.Slot))
                {
                    Unsafe(local.At, [local]);
                }

                return new SlotExpr(local.Slot);
            case RootTerm root:
                return root.IsInput ? InputExpr.Instance : new DocumentExpr(_tree.Root);
            case ReferenceTerm reference:
                return Follow(reference);
            case ArrayTerm array:
                return new ArrayExpr([.. array.Items.Select(Compile)]);
            case SetTerm set:
                return new SetExpr([.. set.Items.Select(Compile)]);
            case ObjectTerm members:
                return new ObjectExpr([.. members.Members.Select(member => (Compile(member.Key), Compile(member.Value)))], members.At);
            case TemplateTerm template:
                return new TemplateExpr([.. template.Parts.Select(TemplatePart)]);
            case ComprehensionTerm comprehension:
                return Comprehension(comprehension);
            case CallTerm call:
                return Call(call);
            default:
                throw new InvalidOperationException($"a term of type {term.GetType().Name} was not resolved");
        }
    }

    private (Expr? Constant, Op? Body) TemplatePart(Term part) => part is ConstantTerm constant
        ? (new ConstantExpr(constant.Value), null)
        : (null, Apart(() =>
        {
            Prepare(part);
            Emit(new YieldItemOp(Compile(part)));
        }));

    private ComprehensionExpr Comprehension(ComprehensionTerm comprehension)
    {
        var body = Apart(() =>
        {
            Body(comprehension.Body);
            if (comprehension.Key is not null)
            {
                Prepare(comprehension.Key);
            }

            Prepare(comprehension.Value);
            var value = Head(comprehension.Value);
            Emit(comprehension.Kind switch
            {
                RegoValueKind.Array => new YieldItemOp(value),
                RegoValueKind.Set => new YieldMemberOp(value),
                _ => new YieldPairOp(Head(comprehension.Key!), value, comprehension.At),
            });
        });
        return new ComprehensionExpr(comprehension.Kind, body, comprehension.At);
    }

    private Expr Call(CallTerm call)
    {
        Expr[] arguments = [.. call.Arguments.Select(Compile)];
        return (call.Target, arguments) switch
        {
            (Builtin { IsPrint: true }, _) => new ConstantExpr(RegoValue.True),
            (Builtin builtin, [var one]) => new Call1Expr(builtin, one, call.At),
            (Builtin builtin, [var one, var two]) => new Call2Expr(builtin, one, two, call.At),
            (RuleGroup group, _) => new FunctionExpr(group, arguments, call.At),
            _ => new CallExpr(call.Target ?? new ConstantExpr(RegoValue.Null), arguments, call.At),
        };
    }

    // Follows a reference key by key; keys that are unbound become steps that visit each.
    private Expr Follow(ReferenceTerm reference)
    {
        var path = reference.Path.AsSpan();
        Expr current;
        if (reference.Head is RootTerm { IsInput: false })
        {
            if (FollowData(reference, ref path) is not { } document)
            {
                return new SlotExpr(_hoisted[reference]);
            }

            current = document;
        }
        else
        {
            current = Compile(reference.Head);
        }

        foreach (var key in path)
        {
            if (Variables.Ready(key, _bound))
            {
                var index = Compile(key);
                current = index is ConstantExpr constant ? new MemberExpr(current, constant.Value) : new GetExpr(current, index);
                continue;
            }

            var value = NewSlot();
            _bound.Remove(value);
            Each(current, key, new LocalTerm(key.At, value, ""), key.At);
            current = new SlotExpr(value);
        }

        return current;
    }

    // The document at the constant beginning of a reference to data; null when the whole reference became a step.
    private Expr? FollowData(ReferenceTerm reference, ref Span<Term> path)
    {
        var node = _tree.Root;
        var used = 0;
        while (used < path.Length && path[used] is ConstantTerm constant && node.Group is null)
        {
            RuleNode? child = null;
            if (constant.Value is RegoString name)
            {
                node.Children.TryGetValue(name.Value, out child);
            }

            if (child is null)
            {
                // No rule lies here: everything below is base data.
                while (used < path.Length && path[used] is ConstantTerm)
                {
                    used++;
                }

                var keys = new RegoValue[used];
                for (var i = 0; i < used; i++)
                {
                    keys[i] = ((ConstantTerm)path[i]).Value;
                }

                path = path[used..];
                return keys.Any(key => key is RegoNumber) ? new NumberedDataExpr(keys) : new BaseDataExpr(keys);
            }

            node = child;
            used++;
        }

        path = path[used..];
        if (node.Group is { } group)
        {
            return group.Kind is RuleGroupKind.Function ? new BaseDataExpr([RegoString.Create("\0")]) : new RuleExpr(group);
        }

        if (path.IsEmpty)
        {
            return new DocumentExpr(node);
        }

        Walk(reference, node, path.ToArray());
        return null;
    }

    private void Walk(ReferenceTerm reference, RuleNode node, Term[] path)
    {
        var keys = new WalkKey[path.Length];
        var patterns = new List<(Term Pattern, int Slot)>();
        for (var i = 0; i < path.Length; i++)
        {
            if (Variables.Ready(path[i], _bound))
            {
                keys[i] = new WalkKey(Compile(path[i]), -1);
                continue;
            }

            var slot = path[i] is LocalTerm local ? local.Slot : NewSlot();
            keys[i] = new WalkKey(null, slot);
            if (path[i] is LocalTerm)
            {
                _bound.Add(slot);
            }
            else
            {
                patterns.Add((path[i], slot));
            }
        }

        var result = NewSlot();
        _hoisted[reference] = result;
        Emit(new DataWalkOp(node, keys, result));
        foreach (var (pattern, slot) in patterns)
        {
            Match(pattern, new SlotExpr(slot), reference.At);
        }
    }
}
