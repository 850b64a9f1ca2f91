using Casemate.Rego.Compiling;

namespace Casemate.Rego.Evaluation;

/// <summary>Ends a body that only has to succeed.</summary>
internal sealed class SuccessOp : Op
{
    public static readonly SuccessOp Instance = new();

    public override bool Run(Machine machine, Frame frame) => true;
}

/// <summary>Ends the body of a complete rule or function.</summary>
internal sealed class YieldValueOp(RuleGroup group, RegoLocation at, Expr value, bool isConstant) : Op
{
    public override bool Run(Machine machine, Frame frame)
    {
        var found = value.Evaluate(machine, frame);
        if (found is null)
        {
            return false;
        }

        if (frame.Result is not null && !frame.Result.Equals(found))
        {
            throw RuleEvaluation.Conflict(group, at);
        }

        frame.Result = found;
        return isConstant;
    }
}

/// <summary>Ends a body that yields a member of a set.</summary>
internal sealed class YieldMemberOp(Expr value) : Op
{
    public override bool Run(Machine machine, Frame frame)
    {
        if (value.Evaluate(machine, frame) is { } found)
        {
            frame.Out!.AddMember(found);
            machine.Charge(32);
        }

        return false;
    }
}

/// <summary>Ends a body that yields an element of an array.</summary>
internal sealed class YieldItemOp(Expr value) : Op
{
    public override bool Run(Machine machine, Frame frame)
    {
        if (value.Evaluate(machine, frame) is { } found)
        {
            frame.Out!.AddItem(found);
            machine.Charge(16);
        }

        return false;
    }
}

/// <summary>Ends a body that yields a member of an object.</summary>
internal sealed class YieldPairOp(Expr key, Expr value, RegoLocation at) : Op
{
    public override bool Run(Machine machine, Frame frame)
    {
        if (key.Evaluate(machine, frame) is { } k && value.Evaluate(machine, frame) is { } v)
        {
            machine.Charge(64);
            if (!frame.Out!.AddPair(k, v))
            {
                throw new RegoEvaluationException(RegoErrorCode.Conflict, "object keys must be unique", at);
            }
        }

        return false;
    }
}

/// <summary>Ends a body that yields something below several keys.</summary>
internal sealed class YieldBelowOp(Expr[] keys, Expr value, bool isMember, RegoLocation at) : Op
{
    public override bool Run(Machine machine, Frame frame)
    {
        var path = new RegoValue[keys.Length];
        for (var i = 0; i < keys.Length; i++)
        {
            if (keys[i].Evaluate(machine, frame) is not { } key)
            {
                return false;
            }

            path[i] = key;
        }

        if (value.Evaluate(machine, frame) is { } found)
        {
            machine.Charge(96);
            if (!frame.Out!.AddBelow(path, found, isMember))
            {
                throw new RegoEvaluationException(RegoErrorCode.Conflict, "object keys must be unique", at);
            }
        }

        return false;
    }
}

/// <summary>Ends a query: gives the bindings of its variables to the caller.</summary>
internal sealed class YieldBindingsOp(int[] slots) : Op
{
    public override bool Run(Machine machine, Frame frame)
    {
        var row = new RegoValue[slots.Length];
        for (var i = 0; i < slots.Length; i++)
        {
            row[i] = frame.Slots[slots[i]]!;
        }

        machine.Charge(32 + (8 * slots.Length));
        frame.Out!.AddItem(RegoArray.Own(row));
        return false;
    }
}
