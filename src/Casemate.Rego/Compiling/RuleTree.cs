using Casemate.Rego.Syntax;

namespace Casemate.Rego.Compiling;

/// <summary>All rules of all modules by their paths.</summary>
internal sealed class RuleTree
{
    private readonly HashSet<RuleNode> _packages = [];
    private readonly HashSet<RuleNode> _names = [];
    private readonly List<RuleGroup> _groups = [];

    public RuleNode Root { get; } = new(null, "data");

    public IReadOnlyList<RuleGroup> Groups => _groups;

    /// <summary>The annotations of all modules, in the order of the modules and their lines.</summary>
    public IReadOnlyList<RegoAnnotation> Annotations { get; private init; } = [];

    public static RuleTree Build(IReadOnlyList<Module> modules, Action<RegoErrorCode, RegoLocation, string> report)
    {
        var tree = new RuleTree { Annotations = [.. modules.SelectMany(module => module.Annotations)] };
        tree.Package([]);
        var placed = new List<(RuleNode Node, Module Module, Rule Rule, Term[] Keys)>();
        foreach (var module in modules)
        {
            var package = tree.Package(module.Package);
            foreach (var rule in module.Rules)
            {
                if (rule.Name is "input" or "data")
                {
                    report(RegoErrorCode.CompileError, rule.At, $"rules must not shadow {rule.Name} (use a different rule name)");
                    continue;
                }

                var node = package.Child(rule.Name);
                tree._names.Add(node);
                var used = 0;
                while (used < rule.Path.Length && rule.Path[used] is ConstantTerm { Value: RegoString name })
                {
                    node = node.Child(name.Value);
                    used++;
                }

                placed.Add((node, module, rule, rule.Path[used..]));
            }
        }

        // A rule below one that makes an object member by member is a member of that object.
        var dynamic = placed.Where(p => p.Keys.Length > 0).Select(p => p.Node).ToHashSet();
        for (var i = 0; i < placed.Count; i++)
        {
            var (node, module, rule, keys) = placed[i];
            for (var (above, path) = (node.Parent, new List<Term>(keys)); above is not null
                && !tree._packages.Contains(above); above = above.Parent)
            {
                path.Insert(0, new ConstantTerm(rule.At, node.Key));
                node = above;
                if (dynamic.Contains(above))
                {
                    placed[i] = (above, module, rule, path.ToArray());
                }
            }
        }

        foreach (var (node, module, rule, keys) in placed)
        {
            tree.Add(node, module, rule, keys, report);
        }

        tree.Prune();
        tree.CheckConflicts(report);
        return tree;
    }

    public RuleNode Package(ReadOnlySpan<string> path)
    {
        var node = Root;
        foreach (var name in path)
        {
            node = node.Child(name);
        }

        _packages.Add(node);
        return node;
    }

    public RuleNode? Find(ReadOnlySpan<string> path)
    {
        var node = Root;
        foreach (var name in path)
        {
            if (!node.Children.TryGetValue(name, out var child))
            {
                return null;
            }

            node = child;
        }

        return node;
    }

    /// <summary>Whether a rule of this package starts with the name; packages below it do not count.</summary>
    public bool IsRuleName(RuleNode package, string name) => package.Children.TryGetValue(name, out var node) && _names.Contains(node);

    private void Add(RuleNode node, Module module, Rule rule, Term[] keys, Action<RegoErrorCode, RegoLocation, string> report)
    {
        var kind = rule.Arguments is not null ? RuleGroupKind.Function
            : keys.Length > 0 ? RuleGroupKind.Object : rule.IsSet ? RuleGroupKind.Set : RuleGroupKind.Complete;
        var arity = rule.Arguments?.Length ?? 0;
        if (node.Group is null)
        {
            node.Group = new RuleGroup(node, _groups.Count, kind, arity);
            _groups.Add(node.Group);
        }

        var group = node.Group;
        if (group.Kind != kind || group.Arity != arity)
        {
            report(RegoErrorCode.TypeError, rule.At, $"conflicting rules {group.Path} found");
            return;
        }

        if (kind is RuleGroupKind.Function && keys.Length > 0)
        {
            report(RegoErrorCode.CompileError, rule.At, "a function's name has no variables");
        }
        else if (!rule.IsDefault)
        {
            group.Sources.Add((module, rule, keys));
        }
        else if (group.DefaultSource is { } first)
        {
            report(RegoErrorCode.TypeError, rule.At, $"multiple default rules {group.Path} found (the first one at {first.Rule.At})");
        }
        else
        {
            group.DefaultSource = (module, rule, keys);
        }
    }

    // Nodes of rules that became members of an object above them are no places of their own.
    private void Prune()
    {
        foreach (var group in _groups.Where(group => group.Kind is RuleGroupKind.Object))
        {
            foreach (var (name, child) in group.Node.Children.ToList())
            {
                if (!child.Groups().Any() && !Below(child).Any(_packages.Contains))
                {
                    group.Node.Children.Remove(name);
                }
            }
        }
    }

    private static IEnumerable<RuleNode> Below(RuleNode node) => node.Children.Values.SelectMany(Below).Prepend(node);

    private void CheckConflicts(Action<RegoErrorCode, RegoLocation, string> report)
    {
        foreach (var group in _groups.Where(group => group.Node.Children.Count > 0))
        {
            var at = (group.Sources.Count > 0 ? group.Sources[0].Rule : group.DefaultSource!.Value.Rule).At;
            var isPackage = Below(group.Node).Any(_packages.Contains);
            report(
                RegoErrorCode.TypeError, at,
                isPackage ? $"package conflicts with rule {group.Path}" : $"rule {group.Path} conflicts with rules below it");
        }
    }
}
