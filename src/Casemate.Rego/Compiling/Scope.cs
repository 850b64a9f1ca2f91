namespace Casemate.Rego.Compiling;

/// <summary>The variables of one body: of a rule, a comprehension or an <c>every</c>.</summary>
internal sealed class Scope(Scope? parent)
{
    public Scope? Parent { get; } = parent;

    public Dictionary<string, int> Declared { get; } = new(StringComparer.Ordinal);

    /// <summary>Names that appear in this body outside of inner bodies: undeclared ones among them live here.</summary>
    public HashSet<string> Direct { get; } = new(StringComparer.Ordinal);

    /// <summary>Names that a literal of this body declares, maybe later than where an inner body uses them: such a use is another
    /// variable.</summary>
    public HashSet<string> Later { get; } = new(StringComparer.Ordinal);

    /// <summary>Names already used or declared in this body.</summary>
    public HashSet<string> Seen { get; } = new(StringComparer.Ordinal);

    public HashSet<int> Own { get; } = [];
}
