using Casemate.Rego.Builtins;
using Casemate.Rego.Compiling;

namespace Casemate.Rego.Evaluation;

/// <summary>The value of a rule.</summary>
internal sealed class RuleExpr(RuleGroup group) : Expr
{
    public override RegoValue? Evaluate(Machine machine, Frame frame) => machine.ValueOf(group);
}

/// <summary>A call of a built-in function with one argument.</summary>
internal sealed class Call1Expr(Builtin builtin, Expr argument, RegoLocation at) : Expr
{
    public override RegoValue? Evaluate(Machine machine, Frame frame)
    {
        if (argument.Evaluate(machine, frame) is not { } a)
        {
            return null;
        }

        return machine.Overrides is { HasFunctions: true } overrides && overrides.FunctionFor(builtin) is { } by
            ? CallExpr.Replaced(machine, by, [a], at)
            : builtin.Invoke(machine, a, at);
    }
}

/// <summary>A call of a built-in function with two arguments.</summary>
internal sealed class Call2Expr(Builtin builtin, Expr first, Expr second, RegoLocation at) : Expr
{
    public override RegoValue? Evaluate(Machine machine, Frame frame)
    {
        if (first.Evaluate(machine, frame) is not { } a || second.Evaluate(machine, frame) is not { } b)
        {
            return null;
        }

        return machine.Overrides is { HasFunctions: true } overrides && overrides.FunctionFor(builtin) is { } by
            ? CallExpr.Replaced(machine, by, [a, b], at)
            : builtin.Invoke(machine, a, b, at);
    }
}

/// <summary>A call of a function or of a built-in function with any number of arguments.</summary>
internal sealed class CallExpr(object target, Expr[] arguments, RegoLocation at) : Expr
{
    public override RegoValue? Evaluate(Machine machine, Frame frame)
    {
        var values = new RegoValue[arguments.Length];
        for (var i = 0; i < values.Length; i++)
        {
            if (arguments[i].Evaluate(machine, frame) is not { } value)
            {
                return null;
            }

            values[i] = value;
        }

        return machine.Overrides is { HasFunctions: true } overrides && overrides.FunctionFor(target) is { } by
            ? Replaced(machine, by, values, at)
            : Direct(machine, target, values, at);
    }

    public static RegoValue? Replaced(Machine machine, object by, RegoValue[] arguments, RegoLocation at)
    {
        if (by is RegoValue value)
        {
            return value;
        }

        // A replacement calls originals, not other replacements.
        var before = WithState.Of(machine);
        (before with { Overrides = machine.Overrides!.WithoutFunctions(), Memo = machine.NewMemo() }).Install(machine);
        var result = Direct(machine, by, arguments, at);
        before.Install(machine);
        return result;
    }

    private static RegoValue? Direct(Machine machine, object target, RegoValue[] arguments, RegoLocation at)
    {
        if (target is Builtin builtin)
        {
            return builtin.Invoke(machine, arguments, at);
        }

        var group = (RuleGroup)target;
        return machine.Overrides is not null && machine.Overrides.Covers(group.Node) ? null
            : RuleEvaluation.Call(machine, group, arguments);
    }
}

/// <summary>A call of a function of the policy: arguments go straight into the new frame's room.</summary>
internal sealed class FunctionExpr(RuleGroup group, Expr[] arguments, RegoLocation at) : Expr
{
    private readonly CallExpr _general = new(group, arguments, at);

    public override RegoValue? Evaluate(Machine machine, Frame frame)
    {
        if (machine.Overrides is not null || arguments.Length > 4)
        {
            return _general.Evaluate(machine, frame);
        }

        var room = default(Room);
        for (var i = 0; i < arguments.Length; i++)
        {
            if (arguments[i].Evaluate(machine, frame) is not { } value)
            {
                return null;
            }

            room[i] = value;
        }

        return RuleEvaluation.Call(machine, group, ((ReadOnlySpan<RegoValue>)room)[..arguments.Length]);
    }

    [System.Runtime.CompilerServices.InlineArray(4)]
    private struct Room
    {
        private RegoValue _first;
    }
}
