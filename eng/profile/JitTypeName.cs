namespace Casemate.Profile;

/// <summary>A type as the just-in-time compiler writes it. <see cref="Suffix"/> is <c>[]</c> for an array.</summary>
internal sealed record JitTypeName(string Name, IReadOnlyList<JitTypeName> Arguments, string Suffix)
{
    public static JitTypeName Read(string text)
    {
        if (text.EndsWith("[]", StringComparison.Ordinal))
        {
            return new JitTypeName("", [Read(text[..^2])], "[]");
        }

        if (!text.EndsWith(']'))
        {
            return new JitTypeName(text, [], "");
        }

        var start = OpeningOf(text);
        return new JitTypeName(text[..start], [.. SplitOutside(text[(start + 1)..^1], ',').Select(Read)], "");
    }

    /// <summary>The bracket that the last character closes.</summary>
    public static int OpeningOf(string text)
    {
        var depth = 0;
        for (var i = text.Length - 1; i >= 0; i--)
        {
            depth += text[i] is ']' ? 1 : text[i] is '[' ? -1 : 0;
            if (depth == 0)
            {
                return i;
            }
        }

        throw new FormatException($"'{text}' closes a bracket that it does not open.");
    }

    public static int IndexOutside(string text, char wanted)
    {
        var depth = 0;
        for (var i = 0; i < text.Length; i++)
        {
            depth += text[i] is '[' ? 1 : text[i] is ']' ? -1 : 0;
            if (depth == 0 && text[i] == wanted)
            {
                return i;
            }
        }

        return -1;
    }

    public static IEnumerable<string> SplitOutside(string text, char separator)
    {
        for (int at; (at = IndexOutside(text, separator)) >= 0; text = text[(at + 1)..])
        {
            yield return text[..at];
        }

        yield return text;
    }
}
