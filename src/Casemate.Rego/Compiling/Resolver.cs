using Casemate.Rego.Builtins;
using Casemate.Rego.Syntax;

namespace Casemate.Rego.Compiling;

/// <summary>Finds out what each name of a rule means: a variable, an import, a rule, a document.</summary>
internal sealed partial class Resolver(RuleTree tree, Module module, BuiltinTable builtins, Action<RegoErrorCode, RegoLocation,
    string> report)
{
    private readonly Dictionary<string, Import> _imports = ImportsOf(module);
    private readonly RuleNode _package = tree.Package(module.Package);
    private List<string> _slots = [];
    private HashSet<RuleGroup> _uses = [];
    private Scope _scope = new(null);
    private Rule? _rule;

    public ResolvedRule Resolve(Rule rule, Term[] keys, HashSet<RuleGroup> uses)
    {
        _rule = rule;
        _uses = uses;
        _slots = [];
        _scope = new Scope(null);
        var arguments = rule.Arguments ?? [];
        for (var i = 0; i < arguments.Length; i++)
        {
            NewSlot($"argument {i + 1}");
        }

        // The arguments' variables are declared: nothing outside may be meant by them.
        for (var i = 0; i < arguments.Length; i++)
        {
            // A plain variable is the argument itself.
            if (arguments[i] is NameTerm { Name: not ("_" or "input" or "data") and var name } && _scope.Declared.TryAdd(name, i))
            {
                _slots[i] = name;
                _scope.Seen.Add(name);
            }
            else
            {
                DeclareArgument(arguments[i]);
            }
        }

        foreach (var key in keys)
        {
            DirectNames.Collect(key, _scope.Direct);
        }

        DirectNames.Collect(rule.Value, _scope.Direct);
        DirectNames.Collect(rule.Body, _scope.Direct);
        Term[] patterns = [.. arguments.Select(Resolve)];
        var body = ResolveBody(rule.Body);
        Term[] resolvedKeys = [.. keys.Select(Resolve)];
        var value = Resolve(rule.Value);
        var slots = _slots;
        return new ResolvedRule(
            rule.At, patterns, resolvedKeys, value, body, rule.IsSet, slots, rule.Else is null ? null : Resolve(rule.Else, keys, uses));
    }

    /// <summary>Resolves a query; the names of the result are the variables that the caller sees.</summary>
    public (Literal[] Body, List<string> Slots, Dictionary<string, int> Names) ResolveQuery(Literal[] query, HashSet<RuleGroup> uses)
    {
        _uses = uses;
        _slots = [];
        _scope = new Scope(null);
        DirectNames.Collect(query, _scope.Direct);
        var body = ResolveBody(query);
        return (body, _slots, _scope.Declared);
    }

    private static Dictionary<string, Import> ImportsOf(Module module)
    {
        var imports = new Dictionary<string, Import>(StringComparer.Ordinal);
        foreach (var import in module.Imports)
        {
            imports[import.Alias] = import;
        }

        return imports;
    }

    private int NewSlot(string name)
    {
        _slots.Add(name);
        _scope.Own.Add(_slots.Count - 1);
        return _slots.Count - 1;
    }

    private void DeclareArgument(Term argument)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        DirectNames.Collect(argument, names);
        foreach (var name in names.Where(name => name is not "_" and not "input" and not "data"))
        {
            if (!_scope.Declared.ContainsKey(name))
            {
                _scope.Declared[name] = NewSlot(name);
                _scope.Seen.Add(name);
            }
        }
    }

    private Literal[] ResolveBody(Literal[] body)
    {
        DirectNames.CollectDeclared(body, _scope.Later);
        var resolved = new List<Literal>(body.Length);
        foreach (var literal in body)
        {
            if (literal.Kind is LiteralKind.Some)
            {
                foreach (var name in literal.Names)
                {
                    Declare(((NameTerm)name).Name, name.At);
                }

                continue;
            }

            // The values of with are read outside of its effect; what is declared is declared last.
            (Term, Term)[] with = [.. literal.With.Select(pair => ResolveWith(pair.Target, pair.Value))];
            resolved.Add(Resolve(literal) with { With = with });
        }

        return [.. resolved];
    }

    private Literal Resolve(Literal literal)
    {
        switch (literal.Kind)
        {
            case LiteralKind.Assign:
                {
                    if (literal.Negated)
                    {
                        report(RegoErrorCode.CompileError, literal.At, "cannot assign vars inside negated expression");
                    }

                    var right = Resolve(literal.Right!);
                    return literal with { Kind = LiteralKind.Unify, Left = DeclarePattern(literal.Left!), Right = right };
                }

            case LiteralKind.SomeIn:
                {
                    var domain = Resolve(literal.Right!);
                    var key = literal.Key is null ? null : DeclarePattern(literal.Key, expressions: true);
                    return literal with { Key = key, Left = DeclarePattern(literal.Left!, expressions: true), Right = domain };
                }

            case LiteralKind.Every:
                {
                    var domain = Resolve(literal.Right!);
                    return Inside(scope =>
                    {
                        var key = literal.Key is null ? null : DeclarePattern(literal.Key);
                        var value = DeclarePattern(literal.Left!);
                        DirectNames.Collect(literal.Body, scope.Direct);
                        var body = ResolveBody(literal.Body);
                        return literal with { Key = key, Left = value, Right = domain, Body = body, Own = scope.Own };
                    });
                }

            case LiteralKind.Unify:
                return literal with { Left = Resolve(literal.Left!), Right = Resolve(literal.Right!) };
            default:
                return ResolveExpression(literal);
        }
    }

    // A call with one argument more than the function has: the last one takes the result.
    private Literal ResolveExpression(Literal literal)
    {
        if (literal.Left is CallTerm { Name: "eq", Arguments: [var left, var right] } && !_package.Children.ContainsKey("eq"))
        {
            return literal with { Kind = LiteralKind.Unify, Left = Resolve(left), Right = Resolve(right) };
        }

        if (literal.Left is CallTerm call && Target(call.Name) is { } target && ArityOf(target) is var arity && arity >= 0
            && call.Arguments.Length == arity + 1 && HasResult(target))
        {
            var inner = new CallTerm(call.At, call.Name, call.Arguments[..^1]);
            return literal with { Kind = LiteralKind.Unify, Left = Resolve(inner), Right = Resolve(call.Arguments[^1]) };
        }

        return literal with { Left = Resolve(literal.Left!) };
    }

    private T Inside<T>(Func<Scope, T> action)
    {
        var outer = _scope;
        _scope = new Scope(outer);
        var result = action(_scope);
        foreach (var slot in _scope.Own)
        {
            outer.Own.Add(slot);
        }

        _scope = outer;
        return result;
    }

    private int Declare(string name, RegoLocation at)
    {
        if (name == "_")
        {
            return NewSlot("_");
        }

        if (_scope.Declared.ContainsKey(name) || _scope.Seen.Contains(name))
        {
            report(RegoErrorCode.CompileError, at, $"var {name} {(_scope.Declared.ContainsKey(name) ? "assigned" : "referenced")} above");
        }

        var slot = NewSlot(name);
        _scope.Declared[name] = slot;
        _scope.Seen.Add(name);
        return slot;
    }

    // After some, a part of the pattern may also be an expression that is compared.
    private Term DeclarePattern(Term pattern, bool expressions = false)
    {
        switch (pattern)
        {
            case NameTerm name:
                return new LocalTerm(name.At, Declare(name.Name, name.At), name.Name);
            case ArrayTerm array:
                return new ArrayTerm(array.At, [.. array.Items.Select(item => DeclarePattern(item, expressions))]);
            case ObjectTerm members:
                return new ObjectTerm(members.At,
                    [.. members.Members.Select(member => (Resolve(member.Key), DeclarePattern(member.Value, expressions)))]);
            case ConstantTerm:
                return pattern;
            case CallTerm or ReferenceTerm or SetTerm or ComprehensionTerm or TemplateTerm when expressions:
                return Resolve(pattern);
            default:
                report(RegoErrorCode.CompileError, pattern.At,
                    "cannot assign to this term: only variables, arrays and objects can be declared");
                return Resolve(pattern);
        }
    }
}
