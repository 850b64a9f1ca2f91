using Casemate.Rego.Syntax;

namespace Casemate.Rego.Linting;

/// <summary>Looks at one module as written.</summary>
internal sealed class ModuleLinter(Module module, List<RegoWarning> warnings)
{
    private static readonly HashSet<string> s_removed =
    [
        "all", "any", "cast_array", "cast_boolean", "cast_null", "cast_object", "cast_set", "cast_string", "net.cidr_overlap", "re_match",
        "set_diff",
    ];

    // Where the pattern stands among the arguments.
    private static readonly Dictionary<string, int> s_patterns = new()
    {
        ["regex.match"] = 0,
        ["regex.find_n"] = 0,
        ["regex.find_all_string_submatch_n"] = 0,
        ["regex.split"] = 0,
        ["regex.replace"] = 1,
        ["re_match"] = 0,
    };

    private readonly HashSet<string> _used = new(StringComparer.Ordinal);
    private readonly HashSet<string> _rules = [.. module.Rules.Select(rule => rule.Name)];

    public void Run()
    {
        foreach (var form in module.OlderForms.GroupBy(each => each.Form))
        {
            var more = form.Count() == 1 ? "" : $", here and in {form.Count() - 1} other places";
            Warn(RegoWarningCode.OlderForm, form.First().At, $"OPA 1.0 refuses {form.Key}{more}");
        }

        foreach (var rule in module.Rules)
        {
            for (var branch = rule; branch is not null; branch = branch.Else)
            {
                Branch(branch);
            }
        }

        foreach (var import in module.Imports.Where(import => !_used.Contains(import.Alias)))
        {
            Warn(RegoWarningCode.UnusedImport, import.At, $"nothing uses the import {string.Join('.', import.Path)}");
        }
    }

    private void Branch(Rule branch)
    {
        // A name that appears only where it is declared is read nowhere, whichever body each declaration belongs to.
        var (seen, declared) = (new Dictionary<string, int>(StringComparer.Ordinal), new List<NameTerm>());
        new TreeWalk(term => Look(term, seen), literal => Declarations(literal, declared)).Branch(branch);
        foreach (var names in declared.GroupBy(name => name.Name).Where(names => names.Count() == seen[names.Key]))
        {
            Warn(
                RegoWarningCode.UnusedVariable, names.First().At,
                $"{names.Key} is declared and never read: write _ where a variable is needed, or take it out");
        }
    }

    private void Look(Term term, Dictionary<string, int> seen)
    {
        if (term is NameTerm name)
        {
            seen[name.Name] = seen.GetValueOrDefault(name.Name) + 1;
            _used.Add(name.Name);
        }
        else if (term is CallTerm call)
        {
            var first = call.Name.Split('.')[0];
            _used.Add(first);
            if (!_rules.Contains(first) && !module.Imports.Any(import => import.Alias == first))
            {
                Call(call);
            }
        }
    }

    private void Call(CallTerm call)
    {
        if (s_removed.Contains(call.Name))
        {
            Warn(RegoWarningCode.RemovedFunction, call.At, $"OPA 1.0 has no function {call.Name}");
        }

        if (s_patterns.TryGetValue(call.Name, out var at) && at < call.Arguments.Length
            && call.Arguments[at] is ConstantTerm { Value: RegoString pattern } written
            && PatternAnchors.Doubt(pattern.Value) is var (code, message))
        {
            Warn(code, written.At, message);
        }
    }

    private static void Declarations(Literal literal, List<NameTerm> declared)
    {
        switch (literal.Kind)
        {
            case LiteralKind.Some:
                declared.AddRange(literal.Names.OfType<NameTerm>());
                break;
            case LiteralKind.Assign or LiteralKind.SomeIn or LiteralKind.Every:
                Pattern(literal.Key, declared);
                Pattern(literal.Left, declared);
                break;
        }
    }

    private static void Pattern(Term? pattern, List<NameTerm> declared)
    {
        switch (pattern)
        {
            case NameTerm { Name: not "_" } name:
                declared.Add(name);
                break;
            case ArrayTerm array:
                Array.ForEach(array.Items, item => Pattern(item, declared));
                break;
            case ObjectTerm members:
                Array.ForEach(members.Members, member => Pattern(member.Value, declared));
                break;
        }
    }

    private void Warn(RegoWarningCode code, RegoLocation at, string message) => warnings.Add(new RegoWarning(code, message, at));
}
