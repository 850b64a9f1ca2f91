namespace Casemate.Rego.Evaluation;

/// <summary>
/// Picks the rules of a group that can apply, by a value that many of them compare with a constant: an argument or a part of the input.
/// </summary>
internal sealed class RuleIndex
{
    private readonly int _argument;
    private readonly Expr? _subject;
    private readonly Dictionary<RegoValue, RulePlan[]> _byValue = [];
    private readonly RulePlan[] _others;

    /// <param name="argument">The argument that is compared; -1 when it is the subject.</param>
    /// <param name="subject">What is compared, when it is no argument.</param>
    /// <param name="rules">All rules in order, each with its constant; null when it compares nothing.</param>
    public RuleIndex(int argument, Expr? subject, IReadOnlyList<(RulePlan Rule, RegoValue? Constant)> rules)
    {
        (_argument, _subject) = (argument, subject);
        _others = [.. rules.Where(rule => rule.Constant is null).Select(rule => rule.Rule)];
        foreach (var constant in rules.Select(rule => rule.Constant).Where(constant => constant is not null).Distinct())
        {
            _byValue[constant!] = [.. rules.Where(rule => rule.Constant is null || rule.Constant.Equals(constant))
                .Select(rule => rule.Rule)];
        }
    }

    public RulePlan[] Candidates(Machine machine, ReadOnlySpan<RegoValue> arguments)
    {
        var value = _argument >= 0 ? arguments[_argument] : _subject!.Evaluate(machine, Nothing.Frame);
        return value is null ? _others : _byValue.GetValueOrDefault(value, _others);
    }

    // Subjects are parts of the input: they read no variable.
    private static class Nothing
    {
        public static readonly Frame Frame = new();
    }
}
