namespace Casemate.Rego.Compiling;

/// <summary>A place in the tree of packages and rules below <c>data</c>.</summary>
internal sealed class RuleNode(RuleNode? parent, string name)
{
    public RuleNode? Parent { get; } = parent;

    public string Name { get; } = name;

    public RegoString Key { get; } = RegoString.Create(name);

    public Dictionary<string, RuleNode> Children { get; } = new(StringComparer.Ordinal);

    /// <summary>The rules with exactly this path.</summary>
    public RuleGroup? Group { get; set; }

    public string Path => Parent is null ? "data" : Parent.Path + "." + Name;

    public RuleNode Child(string name)
    {
        if (!Children.TryGetValue(name, out var child))
        {
            Children.Add(name, child = new RuleNode(this, name));
        }

        return child;
    }

    public IEnumerable<RuleGroup> Groups()
    {
        if (Group is not null)
        {
            yield return Group;
        }

        foreach (var child in Children.Values)
        {
            foreach (var group in child.Groups())
            {
                yield return group;
            }
        }
    }
}
