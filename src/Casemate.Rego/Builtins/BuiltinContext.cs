using System.Diagnostics.CodeAnalysis;
using Casemate.Rego.Evaluation;

namespace Casemate.Rego.Builtins;

/// <summary>What a built-in function sees of the evaluation that called it.</summary>
internal sealed class BuiltinContext(Machine machine, BuiltinTable table)
{
    private readonly Dictionary<string, RegoValue> _remembered = new(StringComparer.Ordinal);

    /// <summary>What the last function complained of; taken by the machine.</summary>
    public string? Failure { get; set; }

    public bool FailureIsType { get; private set; }

    public RegoLimits Limits => machine.Limits;

    public RegoEvaluation Options => machine.Options;

    public BuiltinTable Table => table;

    /// <summary>Values that stay the same within one evaluation, such as random ones under a key.</summary>
    public Dictionary<string, RegoValue> Remembered => _remembered;

    public void Reset()
    {
        _remembered.Clear();
        Failure = null;
    }

    /// <summary>Notes a failure; the call is undefined, or ends the evaluation under strict errors.</summary>
    [SuppressMessage("Performance", "CA1822", Justification = "State of the evaluation.")]
    public RegoValue? Error(string message)
    {
        (Failure, FailureIsType) = (message, false);
        return null;
    }

    public RegoValue? TypeError(string message)
    {
        (Failure, FailureIsType) = (message, true);
        return null;
    }

    /// <summary>What <c>trace</c> says.</summary>
    public RegoValue Note(string text)
    {
        machine.Tracer?.Note(default, text);
        return RegoValue.True;
    }

    public void Step(long count = 1) => machine.Step(count);

    /// <summary><see cref="Step"/>, made once for the engines that call it often.</summary>
    public Action<long> StepAction { get; } = machine.Step;

    /// <summary>The room in which patterns are matched, kept from call to call.</summary>
    public Patterns.RegexMatcher Matcher => field ??= new Patterns.RegexMatcher(StepAction);

    public void Charge(long bytes) => machine.Charge(bytes);

    /// <summary>A string no longer than allowed.</summary>
    public RegoString Text(string text)
    {
        CheckLength(text.Length);
        return RegoString.Create(text);
    }

    public void CheckLength(long length)
    {
        if (length > Limits.TextLength)
        {
            throw new RegoEvaluationException(
                RegoErrorCode.LimitMemory, $"a built-in function made a text of more than {Limits.TextLength} characters", null);
        }
    }

    public void CheckCount(long count)
    {
        if (count > Limits.CollectionItems)
        {
            throw new RegoEvaluationException(
                RegoErrorCode.LimitMemory, $"a built-in function made a collection of more than {Limits.CollectionItems} members", null);
        }
    }
}
