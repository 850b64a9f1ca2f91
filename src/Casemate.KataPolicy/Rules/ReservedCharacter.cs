namespace Casemate.KataPolicy;

/// <summary>
/// Characters that arguments and variables of a policy cannot have: U+0000 ends a text where a process gets it, and the rules put U+0001 in
/// the place of a doubled dollar sign while they compare. Every other character stands for itself.
/// </summary>
internal static class ReservedCharacter
{
    /// <summary>The first such character; null when there is none.</summary>
    internal static char? FindIn(string text) => text.AsSpan().IndexOfAny('\0', '\u0001') is >= 0 and var at ? text[at] : null;

    /// <summary>A character's name, and why it cannot be there.</summary>
    internal static string Name(char character) => character == '\0'
        ? "the character U+0000, which no argument and no variable of a process can hold"
        : $"the character U+{(int)character:X4}, which the rules of policies use themselves";
}
