using Casemate.Rego.Evaluation;
using Casemate.Rego.Syntax;

namespace Casemate.Rego.Compiling;

/// <summary>All rules of one path.</summary>
internal sealed class RuleGroup(RuleNode node, int id, RuleGroupKind kind, int arity)
{
    public RuleNode Node { get; } = node;

    /// <summary>Index of the remembered value in an evaluation.</summary>
    public int Id { get; } = id;

    public RuleGroupKind Kind { get; } = kind;

    public int Arity { get; } = arity;

    public string Path => Node.Path;

    /// <summary>The rules as written, each with its module and the keys that follow the path of the group.</summary>
    public List<(Module Module, Rule Rule, Term[] Keys)> Sources { get; } = [];

    public (Module Module, Rule Rule, Term[] Keys)? DefaultSource { get; set; }

    public HashSet<RuleGroup> Uses { get; } = [];

    /// <summary>The plan; set at the end of the compilation.</summary>
    public RulePlan[] Rules { get; set; } = [];

    public RulePlan? Default { get; set; }

    /// <summary>True when every rule has the same constant value, so that the first success ends the search.</summary>
    public bool FirstSuccessDecides { get; set; }

    /// <summary>Finds the rules that can apply; null when all must be tried.</summary>
    public RuleIndex? Index { get; set; }

}
