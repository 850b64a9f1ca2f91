using Casemate.Rego.Evaluation;
using Casemate.Rego.Syntax;

namespace Casemate.Rego.Compiling;

/// <summary>Turns the resolved rules of a group into steps. One planner serves one branch of one rule.</summary>
internal sealed partial class Planner
{
    // A long body checks the stack this often.
    private const int StepsBetweenGuards = 48;

    private readonly RuleTree _tree;
    private readonly Action<RegoErrorCode, RegoLocation, string> _report;
    private readonly bool _traced;
    private readonly List<string> _slots;
    private readonly Dictionary<Term, int> _hoisted = new(ReferenceEqualityComparer.Instance);
    private readonly List<LiteralTrace> _literals = [];
    private BoundVariables _bound = new();
    private List<Op> _ops = [];

    private Planner(RuleTree tree, List<string> slots, bool traced, Action<RegoErrorCode, RegoLocation, string> report)
    {
        _tree = tree;
        _slots = [.. slots];
        _traced = traced;
        _report = report;
    }

    public static RulePlan Plan(
        RuleTree tree, RuleGroup group, ResolvedRule rule, bool traced, Action<RegoErrorCode, RegoLocation, string> report)
    {
        var next = rule.Else is null ? null : Plan(tree, group, rule.Else, traced, report);
        return new Planner(tree, rule.SlotNames, traced, report).Plan(group, rule, next);
    }

    public static RulePlan PlanQuery(
        RuleTree tree, Literal[] body, List<string> slots, int[] visible, bool traced, Action<RegoErrorCode, RegoLocation, string> report)
    {
        var planner = new Planner(tree, slots, traced, report);
        planner.Body(body, top: true);
        planner.Emit(new YieldBindingsOp(visible));
        return planner.Finish(body.Length > 0 ? body[0].At : new RegoLocation("query", 1, 1), null);
    }

    private RulePlan Plan(RuleGroup group, ResolvedRule rule, RulePlan? next)
    {
        for (var i = 0; i < rule.Arguments.Length; i++)
        {
            _bound.Add(i);
        }

        for (var i = 0; i < rule.Arguments.Length; i++)
        {
            if (rule.Arguments[i] is not LocalTerm { Name: "_" } && !(rule.Arguments[i] is LocalTerm local && local.Slot == i))
            {
                Match(rule.Arguments[i], new SlotExpr(i), rule.Arguments[i].At);
            }
        }

        Body(rule.Body, top: true);
        foreach (var key in rule.Keys)
        {
            Prepare(key);
        }

        Prepare(rule.Value);
        var value = Head(rule.Value);
        Expr[] keys = [.. rule.Keys.Select(Head)];
        Emit((group.Kind, keys.Length) switch
        {
            (RuleGroupKind.Set, _) => new YieldMemberOp(value),
            (RuleGroupKind.Object, 1) when !rule.IsSetMember => new YieldPairOp(keys[0], value, rule.At),
            (RuleGroupKind.Object, _) => new YieldBelowOp(keys, value, rule.IsSetMember, rule.At),
            _ => new YieldValueOp(group, rule.At, value, rule.Value is ConstantTerm),
        });
        return Finish(rule.At, next);
    }

    private Expr Head(Term term)
    {
        if (!Variables.Ready(term, _bound))
        {
            Unsafe(term.At, [term]);
            return new ConstantExpr(RegoValue.Null);
        }

        return Compile(term);
    }

    private RulePlan Finish(RegoLocation at, RulePlan? next) => new(at, _slots.Count, Link(_ops), next, _literals, _slots);

    private static Op Link(List<Op> ops)
    {
        for (var i = 0; i + 1 < ops.Count; i++)
        {
            ops[i].Next = ops[i + 1];
        }

        return ops[0];
    }

    private void Emit(Op op)
    {
        if (_ops.Count > 0 && _ops.Count % StepsBetweenGuards == 0)
        {
            _ops.Add(new GuardOp(new RegoLocation("", 0, 0)));
        }

        _ops.Add(op);
    }

    private int NewSlot(string name = "")
    {
        _slots.Add(name);
        _bound.Add(_slots.Count - 1);
        return _slots.Count - 1;
    }

    // Plans something apart: a body whose bindings do not last. The last step is added by the caller's function.
    private Op Apart(Action plan, Op? end = null)
    {
        var (ops, bound) = (_ops, _bound);
        (_ops, _bound) = ([], new BoundVariables(bound));
        plan();
        if (end is not null)
        {
            Emit(end);
        }

        var start = Link(_ops);
        (_ops, _bound) = (ops, bound);
        return start;
    }

    private void Body(Literal[] body, bool top = false)
    {
        var ordered = BodyOrder.Sort(body, new BoundVariables(_bound), out var unsafeSlots);
        if (unsafeSlots.Count > 0)
        {
            foreach (var slot in unsafeSlots.OrderBy(slot => slot))
            {
                _report(RegoErrorCode.UnsafeVariable, WhereUsed(body, slot), $"var {_slots[slot]} is unsafe");
            }

            return;
        }

        foreach (var literal in ordered)
        {
            if (_traced && top)
            {
                TracePoint(literal);
            }

            Plan(literal);
        }
    }

    private static RegoLocation WhereUsed(Literal[] body, int slot)
    {
        foreach (var literal in body)
        {
            var free = new HashSet<int>();
            Variables.Free(literal, free);
            if (free.Contains(slot))
            {
                return literal.At;
            }
        }

        return body[0].At;
    }

    private void Unsafe(RegoLocation at, Term[] terms)
    {
        var free = new HashSet<int>();
        Variables.FreeAll(terms, free);
        free.RemoveWhere(_bound.Contains);
        foreach (var slot in free.OrderBy(slot => slot))
        {
            _report(RegoErrorCode.UnsafeVariable, at, $"var {_slots[slot]} is unsafe");
        }
    }

    private void Plan(Literal literal)
    {
        if (literal.Negated)
        {
            var positive = literal with { Negated = false };
            Emit(new NotOp(Apart(() => Plan(positive), SuccessOp.Instance)));
            return;
        }

        if (literal.With.Length > 0)
        {
            foreach (var (_, value) in literal.With)
            {
                Prepare(value);
            }

            Emit(new WithOp([.. literal.With.Select(ReplacementOf)]));
        }

        // What was found under other documents does not hold here.
        var hoistedBefore = new HashSet<Term>(_hoisted.Keys, ReferenceEqualityComparer.Instance);
        PlanPositive(literal);
        foreach (var term in _hoisted.Keys.Where(term => !hoistedBefore.Contains(term)).ToList())
        {
            _hoisted.Remove(term);
        }

        if (literal.With.Length > 0)
        {
            Emit(new WithEndOp());
        }
    }

    private Replacement ReplacementOf((Term Target, Term Value) pair)
    {
        object? by = pair.Value is CallTerm { Arguments.Length: 0, Target: not null } function && pair.Target is CallTerm ? function.Target
            : null;
        var value = by is null ? Compile(pair.Value) : null;
        if (pair.Target is CallTerm { Target: { } replaced })
        {
            return new Replacement(false, [], null, replaced, by, value);
        }

        var (isInput, path) = pair.Target is ReferenceTerm reference
            ? (((RootTerm)reference.Head).IsInput, reference.Path.OfType<ConstantTerm>().Select(key => key.Value).ToArray())
            : (pair.Target is RootTerm { IsInput: true }, []);
        var node = isInput ? null : _tree.Find([.. path.Select(key => (key as RegoString)?.Value ?? "\0")]);
        return new Replacement(isInput, path, node, null, null, value);
    }

    private void TracePoint(Literal literal)
    {
        var (plain, facts) = (new SortedSet<int>(), new List<(string Text, Expr Value)>());
        foreach (var term in (Term?[])[literal.Left, literal.Right])
        {
            Facts(term, plain, facts);
        }

        _literals.Add(new LiteralTrace(literal.At, literal.Text, [.. plain.Where(slot => _slots[slot] is not "_" and not "")], facts));
        Emit(new TraceOp(_literals.Count - 1));
    }

    // The variables and the parts of variables and of the input that have a value at once.
    private void Facts(Term? term, SortedSet<int> plain, List<(string Text, Expr Value)> facts)
    {
        switch (term)
        {
            case LocalTerm local when _bound.Contains(local.Slot):
                plain.Add(local.Slot);
                break;
            case ReferenceTerm { Head: LocalTerm or RootTerm { IsInput: true } } reference when Variables.Ready(reference, _bound)
                && facts.Count < 8:
                facts.Add((SourceText.Of(reference), Compile(reference)));
                break;
            case CallTerm call:
                Array.ForEach(call.Arguments, argument => Facts(argument, plain, facts));
                break;
            case ReferenceTerm reference:
                Array.ForEach(reference.Path, key => Facts(key, plain, facts));
                break;
        }
    }
}
