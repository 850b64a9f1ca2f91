using Casemate.Rego.Builtins;
using Casemate.Rego.Compiling;
using Casemate.Rego.Evaluation;
using Casemate.Rego.Syntax;

namespace Casemate.Rego;

/// <summary>Modules that were checked and planned. Immutable; any number of threads may use it.</summary>
public sealed class CompiledPolicy
{
    private readonly RuleTree _tree;
    private readonly BuiltinTable _builtins;
    private readonly Lazy<CompiledPolicy> _traced;
    private Machine? _machine;

    internal CompiledPolicy(RuleTree tree, BuiltinTable builtins, Func<CompiledPolicy> traced)
    {
        _tree = tree;
        _builtins = builtins;
        _traced = new Lazy<CompiledPolicy>(traced);
    }

    /// <summary>The paths of all rules and functions, such as <c>data.agent_policy.CopyFileRequest</c>, in order.</summary>
    public IReadOnlyList<string> Rules =>
        [.. _tree.Groups.Where(group => group.Node.Group == group).Select(group => group.Path).Order(StringComparer.Ordinal)];

    /// <summary>What comments that begin with <c># METADATA</c> say of rules and packages, in the order of the modules and their lines.</summary>
    public IReadOnlyList<RegoAnnotation> Annotations => _tree.Annotations;

    /// <summary>Prepares a query: a reference such as <c>data.a.b</c>, or a body such as <c>x := data.a.b[_]; x &gt; 1</c>.</summary>
    /// <param name="query">The query, in the dialect of OPA 1.0.</param>
    /// <param name="error">What is wrong; null after success.</param>
    /// <returns>The query, or null.</returns>
    public PreparedQuery? TryPrepare(string query, out RegoError? error)
    {
        ArgumentNullException.ThrowIfNull(query);
        try
        {
            return QueryPlanner.TryPlan(_tree, _builtins, query, false, out error) is { } plan ? new PreparedQuery(this, query, plan)
                : null;
        }
        catch (RegoSyntaxException e)
        {
            error = new RegoError(RegoErrorCode.ParseError, e.Message, e.Location);
            return null;
        }
    }

    /// <summary>Prepares a query that the program itself wrote.</summary>
    /// <exception cref="ArgumentException">The query cannot be used.</exception>
    public PreparedQuery Prepare(string query) =>
        TryPrepare(query, out var error) ?? throw new ArgumentException(error!.ToString(), nameof(query));

    /// <summary>The places of all literals in bodies of rules.</summary>
    internal IEnumerable<RegoLocation> Literals()
    {
        foreach (var plan in _traced.Value._tree.Groups.SelectMany(group => group.Rules))
        {
            for (var branch = plan; branch is not null; branch = branch.Else)
            {
                foreach (var literal in branch.Literals)
                {
                    yield return literal.At;
                }
            }
        }
    }

    internal CompiledPolicy Traced => _traced.Value;

    internal QueryPlan PlanTraced(string query) => QueryPlanner.TryPlan(_tree, _builtins, query, true, out _)!;

    internal Machine Rent() => Interlocked.Exchange(ref _machine, null) ?? new Machine(_tree.Groups.Count, _builtins);

    internal void Return(Machine machine)
    {
        machine.Finish();
        _machine = machine;
    }
}
