using Casemate.Rego.Builtins;
using Casemate.Rego.Evaluation;
using Casemate.Rego.Syntax;

namespace Casemate.Rego.Compiling;

internal sealed partial class Planner
{
    private void PlanPositive(Literal literal)
    {
        switch (literal.Kind)
        {
            case LiteralKind.Unify:
                Unify(literal.Left!, literal.Right!, literal.At);
                break;
            case LiteralKind.SomeIn:
                SomeIn(literal);
                break;
            case LiteralKind.Every:
                Every(literal);
                break;
            default:
                Expression(literal);
                break;
        }
    }

    private void Expression(Literal literal)
    {
        var term = literal.Left!;
        if (term is CallTerm { Target: Builtin { IsPrint: true } } print)
        {
            Emit(new PrintOp([.. print.Arguments.Select(PrintArgument)]));
            return;
        }

        Prepare(term);
        if (term is CallTerm { Target: Builtin { Name: "equal" }, Arguments: [var left, var right] })
        {
            Emit(new EqualOp(Compile(left), Compile(right)));
        }
        else
        {
            Emit(new TestOp(Compile(term)));
        }
    }

    // Undefined arguments print too, and those with several values print each.
    private (Expr? Single, Op? Body) PrintArgument(Term argument)
    {
        if (argument is LocalTerm or ConstantTerm)
        {
            return (Compile(argument), null);
        }

        return (null, Apart(() =>
        {
            Prepare(argument);
            Emit(new YieldItemOp(Compile(argument)));
        }));
    }

    private void SomeIn(Literal literal)
    {
        Prepare(literal.Right!);
        var domain = Compile(literal.Right!);
        Each(domain, literal.Key, literal.Left!, literal.At);
    }

    // Visits a collection; key and value are patterns.
    private void Each(Expr domain, Term? key, Term value, RegoLocation at)
    {
        var keySlot = key switch
        {
            null or LocalTerm { Name: "_" } => -1,
            LocalTerm local when !_bound.Contains(local.Slot) => local.Slot,
            _ => NewSlot(),
        };
        var valueSlot = value is LocalTerm plain && !_bound.Contains(plain.Slot) && plain.Slot != keySlot ? plain.Slot : NewSlot();
        Emit(new EachOp(domain, keySlot, valueSlot));
        _bound.Add(valueSlot);
        if (keySlot >= 0)
        {
            _bound.Add(keySlot);
        }

        if (key is LocalTerm { Name: "_" } nobody)
        {
            _bound.Add(nobody.Slot);
        }
        else if (key is not null && !(key is LocalTerm same && same.Slot == keySlot))
        {
            Match(key, new SlotExpr(keySlot), at);
        }

        if (!(value is LocalTerm direct && direct.Slot == valueSlot))
        {
            Match(value, new SlotExpr(valueSlot), at);
        }
    }

    private void Every(Literal literal)
    {
        Prepare(literal.Right!);
        var domainSlot = literal.Right is LocalTerm local ? local.Slot : NewSlot();
        if (literal.Right is not LocalTerm)
        {
            Emit(new AssignOp(domainSlot, Compile(literal.Right!)));
        }

        var domain = new SlotExpr(domainSlot);
        var counterexample = Apart(
            () =>
            {
                Each(domain, literal.Key, literal.Left!, literal.At);
                Emit(new NotOp(Apart(() => Body(literal.Body), SuccessOp.Instance)));
            },
            SuccessOp.Instance);
        Emit(new EveryOp(domain, counterexample));
    }

    private void Unify(Term left, Term right, RegoLocation at)
    {
        Prepare(left, right);
        if (Variables.Ready(left, _bound))
        {
            Match(right, Compile(left), at);
            return;
        }

        if (Variables.Ready(right, _bound))
        {
            Match(left, Compile(right), at);
            return;
        }

        // Neither side is known whole: the parts are, one after the other.
        var pairs = new List<(Term Left, Term Right)>();
        if (!Parts(left, right, pairs))
        {
            Emit(new FailOp());
            BindAll(left, right);
            return;
        }

        if (pairs.Count == 1 && ReferenceEquals(pairs[0].Left, left))
        {
            Unsafe(at, [left, right]);
            return;
        }

        Parts(pairs, at);
    }

    private void Parts(List<(Term Left, Term Right)> pairs, RegoLocation at)
    {
        while (pairs.Count > 0)
        {
            var next = pairs.FindIndex(pair => Variables.Ready(pair.Left, _bound) || Variables.Ready(pair.Right, _bound));
            if (next < 0)
            {
                next = pairs.FindIndex(pair => pair is ({ } a, { } b) && a is ArrayTerm or ObjectTerm && b is ArrayTerm or ObjectTerm);
            }

            if (next < 0)
            {
                Unsafe(at, [.. pairs.SelectMany(pair => (Term[])[pair.Left, pair.Right])]);
                return;
            }

            var (left, right) = pairs[next];
            pairs.RemoveAt(next);
            Unify(left, right, at);
        }
    }

    // A body that fails here binds nothing that is read, yet what follows must find its variables bound.
    private void BindAll(Term left, Term right)
    {
        var free = new HashSet<int>();
        Variables.FreeAll([left, right], free);
        foreach (var slot in free)
        {
            _bound.Add(slot);
        }
    }

    // Splits an equation of two written-out collections; false when they can never be equal.
    private static bool Parts(Term left, Term right, List<(Term Left, Term Right)> pairs)
    {
        if (left is ArrayTerm a && right is ArrayTerm b)
        {
            pairs.AddRange(a.Items.Zip(b.Items));
            return a.Items.Length == b.Items.Length;
        }

        if (left is ObjectTerm x && right is ObjectTerm y)
        {
            foreach (var (key, value) in x.Members)
            {
                var other = y.Members.FirstOrDefault(
                    member => key is ConstantTerm one && member.Key is ConstantTerm two && one.Value.Equals(two.Value));
                if (other.Value is null)
                {
                    return false;
                }

                pairs.Add((value, other.Value));
            }

            return x.Members.Length == y.Members.Length;
        }

        if (left is ArrayTerm or ObjectTerm && right is ArrayTerm or ObjectTerm)
        {
            return false;
        }

        pairs.Add((left, right));
        return true;
    }

    // Matches a pattern with a value: binds what is unbound, compares the rest.
    private void Match(Term pattern, Expr value, RegoLocation at)
    {
        switch (pattern)
        {
            case LocalTerm local when !_bound.Contains(local.Slot):
                Emit(new AssignOp(local.Slot, value));
                _bound.Add(local.Slot);
                return;
            case ArrayTerm array when !Variables.Ready(pattern, _bound):
                {
                    var slot = Held(value);
                    Emit(new ArrayShapeOp(slot, array.Items.Length));
                    MatchAll([.. array.Items.Select((item, i) => (item, (Expr)new MemberExpr(new SlotExpr(slot), RegoNumber.Create(i))))], at);
                    return;
                }

            case ObjectTerm members when !Variables.Ready(pattern, _bound):
                {
                    var slot = Held(value);
                    Emit(new ObjectShapeOp(slot, members.Members.Length));
                    MatchAll([.. members.Members.Select(member => (member.Value, (Expr)new GetExpr(new SlotExpr(slot), Key(member.Key))))], at);
                    return;
                }

            default:
                if (!Variables.Ready(pattern, _bound))
                {
                    Unsafe(at, [pattern]);
                    return;
                }

                Emit(new EqualOp(Compile(pattern), value));
                return;
        }
    }

    private Expr Key(Term key)
    {
        if (!Variables.Ready(key, _bound))
        {
            Unsafe(key.At, [key]);
            return new ConstantExpr(RegoValue.Null);
        }

        return Compile(key);
    }

    private void MatchAll(List<(Term Pattern, Expr Value)> parts, RegoLocation at)
    {
        // Plain variables first: a part that reads one of them follows.
        foreach (var (pattern, value) in parts.Where(part => part.Pattern is LocalTerm or ArrayTerm or ObjectTerm))
        {
            Match(pattern, value, at);
        }

        foreach (var (pattern, value) in parts.Where(part => part.Pattern is not (LocalTerm or ArrayTerm or ObjectTerm)))
        {
            Match(pattern, value, at);
        }
    }

    private int Held(Expr value)
    {
        if (value is SlotExpr held)
        {
            return held.Slot;
        }

        var slot = NewSlot();
        Emit(new AssignOp(slot, value));
        return slot;
    }
}
