namespace Casemate.Rego.Syntax;

/// <summary>One rule as written: a head and one body; chained bodies are separate rules.</summary>
internal sealed record Rule(RegoLocation At, string Name)
{
    /// <summary>What follows the name in the head: keys in dots or brackets.</summary>
    public Term[] Path { get; init; } = [];

    public Term[]? Arguments { get; init; }

    public bool IsDefault { get; init; }

    /// <summary>True for <c>:=</c> in the head.</summary>
    public bool IsAssigned { get; init; }

    /// <summary>True for <c>contains</c>, and for a head <c>p[x]</c> of the older dialect: <see cref="Value"/> is the member.</summary>
    public bool IsSet { get; init; }

    public required Term Value { get; init; }

    public Literal[] Body { get; init; } = [];

    /// <summary>The next branch of an <c>else</c> chain.</summary>
    public Rule? Else { get; init; }
}
