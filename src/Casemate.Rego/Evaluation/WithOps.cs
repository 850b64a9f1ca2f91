using Casemate.Rego.Compiling;

namespace Casemate.Rego.Evaluation;

/// <summary>One replacement that <c>with</c> makes.</summary>
/// <param name="IsInput">True: the input document or a part of it; false: a part of data; not used for functions.</param>
/// <param name="Path">Where in the document.</param>
/// <param name="Node">The place in the tree of rules with that path, if there is one.</param>
/// <param name="Function">The built-in function or rule that is replaced; null for documents.</param>
/// <param name="By">The function that replaces it; null when a value does.</param>
/// <param name="Value">The value; null when a function replaces.</param>
internal sealed record Replacement(bool IsInput, RegoValue[] Path, RuleNode? Node, object? Function, object? By, Expr? Value);

/// <summary>The documents and memory that apply while a literal under <c>with</c> runs.</summary>
internal sealed record WithState(RegoValue? Input, RegoValue Data, Overrides? Overrides, object?[] Memo)
{
    public static WithState Of(Machine machine) => new(machine.Input, machine.Data, machine.Overrides, machine.Memo);

    public void Install(Machine machine) => (machine.Input, machine.Data, machine.Overrides, machine.Memo) = (Input, Data, Overrides, Memo);
}

/// <summary>Runs the steps up to the matching <see cref="WithEndOp"/> with documents and functions replaced.</summary>
internal sealed class WithOp(Replacement[] replacements) : Op
{
    public override bool Run(Machine machine, Frame frame)
    {
        var before = WithState.Of(machine);
        var (input, data) = (machine.Input, machine.Data);
        var overrides = new Overrides(machine.Overrides);
        foreach (var replacement in replacements)
        {
            RegoValue? value = null;
            if (replacement.Value is not null && (value = replacement.Value.Evaluate(machine, frame)) is null)
            {
                return false;
            }

            if (replacement.Function is not null)
            {
                overrides.Replace(replacement.Function, replacement.By ?? value!);
            }
            else if (replacement.IsInput)
            {
                input = Put(input, replacement.Path, value!);
            }
            else
            {
                data = Put(data, replacement.Path, value!);
                if (replacement.Node is not null)
                {
                    overrides.Replace(replacement.Node);
                }
            }
        }

        machine.Charge(128);
        var outer = frame.With;
        var inner = new WithState(input, data, overrides, machine.NewMemo());
        machine.Charge(inner.Memo.Length * 8L);
        frame.With = new WithFrame(before, inner, outer);
        inner.Install(machine);
        var over = Next.Run(machine, frame);
        before.Install(machine);
        frame.With = outer;
        return over;
    }

    private static RegoValue Put(RegoValue? document, ReadOnlySpan<RegoValue> path, RegoValue value)
    {
        if (path.IsEmpty)
        {
            return value;
        }

        var members = document is RegoObject existing ? existing.ToDictionary() : [];
        members[path[0]] = Put(members.GetValueOrDefault(path[0]), path[1..], value);
        return RegoObject.Create(members);
    }
}

/// <summary>The states on both sides of a <c>with</c>.</summary>
internal sealed record WithFrame(WithState Before, WithState Inner, WithFrame? Outer);

/// <summary>Runs what follows a literal under <c>with</c> as if nothing had been replaced.</summary>
internal sealed class WithEndOp : Op
{
    public override bool Run(Machine machine, Frame frame)
    {
        var with = frame.With!;
        with.Before.Install(machine);
        frame.With = with.Outer;
        var over = Next.Run(machine, frame);
        frame.With = with;
        with.Inner.Install(machine);
        return over;
    }
}
