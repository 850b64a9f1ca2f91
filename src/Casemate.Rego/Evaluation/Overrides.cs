using Casemate.Rego.Compiling;

namespace Casemate.Rego.Evaluation;

/// <summary>What <c>with</c> has replaced: places in the tree of rules, and functions.</summary>
internal sealed class Overrides(Overrides? outer)
{
    private readonly HashSet<RuleNode> _nodes = outer is null ? [] : [.. outer._nodes];
    private readonly Dictionary<object, object> _functions = outer is null ? [] : new(outer._functions);

    public bool HasFunctions => _functions.Count > 0;

    public void Replace(RuleNode node) => _nodes.Add(node);

    public void Replace(object function, object replacement) => _functions[function] = replacement;

    /// <summary>Whether base data stand in the place of the rules at or below this node.</summary>
    public bool Covers(RuleNode? node)
    {
        for (; node is not null && _nodes.Count > 0; node = node.Parent)
        {
            if (_nodes.Contains(node))
            {
                return true;
            }
        }

        return false;
    }

    public Overrides WithoutFunctions()
    {
        var rest = new Overrides(this);
        rest._functions.Clear();
        return rest;
    }

    public object? FunctionFor(object function) => _functions.GetValueOrDefault(function);
}
