namespace Casemate.Rego.Syntax;

/// <summary>A term, before and after names were resolved.</summary>
internal abstract class Term(RegoLocation at)
{
    public RegoLocation At { get; } = at;
}

/// <summary>A null, boolean, number or string, or a collection of nothing but constants.</summary>
internal sealed class ConstantTerm(RegoLocation at, RegoValue value) : Term(at)
{
    public RegoValue Value { get; } = value;
}

/// <summary>A name whose meaning is not known yet.</summary>
internal sealed class NameTerm(RegoLocation at, string name) : Term(at)
{
    public string Name { get; } = name;
}

/// <summary>A variable of a rule.</summary>
internal sealed class LocalTerm(RegoLocation at, int slot, string name) : Term(at)
{
    public int Slot { get; } = slot;

    public string Name { get; } = name;
}

/// <summary>The document <c>input</c> or <c>data</c>.</summary>
internal sealed class RootTerm(RegoLocation at, bool isInput) : Term(at)
{
    public bool IsInput { get; } = isInput;
}

/// <summary>A reference: a head and the keys that follow.</summary>
internal sealed class ReferenceTerm(RegoLocation at, Term head, Term[] path) : Term(at)
{
    public Term Head { get; } = head;

    public Term[] Path { get; } = path;
}

internal sealed class ArrayTerm(RegoLocation at, Term[] items) : Term(at)
{
    public Term[] Items { get; } = items;
}

internal sealed class SetTerm(RegoLocation at, Term[] items) : Term(at)
{
    public Term[] Items { get; } = items;
}

internal sealed class ObjectTerm(RegoLocation at, (Term Key, Term Value)[] members) : Term(at)
{
    public (Term Key, Term Value)[] Members { get; } = members;
}

/// <summary>A comprehension. <see cref="Own"/>: after resolution, the variables that exist inside only.</summary>
internal sealed class ComprehensionTerm(RegoLocation at, RegoValueKind kind, Term? key, Term value, Literal[] body,
    HashSet<int>? own = null)
    : Term(at)
{
    public RegoValueKind Kind { get; } = kind;

    public Term? Key { get; } = key;

    public Term Value { get; } = value;

    public Literal[] Body { get; } = body;

    public HashSet<int> Own { get; } = own ?? [];
}

/// <summary>A call. <see cref="Target"/> is null until names are resolved.</summary>
internal sealed class CallTerm(RegoLocation at, string name, Term[] arguments, object? target = null) : Term(at)
{
    public string Name { get; } = name;

    public Term[] Arguments { get; } = arguments;

    public object? Target { get; } = target;
}

/// <summary>A string with values in it; parts that are undefined print as such.</summary>
internal sealed class TemplateTerm(RegoLocation at, Term[] parts) : Term(at)
{
    public Term[] Parts { get; } = parts;
}
