namespace Casemate.Rego.Patterns;

/// <summary>A part of a parsed regular expression.</summary>
internal abstract record RegexNode;

internal sealed record EmptyNode : RegexNode
{
    public static readonly EmptyNode Instance = new();
}

internal sealed record CharacterNode(int Character) : RegexNode
{
    // Most patterns are mostly plain text.
    private static readonly CharacterNode[] s_ascii = [.. Enumerable.Range(0, 128).Select(c => new CharacterNode(c))];

    public static CharacterNode Of(int character) => character < s_ascii.Length ? s_ascii[character] : new CharacterNode(character);
}

internal sealed record SetNode(CharSet Set) : RegexNode;

internal sealed record SequenceNode(List<RegexNode> Parts) : RegexNode;

internal sealed record ChoiceNode(List<RegexNode> Options) : RegexNode;

/// <summary>A repetition; <see cref="Most"/> is -1 for no bound.</summary>
internal sealed record RepeatNode(RegexNode Part, int Least, int Most, bool Greedy) : RegexNode;

internal sealed record GroupNode(RegexNode Part, int Index) : RegexNode;

internal sealed record AssertNode(RegexAssertion Assertion) : RegexNode;

/// <summary>Conditions on a place between characters.</summary>
internal enum RegexAssertion
{
    TextStart,
    TextEnd,
    LineStart,
    LineEnd,
    WordBoundary,
    NoWordBoundary,
}
