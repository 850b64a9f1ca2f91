namespace Casemate.Rego.Syntax;

/// <summary>What a literal of a body is.</summary>
internal enum LiteralKind
{
    /// <summary>A term that must be neither undefined nor false.</summary>
    Expression,

    /// <summary><c>Left = Right</c>.</summary>
    Unify,

    /// <summary><c>Left := Right</c>; gone after names were resolved.</summary>
    Assign,

    /// <summary><c>some Names</c>; gone after names were resolved.</summary>
    Some,

    /// <summary><c>some Key, Left in Right</c>.</summary>
    SomeIn,

    /// <summary><c>every Key, Left in Right { Body }</c>.</summary>
    Every,
}

/// <summary>One literal of a body.</summary>
internal sealed record Literal(RegoLocation At, LiteralKind Kind)
{
    public bool Negated { get; init; }

    public Term? Key { get; init; }

    public Term? Left { get; init; }

    public Term? Right { get; init; }

    public Term[] Names { get; init; } = [];

    public Literal[] Body { get; init; } = [];

    public (Term Target, Term Value)[] With { get; init; } = [];

    /// <summary>After resolution: the variables that exist inside the body of <c>every</c> only.</summary>
    public HashSet<int> Own { get; init; } = [];

    /// <summary>The source, for traces and explanations.</summary>
    public string Text { get; init; } = "";
}
