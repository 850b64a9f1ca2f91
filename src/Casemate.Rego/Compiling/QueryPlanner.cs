using Casemate.Rego.Builtins;
using Casemate.Rego.Syntax;

namespace Casemate.Rego.Compiling;

/// <summary>Plans queries against compiled modules.</summary>
internal static class QueryPlanner
{
    public static QueryPlan? TryPlan(
        RuleTree tree, BuiltinTable builtins, string query, bool traced, out RegoError? error)
    {
        var body = Parser.ReadQuery("query", query);
        List<RegoError> errors = [];
        void Report(RegoErrorCode code, RegoLocation at, string message) => errors.Add(new RegoError(code, message, at));

        var resolver = new Resolver(tree, new Module("query", [], RegoVersion.V1, [], []), builtins, Report);
        var (resolved, slots, names) = resolver.ResolveQuery(body, []);
        if (errors.Count > 0)
        {
            error = errors[0];
            return null;
        }

        // A single term is asked for its value, which may be false.
        var hasValue = resolved is [
            {
                Kind: LiteralKind.Expression, Negated: false,
                Left: not CallTerm { Target: Builtin { IsPrint: true } }
            }];
        if (hasValue)
        {
            slots.Add("");
            resolved[0] = resolved[0] with
            {
                Kind = LiteralKind.Unify,
                Left = new LocalTerm(resolved[0].At, slots.Count - 1, ""),
                Right = resolved[0].Left,
            };
        }

        var visible = names.Where(name => !name.Key.StartsWith("__", StringComparison.Ordinal))
            .OrderBy(name => name.Key, StringComparer.Ordinal).ToList();
        int[] columns = [.. visible.Select(name => name.Value), .. hasValue ? [slots.Count - 1] : Array.Empty<int>()];
        var plan = Planner.PlanQuery(tree, resolved, slots, columns, traced, Report);
        error = errors.Count > 0 ? errors[0] : null;
        return error is null ? new QueryPlan(plan, [.. visible.Select(name => RegoString.Create(name.Key))], hasValue) : null;
    }
}
