using Casemate.Rego.Compiling;

namespace Casemate.Rego.Evaluation;

/// <summary>Runs the rules of a group.</summary>
internal static class RuleEvaluation
{
    /// <summary>The value of a rule without arguments.</summary>
    public static RegoValue? Evaluate(Machine machine, RuleGroup group)
    {
        var tracer = machine.Tracer;
        tracer?.Enter(group, null);
        var value = group.Kind switch
        {
            RuleGroupKind.Complete => Complete(machine, group, []),
            _ => Partial(machine, group),
        };
        tracer?.Exit(group, value);
        return value;
    }

    /// <summary>The value of a function for arguments.</summary>
    public static RegoValue? Call(Machine machine, RuleGroup group, ReadOnlySpan<RegoValue> arguments)
    {
        var tracer = machine.Tracer;
        tracer?.Enter(group, arguments.ToArray());
        var value = Complete(machine, group, arguments);
        tracer?.Exit(group, value);
        return value;
    }

    private static RegoValue? Complete(Machine machine, RuleGroup group, ReadOnlySpan<RegoValue> arguments)
    {
        RegoValue? result = null;
        var rules = group.Index is null || machine.Tracer is not null ? group.Rules : group.Index.Candidates(machine, arguments);
        foreach (var rule in rules)
        {
            for (var branch = rule; branch is not null; branch = branch.Else)
            {
                var value = Branch(machine, branch, arguments);
                if (value is null)
                {
                    continue;
                }

                if (result is not null && !result.Equals(value))
                {
                    throw Conflict(group, branch.At);
                }

                result = value;
                break;
            }

            if (result is not null && group.FirstSuccessDecides)
            {
                return result;
            }
        }

        return result ?? (group.Default is null ? null : Branch(machine, group.Default, arguments, isDefault: true));
    }

    private static RegoValue? Branch(Machine machine, RulePlan branch, ReadOnlySpan<RegoValue> arguments, bool isDefault = false)
    {
        // That a default applied explains nothing.
        var tracer = isDefault ? null : machine.Tracer;
        var frame = machine.Enter(branch.Slots, branch.At);
        tracer?.EnterBody(branch);
        arguments.CopyTo(frame.Slots!);
        branch.Start.Run(machine, frame);
        machine.Leave();
        tracer?.ExitBody(frame.Result is not null);
        return frame.Result;
    }

    private static RegoValue? Partial(Machine machine, RuleGroup group)
    {
        var collector = new Collector();
        foreach (var rule in group.Rules)
        {
            var frame = machine.Enter(rule.Slots, rule.At);
            frame.Out = collector;
            machine.Tracer?.EnterBody(rule);
            var before = collector.Count;
            rule.Start.Run(machine, frame);
            machine.Leave();
            machine.Tracer?.ExitBody(collector.Count > before);
        }

        var value = collector.ToValue(group.Kind is RuleGroupKind.Set ? RegoValueKind.Set : RegoValueKind.Object);
        machine.Charge(value.ShallowBytes);
        return value;
    }

    public static RegoEvaluationException Conflict(RuleGroup group, RegoLocation at) => new(
        RegoErrorCode.Conflict,
        group.Kind is RuleGroupKind.Function
            ? $"function {group.Path} produced conflicting values for the same inputs: "
                + "functions must not produce multiple outputs for same inputs"
            : $"rule {group.Path} produced conflicting values: complete rules must not produce multiple outputs",
        at);
}
