using Casemate.Rego.Builtins;
using Casemate.Rego.Evaluation;
using Casemate.Rego.Syntax;

namespace Casemate.Rego.Compiling;

/// <summary>Finds what most rules of a group compare with a constant.</summary>
internal static class IndexBuilder
{
    private const int Fewest = 3;

    public static RuleIndex? Build(RuleGroup group, List<ResolvedRule> rules)
    {
        if (rules.Count < Fewest || group.Kind is not (RuleGroupKind.Complete or RuleGroupKind.Function)
            || rules.Any(rule => rule.Else is not null))
        {
            return null;
        }

        var compared = rules.Select(Comparisons).ToList();
        var best = compared.SelectMany(each => each.Keys).CountBy(subject => subject).OrderByDescending(count => count.Value)
            .ThenBy(count => count.Key, StringComparer.Ordinal).FirstOrDefault();
        if (best.Value < Fewest)
        {
            return null;
        }

        var argument = best.Key[0] == '#' ? int.Parse(best.Key.AsSpan(1), System.Globalization.CultureInfo.InvariantCulture) : -1;
        Expr? subject = null;
        if (argument < 0)
        {
            var reference = compared.First(each => each.ContainsKey(best.Key))[best.Key].Subject;
            subject = reference.Path.Aggregate((Expr)InputExpr.Instance, (value, key) => new MemberExpr(value, ((ConstantTerm)key).Value));
        }

        return new RuleIndex(
            argument, subject,
            [.. group.Rules.Zip(compared, (plan, each) => (plan, each.TryGetValue(best.Key, out var found) ? found.Constant : null))]);
    }

    // By subject: an argument "#1", or the text of a reference to the input.
    private static Dictionary<string, (ReferenceTerm Subject, RegoValue Constant)> Comparisons(ResolvedRule rule)
    {
        var found = new Dictionary<string, (ReferenceTerm Subject, RegoValue Constant)>(StringComparer.Ordinal);
        var arguments = new Dictionary<int, int>();
        for (var i = 0; i < rule.Arguments.Length; i++)
        {
            if (rule.Arguments[i] is ConstantTerm constant)
            {
                found.TryAdd($"#{i}", (null!, constant.Value));
            }
            else if (rule.Arguments[i] is LocalTerm local)
            {
                arguments.TryAdd(local.Slot, i);
            }
        }

        foreach (var literal in rule.Body.Where(literal => !literal.Negated && literal.With.Length == 0))
        {
            var (left, right) = literal switch
            {
                { Kind: LiteralKind.Unify } => (literal.Left, literal.Right),
                { Kind: LiteralKind.Expression, Left: CallTerm { Target: Builtin { Name: "equal" }, Arguments: [var a, var b] } } => (a, b),
                _ => (null, null),
            };
            Add(left, right, arguments, found);
            Add(right, left, arguments, found);
        }

        return found;
    }

    private static void Add(
        Term? subject, Term? constant, Dictionary<int, int> arguments, Dictionary<string,
            (ReferenceTerm Subject, RegoValue Constant)> found)
    {
        if (constant is not ConstantTerm { Value: var value })
        {
            return;
        }

        if (subject is LocalTerm local && arguments.TryGetValue(local.Slot, out var argument))
        {
            found.TryAdd($"#{argument}", (null!, value));
        }
        else if (subject is ReferenceTerm { Head: RootTerm { IsInput: true } } reference && reference.Path.All(key => key is ConstantTerm))
        {
            found.TryAdd(SourceText.Of(reference), (reference, value));
        }
    }
}
