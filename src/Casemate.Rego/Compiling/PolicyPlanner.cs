using Casemate.Rego.Builtins;
using Casemate.Rego.Syntax;

namespace Casemate.Rego.Compiling;

/// <summary>Runs the phases after parsing.</summary>
internal static class PolicyPlanner
{
    public static CompiledPolicy? Plan(IReadOnlyList<Module> modules, BuiltinTable builtins, bool traced, List<RegoError> errors)
    {
        void Report(RegoErrorCode code, RegoLocation at, string message) => errors.Add(new RegoError(code, message, at));

        var tree = RuleTree.Build(modules, Report);
        if (errors.Count > 0)
        {
            return null;
        }

        var resolvers = modules.Distinct().ToDictionary(module => module, module => new Resolver(tree, module, builtins, Report));
        var resolved = new List<(RuleGroup Group, List<ResolvedRule> Rules, ResolvedRule? Default)>();
        foreach (var group in tree.Groups)
        {
            List<ResolvedRule> rules = [.. group.Sources.Select(source =>
                resolvers[source.Module].Resolve(source.Rule, source.Keys, group.Uses))];
            var byDefault = group.DefaultSource is { } d ? resolvers[d.Module].Resolve(d.Rule, d.Keys, group.Uses) : null;
            resolved.Add((group, rules, byDefault));
        }

        if (errors.Count > 0)
        {
            return null;
        }

        Recursion.Check(tree.Groups, Report);
        foreach (var (group, rules, byDefault) in resolved)
        {
            group.Rules = [.. rules.Select(rule => Planner.Plan(tree, group, rule, traced, Report))];
            group.Default = byDefault is null ? null : Planner.Plan(tree, group, byDefault, traced, Report);
            group.FirstSuccessDecides = SameConstant(rules);
            group.Index = errors.Count > 0 ? null : IndexBuilder.Build(group, rules);
        }

        return errors.Count > 0
            ? null
            : new CompiledPolicy(tree, builtins, () => traced ? throw new InvalidOperationException() : Plan(modules, builtins, true, [])!);
    }

    // With one possible value no later rule can contradict the first that succeeds.
    private static bool SameConstant(List<ResolvedRule> rules)
    {
        RegoValue? only = null;
        foreach (var rule in rules)
        {
            for (var branch = rule; branch is not null; branch = branch.Else)
            {
                if (branch.Value is not ConstantTerm constant || (only is not null && !only.Equals(constant.Value)))
                {
                    return false;
                }

                only = constant.Value;
            }
        }

        return true;
    }
}
