using System.Text;

namespace Casemate.Rego.Evaluation;

internal sealed class ConstantExpr(RegoValue value) : Expr
{
    public RegoValue Value { get; } = value;

    public override RegoValue? Evaluate(Machine machine, Frame frame) => Value;
}

internal sealed class SlotExpr(int slot) : Expr
{
    public int Slot { get; } = slot;

    public override RegoValue? Evaluate(Machine machine, Frame frame) => frame.Slots[Slot];
}

internal sealed class InputExpr : Expr
{
    public static readonly InputExpr Instance = new();

    public override RegoValue? Evaluate(Machine machine, Frame frame) => machine.Input;
}

/// <summary>The part of the base data at a path that no rule covers.</summary>
internal sealed class BaseDataExpr(RegoValue[] path) : Expr
{
    public override RegoValue? Evaluate(Machine machine, Frame frame)
    {
        RegoValue? value = machine.Data;
        for (var i = 0; i < path.Length && value is not null; i++)
        {
            value = value.Lookup(path[i]);
        }

        return value;
    }
}

internal sealed class GetExpr(Expr collection, Expr key) : Expr
{
    public override RegoValue? Evaluate(Machine machine, Frame frame) =>
        collection.Evaluate(machine, frame) is { } value && key.Evaluate(machine, frame) is { } k ? value.Lookup(k) : null;
}

internal sealed class MemberExpr(Expr collection, RegoValue key) : Expr
{
    public override RegoValue? Evaluate(Machine machine, Frame frame) => collection.Evaluate(machine, frame)?.Lookup(key);
}

internal sealed class ArrayExpr(Expr[] items) : Expr
{
    public override RegoValue? Evaluate(Machine machine, Frame frame)
    {
        var values = new RegoValue[items.Length];
        for (var i = 0; i < items.Length; i++)
        {
            if (items[i].Evaluate(machine, frame) is not { } value)
            {
                return null;
            }

            values[i] = value;
        }

        machine.Charge(40 + (8L * values.Length));
        return RegoArray.Own(values);
    }
}

internal sealed class SetExpr(Expr[] items) : Expr
{
    public override RegoValue? Evaluate(Machine machine, Frame frame)
    {
        var members = new HashSet<RegoValue>(items.Length);
        foreach (var item in items)
        {
            if (item.Evaluate(machine, frame) is not { } value)
            {
                return null;
            }

            members.Add(value);
        }

        machine.Charge(64 + (32L * items.Length));
        return RegoSet.Create(members);
    }
}

internal sealed class ObjectExpr((Expr Key, Expr Value)[] members, RegoLocation at) : Expr
{
    public override RegoValue? Evaluate(Machine machine, Frame frame)
    {
        var map = new Dictionary<RegoValue, RegoValue>(members.Length);
        foreach (var (key, value) in members)
        {
            if (key.Evaluate(machine, frame) is not { } k || value.Evaluate(machine, frame) is not { } v)
            {
                return null;
            }

            if (!map.TryAdd(k, v) && !map[k].Equals(v))
            {
                throw new RegoEvaluationException(RegoErrorCode.Conflict, "object keys must be unique", at);
            }
        }

        machine.Charge(80 + (40L * members.Length));
        return RegoObject.Create(map);
    }
}

internal sealed class ComprehensionExpr(RegoValueKind kind, Op body, RegoLocation at) : Expr
{
    public override RegoValue? Evaluate(Machine machine, Frame frame)
    {
        machine.Step();
        machine.CheckStack(at);
        var outer = frame.Out;
        var collector = new Collector();
        frame.Out = collector;
        body.Run(machine, frame);
        frame.Out = outer;
        var value = collector.ToValue(kind);
        machine.Charge(value.ShallowBytes);
        return value;
    }
}

internal sealed class TemplateExpr((Expr? Constant, Op? Body)[] parts) : Expr
{
    public override RegoValue? Evaluate(Machine machine, Frame frame)
    {
        var text = new StringBuilder();
        foreach (var (constant, body) in parts)
        {
            RegoValue? value;
            if (constant is not null)
            {
                value = constant.Evaluate(machine, frame);
            }
            else
            {
                var outer = frame.Out;
                var collector = new Collector();
                frame.Out = collector;
                body!.Run(machine, frame);
                frame.Out = outer;
                var values = collector.ToArray();
                value = values.Count > 0 ? values[0] : null;
            }

            text.Append(value is null ? "<undefined>" : value is RegoString s ? s.Value : value.ToString());
            machine.Builtins.CheckLength(text.Length);
        }

        machine.Charge(40 + (2L * text.Length));
        return RegoString.Create(text.ToString());
    }
}
