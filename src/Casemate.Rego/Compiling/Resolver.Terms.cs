using Casemate.Rego.Builtins;
using Casemate.Rego.Syntax;

namespace Casemate.Rego.Compiling;

internal sealed partial class Resolver
{
    private Term Resolve(Term term)
    {
        switch (term)
        {
            case NameTerm name:
                return ResolveName(name);
            case ReferenceTerm reference:
                return ResolveReference(reference);
            case ArrayTerm array:
                return new ArrayTerm(array.At, [.. array.Items.Select(Resolve)]);
            case SetTerm set:
                return new SetTerm(set.At, [.. set.Items.Select(Resolve)]);
            case ObjectTerm members:
                return new ObjectTerm(members.At, [.. members.Members.Select(member => (Resolve(member.Key), Resolve(member.Value)))]);
            case TemplateTerm template:
                return new TemplateTerm(template.At, [.. template.Parts.Select(Resolve)]);
            case CallTerm call:
                return ResolveCall(call);
            case ComprehensionTerm comprehension:
                return Inside(scope =>
                {
                    DirectNames.Collect(comprehension.Key, scope.Direct);
                    DirectNames.Collect(comprehension.Value, scope.Direct);
                    DirectNames.Collect(comprehension.Body, scope.Direct);
                    var body = ResolveBody(comprehension.Body);
                    var key = comprehension.Key is null ? null : Resolve(comprehension.Key);
                    return new ComprehensionTerm(comprehension.At, comprehension.Kind, key, Resolve(comprehension.Value), body, scope.Own);
                });
            default:
                return term;
        }
    }

    private Term ResolveName(NameTerm name, bool isWhole = true)
    {
        if (name.Name == "_")
        {
            return new LocalTerm(name.At, NewSlot("_"), "_");
        }

        _scope.Seen.Add(name.Name);
        for (var scope = _scope; scope is not null; scope = scope.Parent)
        {
            if (scope.Declared.TryGetValue(name.Name, out var slot))
            {
                return new LocalTerm(name.At, slot, name.Name);
            }
        }

        if (Global(name.At, name.Name) is { } global)
        {
            return isWhole ? Used(global) : global;
        }

        // Undeclared: it belongs to the outermost body in which it appears.
        var home = _scope;
        for (var scope = _scope.Parent; scope is not null; scope = scope.Parent)
        {
            home = scope.Direct.Contains(name.Name) && !scope.Later.Contains(name.Name) ? scope : home;
        }

        _slots.Add(name.Name);
        var implicitSlot = _slots.Count - 1;
        home.Declared[name.Name] = implicitSlot;
        for (var scope = home; scope is not null; scope = scope.Parent)
        {
            scope.Own.Add(implicitSlot);
        }

        return new LocalTerm(name.At, implicitSlot, name.Name);
    }

    private Term? Global(RegoLocation at, string name)
    {
        if (name is "input" or "data")
        {
            return new RootTerm(at, name == "input");
        }

        if (_imports.TryGetValue(name, out var import))
        {
            return Path(at, import.Path[0] == "input", import.Path.AsSpan(1));
        }

        return _package.Children.ContainsKey(name) && tree.IsRuleName(_package, name) ? Path(at, false, [.. module.Package, name]) : null;
    }

    private static Term Path(RegoLocation at, bool isInput, ReadOnlySpan<string> names)
    {
        var root = new RootTerm(at, isInput);
        if (names.IsEmpty)
        {
            return root;
        }

        var path = new Term[names.Length];
        for (var i = 0; i < names.Length; i++)
        {
            path[i] = new ConstantTerm(at, RegoString.Create(names[i]));
        }

        return new ReferenceTerm(at, root, path);
    }

    private Term ResolveReference(ReferenceTerm reference)
    {
        var head = reference.Head is NameTerm name ? ResolveName(name, isWhole: false) : Resolve(reference.Head);
        Term[] path = [.. reference.Path.Select(Resolve)];
        return head is ReferenceTerm inner
            ? Used(new ReferenceTerm(reference.At, inner.Head, [.. inner.Path, .. path]))
            : Used(new ReferenceTerm(reference.At, head, path));
    }

    // Notes which rules a reference to data may read.
    private Term Used(Term term)
    {
        if (term is RootTerm { IsInput: false })
        {
            _uses.UnionWith(tree.Root.Groups());
        }

        if (term is not ReferenceTerm { Head: RootTerm { IsInput: false } } reference)
        {
            return term;
        }

        Use(tree.Root, reference.Path);
        return term;
    }

    // A key that is not known yet may be any name here; what follows it must still lead to a rule.
    private void Use(RuleNode node, ReadOnlySpan<Term> path)
    {
        if (node.Group is not null || path.IsEmpty)
        {
            _uses.UnionWith(node.Groups());
        }
        else if (path[0] is not ConstantTerm constant)
        {
            foreach (var child in node.Children.Values)
            {
                Use(child, path[1..]);
            }
        }
        else if (constant.Value is RegoString name && node.Children.TryGetValue(name.Value, out var child))
        {
            Use(child, path[1..]);
        }
    }

    private Term ResolveCall(CallTerm call)
    {
        Term[] arguments = [.. call.Arguments.Select(Resolve)];
        var target = Target(call.Name);
        if (target is null && _rule is not null && arguments.Length == 0
            && call.Name is "rego.metadata.rule" or "rego.metadata.chain")
        {
            return new ConstantTerm(call.At, call.Name == "rego.metadata.rule"
                ? AnnotationChain.OfRule(tree.Annotations, _rule!) : AnnotationChain.Of(tree.Annotations, module.Package, _rule!));
        }

        if (target is null)
        {
            report(RegoErrorCode.TypeError, call.At, builtins.WhyMissing(call.Name));
            return new CallTerm(call.At, call.Name, arguments);
        }

        var arity = ArityOf(target);
        if (arity >= 0 && arguments.Length != arity)
        {
            report(
                RegoErrorCode.TypeError, call.At,
                $"{call.Name}: {(arguments.Length > arity ? "too many" : "not enough")} arguments: {arguments.Length} given, {arity} wanted");
        }
        else if (target is Builtin builtin)
        {
            CheckTypes(builtin, call, arguments);
        }

        return new CallTerm(call.At, call.Name, arguments, target);
    }

    private void CheckTypes(Builtin builtin, CallTerm call, Term[] arguments)
    {
        for (var i = 0; i < arguments.Length; i++)
        {
            RegoValueKind? kind = arguments[i] switch
            {
                ConstantTerm constant => constant.Value.Kind,
                ArrayTerm => RegoValueKind.Array,
                SetTerm => RegoValueKind.Set,
                ObjectTerm => RegoValueKind.Object,
                TemplateTerm => RegoValueKind.String,
                ComprehensionTerm comprehension => comprehension.Kind,
                _ => null,
            };
            if (kind is { } found && !builtin.Accepts(i, found))
            {
                report(
                    RegoErrorCode.TypeError, call.At,
                    $"{call.Name}: invalid argument(s): operand {i + 1} is {found.ToString().ToLowerInvariant()}, wanted {builtin.Wanted(i)}");
            }
        }
    }

    // The function that a dotted name means here: a rule before a built-in function.
    private object? Target(string name)
    {
        var parts = name.Split('.');
        RuleNode? node = null;
        if (parts[0] == "data")
        {
            node = tree.Find(parts.AsSpan(1));
        }
        else if (_imports.TryGetValue(parts[0], out var import) && import.Path[0] == "data")
        {
            node = tree.Find([.. import.Path[1..], .. parts[1..]]);
        }
        else if (tree.IsRuleName(_package, parts[0]))
        {
            node = tree.Find([.. module.Package, .. parts]);
        }

        if (node?.Group is { Kind: RuleGroupKind.Function } group)
        {
            _uses.Add(group);
            return group;
        }

        return builtins.Find(name);
    }

    private static int ArityOf(object target) => target is Builtin builtin ? builtin.Arity : ((RuleGroup)target).Arity;

    private static bool HasResult(object target) => target is not Builtin { IsPrint: true };

    private (Term Target, Term Value) ResolveWith(Term target, Term value)
    {
        var name = NameOf(target);
        if (name is not null && name != "input" && !name.StartsWith("input.", StringComparison.Ordinal) && Target(name) is { } function)
        {
            var holder = new CallTerm(target.At, name, [], function);
            if (NameOf(value) is { } other && !IsLocal(other) && Target(other) is { } replacement)
            {
                if (ArityOf(replacement) != ArityOf(function))
                {
                    report(RegoErrorCode.TypeError, target.At, $"with {name}: {other} takes another number of arguments");
                }

                return (holder, new CallTerm(value.At, other, [], replacement));
            }

            return (holder, Resolve(value));
        }

        var resolved = Resolve(target);
        var isDocument = resolved is RootTerm or ReferenceTerm { Head: RootTerm };
        if (!isDocument || (resolved is ReferenceTerm { Path: var path } && path.Any(key => key is not ConstantTerm)))
        {
            report(
                RegoErrorCode.CompileError, target.At,
                "with keyword target must reference existing input, data, or a function");
        }

        return (resolved, Resolve(value));
    }

    private bool IsLocal(string dotted)
    {
        var first = dotted.Split('.')[0];
        for (var scope = _scope; scope is not null; scope = scope.Parent)
        {
            if (scope.Declared.ContainsKey(first))
            {
                return true;
            }
        }

        return false;
    }

    private static string? NameOf(Term term) => term switch
    {
        NameTerm name => name.Name,
        ReferenceTerm { Head: NameTerm head } reference when reference.Path.All(key => key is ConstantTerm { Value: RegoString }) =>
            head.Name + string.Concat(reference.Path.Select(key => "." + ((RegoString)((ConstantTerm)key).Value).Value)),
        _ => null,
    };
}
