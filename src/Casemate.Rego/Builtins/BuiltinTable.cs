namespace Casemate.Rego.Builtins;

/// <summary>The built-in functions by name.</summary>
internal sealed class BuiltinTable
{
    // Known to Open Policy Agent, and not offered here because they reach outside of the evaluation.
    private static readonly HashSet<string> s_outside =
        ["http.send", "net.lookup_ip_addr"];

    // Known to Open Policy Agent, and not made here.
    private static readonly HashSet<string> s_absent =
    [
        "graphql.is_valid", "graphql.parse", "graphql.parse_and_verify", "graphql.parse_query", "graphql.parse_schema",
        "graphql.schema_is_valid",
    ];

    private readonly Dictionary<string, Builtin> _functions = new(StringComparer.Ordinal);

    public static BuiltinTable Standard { get; } = CreateStandard();

    public IEnumerable<string> Names => _functions.Keys;

    public Builtin? Find(string name) => _functions.GetValueOrDefault(name);

    public string WhyMissing(string name) => name is "rego.metadata.rule" or "rego.metadata.chain"
        ? $"the {name} function must only be called within the scope of a rule, without arguments"
        : s_outside.Contains(name)
        ? $"built-in function {name} is not offered: it reaches outside of the evaluation; a host that wants it registers it"
        : s_absent.Contains(name) ? $"built-in function {name} is not offered; a host that wants it registers it"
        : $"undefined function {name}";

    public BuiltinTable With(IEnumerable<RegoFunction> functions)
    {
        var table = new BuiltinTable();
        foreach (var (name, builtin) in _functions)
        {
            table._functions.Add(name, builtin);
        }

        foreach (var function in functions)
        {
            var invoke = function.Invoke;
            table._functions[function.Name] =
                new Builtin(function.Name, [.. Enumerable.Repeat("*", function.Arity)]) { Many = (_, arguments) => invoke(arguments) };
        }

        return table;
    }

    public void Add(string name, string operand, BuiltinFunction1 function) => Put(new Builtin(name, [operand]) { One = function });

    public void Add(string name, string first, string second, BuiltinFunction2 function) =>
        Put(new Builtin(name, [first, second]) { Two = function });

    public void Add(string name, string[] operands, BuiltinFunction function) => Put(new Builtin(name, operands) { Many = function });

    /// <summary>Offers a function under a second name.</summary>
    public void Alias(string name, string of)
    {
        var builtin = _functions[of];
        var operands = Enumerable.Range(0, builtin.Arity).Select(builtin.Operand).ToArray();
        Put(new Builtin(name, operands) { One = builtin.One, Two = builtin.Two, Many = builtin.Many });
    }

    private void Put(Builtin builtin) => _functions.Add(builtin.Name, builtin);

    private static BuiltinTable CreateStandard()
    {
        var table = new BuiltinTable();
        table.Put(new Builtin("print", []) { IsPrint = true, Many = (_, _) => RegoValue.True });
        OperatorBuiltins.Register(table);
        AggregateBuiltins.Register(table);
        TypeBuiltins.Register(table);
        NumberBuiltins.Register(table);
        StringBuiltins.Register(table);
        CollectionBuiltins.Register(table);
        RegexBuiltins.Register(table);
        JsonBuiltins.Register(table);
        EncodingBuiltins.Register(table);
        UnitBuiltins.Register(table);
        GraphBuiltins.Register(table);
        CryptoBuiltins.Register(table);
        TimeBuiltins.Register(table);
        NetworkBuiltins.Register(table);
        JwtBuiltins.Register(table);
        JwtSigning.Register(table);
        X509Builtins.Register(table);
        SchemaBuiltins.Register(table);
        ModuleBuiltins.Register(table);
        AwsBuiltins.Register(table);
        return table;
    }
}
