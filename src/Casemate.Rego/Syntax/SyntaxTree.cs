namespace Casemate.Rego.Syntax;

/// <summary>A parsed module as a value, in the form in which Open Policy Agent writes its syntax trees as JSON; without places.</summary>
internal sealed class SyntaxTree
{
    private static readonly Dictionary<RegoValueKind, string> s_kinds = new()
    {
        [RegoValueKind.Null] = "null",
        [RegoValueKind.Boolean] = "boolean",
        [RegoValueKind.Number] = "number",
        [RegoValueKind.String] = "string",
        [RegoValueKind.Array] = "array",
        [RegoValueKind.Object] = "object",
        [RegoValueKind.Set] = "set",
    };

    private int _wildcards;

    public static RegoObject Of(Module module)
    {
        var tree = new SyntaxTree();
        return Object(
            ("package", Object(("path", Array([Term("var", Text("data")), .. module.Package.Select(name => Term("string", Text(name)))])))),
            ("imports", OrNothing(module.Imports.Concat(module.DialectImports).OrderBy(import => import.At.Line)
                .ThenBy(import => import.At.Column).Select(Import))),
            ("rules", OrNothing(module.Rules.Select(tree.Rule))));
    }

    private static RegoObject Import(Import import) => Object(
        ("path", Term("ref", Array([
            Term("var", Text(import.Path[0])), .. import.Path[1..].Select(name => Term("string", Text(name))),
        ]))),
        ("alias", import.Alias == import.Path[^1] ? null : Text(import.Alias)));

    private RegoObject Rule(Rule rule)
    {
        Term name = new ReferenceTerm(rule.At, new NameTerm(rule.At, rule.Name), rule.Path);
        var head = Object(
            ("name", Text(rule.Name)),
            ("ref", Array(((RegoArray)Of(name)["value"]!).ToArray())),
            ("args", rule.Arguments is null ? null : Array(rule.Arguments.Select(Of))),
            ("key", rule.IsSet ? Of(rule.Value) : null),
            ("value", rule.IsSet ? null : Of(rule.Value)),
            ("assign", rule.IsAssigned ? RegoValue.True : null));
        return Object(
            ("default", rule.IsDefault ? RegoValue.True : null),
            ("head", head),
            ("body", rule.Body.Length > 0 ? Body(rule.Body)
                : Array([Object(("index", RegoValue.From(0)), ("terms", Term("boolean", RegoValue.True)))])),
            ("else", rule.Else is null ? null : Rule(rule.Else)));
    }

    private RegoArray Body(Literal[] body) => Array(body.Select((literal, i) => Object(
        ("index", RegoValue.From(i)),
        ("negated", literal.Negated ? RegoValue.True : null),
        ("terms", Terms(literal)),
        ("with", OrNothing(literal.With.Select(with => Object(("target", Of(with.Target)), ("value", Of(with.Value)))))))));

    private RegoValue Terms(Literal literal) => literal.Kind switch
    {
        LiteralKind.Unify => Array([Name("eq"), Of(literal.Left!), Of(literal.Right!)]),
        LiteralKind.Assign => Array([Name("assign"), Of(literal.Left!), Of(literal.Right!)]),
        LiteralKind.Some => Object(("symbols", Array(literal.Names.Select(Of)))),
        LiteralKind.SomeIn => Object(("symbols", Array([Term("call", Array(literal.Key is null
            ? [Name("internal.member_2"), Of(literal.Left!), Of(literal.Right!)]
            : [Name("internal.member_3"), Of(literal.Key), Of(literal.Left!), Of(literal.Right!)]))]))),
        LiteralKind.Every => Object(
            ("key", literal.Key is null ? RegoValue.Null : Of(literal.Key)), ("value", Of(literal.Left!)), ("domain", Of(literal.Right!)),
            ("body", Body(literal.Body))),
        _ => literal.Left is CallTerm call ? Array([Name(call.Name), .. call.Arguments.Select(Of)]) : Of(literal.Left!),
    };

    private RegoObject Of(Term term) => term switch
    {
        ConstantTerm constant => Constant(constant.Value),
        NameTerm { Name: "_" } => Term("var", Text($"${_wildcards++}")),
        NameTerm name => Term("var", Text(name.Name)),
        ReferenceTerm reference => Term("ref", Array([Of(reference.Head), .. reference.Path.Select(Of)])),
        ArrayTerm array => Term("array", Array(array.Items.Select(Of))),
        SetTerm set => Term("set", Array(set.Items.Select(Of))),
        ObjectTerm members => Term("object", Array(members.Members.Select(pair => Array([Of(pair.Key), Of(pair.Value)])))),
        CallTerm call => Term("call", Array([Name(call.Name), .. call.Arguments.Select(Of)])),
        TemplateTerm template => Term("templatestring", Object(("parts", Array(template.Parts.Select(Of))))),
        ComprehensionTerm { Kind: RegoValueKind.Object } c =>
            Term("objectcomprehension", Object(("key", Of(c.Key!)), ("value", Of(c.Value)), ("body", Body(c.Body)))),
        ComprehensionTerm c =>
            Term(s_kinds[c.Kind] + "comprehension", Object(("term", Of(c.Value)), ("body", Body(c.Body)))),
        _ => throw new InvalidOperationException($"a term of type {term.GetType().Name} is not as written"),
    };

    private static RegoObject Constant(RegoValue value) => Term(s_kinds[value.Kind], value switch
    {
        RegoNull => RegoObject.Empty,
        RegoArray array => Array(array.Select(Constant)),
        RegoSet set => Array(set.Select(Constant)),
        RegoObject members => Array(members.Select(member => Array([Constant(member.Key), Constant(member.Value)]))),
        _ => value,
    });

    // A function: a reference with one part per word of its name.
    private static RegoObject Name(string dotted)
    {
        var parts = dotted.Split('.');
        return Term("ref", Array([Term("var", Text(parts[0])), .. parts[1..].Select(part => Term("string", Text(part)))]));
    }

    private static RegoObject Term(string type, RegoValue value) => Object(("type", Text(type)), ("value", value));

    private static RegoArray? OrNothing(IEnumerable<RegoValue> items) => Array(items) is { Count: > 0 } array ? array : null;

    private static RegoArray Array(IEnumerable<RegoValue> items) => RegoArray.Create(items);

    private static RegoObject Object(params ReadOnlySpan<(string Name, RegoValue? Value)> members)
    {
        var map = new List<KeyValuePair<RegoValue, RegoValue>>(members.Length);
        foreach (var (name, value) in members)
        {
            if (value is not null)
            {
                map.Add(KeyValuePair.Create<RegoValue, RegoValue>(Text(name), value));
            }
        }

        return RegoObject.Create(map);
    }

    private static RegoString Text(string text) => RegoString.Create(text);
}
