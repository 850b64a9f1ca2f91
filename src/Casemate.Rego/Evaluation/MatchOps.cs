namespace Casemate.Rego.Evaluation;

/// <summary>Never succeeds.</summary>
internal sealed class FailOp : Op
{
    public override bool Run(Machine machine, Frame frame) => false;
}

/// <summary>Goes on with the stack checked; stands in long bodies.</summary>
internal sealed class GuardOp(RegoLocation at) : Op
{
    public override bool Run(Machine machine, Frame frame)
    {
        machine.CheckStack(at);
        return Next.Run(machine, frame);
    }
}

/// <summary>Binds a variable.</summary>
internal sealed class AssignOp(int slot, Expr value) : Op
{
    public override bool Run(Machine machine, Frame frame)
    {
        var found = value.Evaluate(machine, frame);
        if (found is null)
        {
            return false;
        }

        frame.Slots[slot] = found;
        return Next.Run(machine, frame);
    }
}

/// <summary>Succeeds when both sides are defined and equal.</summary>
internal sealed class EqualOp(Expr left, Expr right) : Op
{
    public override bool Run(Machine machine, Frame frame)
    {
        machine.Step();
        var a = left.Evaluate(machine, frame);
        return a is not null && right.Evaluate(machine, frame) is { } b && a.Equals(b) && Next.Run(machine, frame);
    }
}

/// <summary>Succeeds when the term is neither undefined nor false.</summary>
internal sealed class TestOp(Expr value) : Op
{
    public override bool Run(Machine machine, Frame frame)
    {
        machine.Step();
        var found = value.Evaluate(machine, frame);
        return found is not null && !ReferenceEquals(found, RegoBoolean.FalseValue) && Next.Run(machine, frame);
    }
}

/// <summary>Succeeds when the value is an array of this length.</summary>
internal sealed class ArrayShapeOp(int slot, int length) : Op
{
    public override bool Run(Machine machine, Frame frame) =>
        frame.Slots[slot] is RegoArray array && array.Count == length && Next.Run(machine, frame);
}

/// <summary>Succeeds when the value is an object of this many members.</summary>
internal sealed class ObjectShapeOp(int slot, int count) : Op
{
    public override bool Run(Machine machine, Frame frame) =>
        frame.Slots[slot] is RegoObject members && members.Count == count && Next.Run(machine, frame);
}

/// <summary>Succeeds when a body has no solution.</summary>
internal sealed class NotOp(Op body) : Op
{
    public override bool Run(Machine machine, Frame frame) => !body.Run(machine, frame) && Next.Run(machine, frame);
}

/// <summary>Visits the members of a collection.</summary>
internal sealed class EachOp(Expr collection, int keySlot, int valueSlot) : Op
{
    public override bool Run(Machine machine, Frame frame)
    {
        var slots = frame.Slots;
        switch (collection.Evaluate(machine, frame))
        {
            case RegoArray array:
                for (var i = 0; i < array.Count; i++)
                {
                    machine.Step();
                    if (keySlot >= 0)
                    {
                        slots[keySlot] = RegoNumber.Create(i);
                    }

                    slots[valueSlot] = array[i];
                    if (Next.Run(machine, frame))
                    {
                        return true;
                    }
                }

                return false;
            case RegoObject members:
                for (var i = 0; i < members.Count; i++)
                {
                    machine.Step();
                    if (keySlot >= 0)
                    {
                        slots[keySlot] = members.Keys[i];
                    }

                    slots[valueSlot] = members.Values[i];
                    if (Next.Run(machine, frame))
                    {
                        return true;
                    }
                }

                return false;
            case RegoSet set:
                for (var i = 0; i < set.Count; i++)
                {
                    machine.Step();
                    if (keySlot >= 0)
                    {
                        slots[keySlot] = set.Items[i];
                    }

                    slots[valueSlot] = set.Items[i];
                    if (Next.Run(machine, frame))
                    {
                        return true;
                    }
                }

                return false;
            default:
                return false;
        }
    }
}

/// <summary>Succeeds when a body succeeds for every member of a collection.</summary>
internal sealed class EveryOp(Expr domain, Op body) : Op
{
    public override bool Run(Machine machine, Frame frame)
    {
        // The body is "each member, then not the literals": a solution of it is a member for which they fail.
        var found = domain.Evaluate(machine, frame);
        return found is RegoArray or RegoObject or RegoSet && !body.Run(machine, frame) && Next.Run(machine, frame);
    }
}
