namespace Casemate.KataPolicy;

/// <summary>Puts the pattern of a pod's name into words: what controllers append stands in angle brackets, what may be missing in square ones.</summary>
internal static class PodNameWords
{
    // What PodNamePattern writes, longest first: a shorter one must not be found within a longer one.
    private static readonly (string Pattern, string Words)[] s_parts =
    [
        ("[bcdfghjklmnpqrstvwxz2456789]+", "<suffix>"), ("(-[0-9a-z-]*)?", "[-<anything>]"), ("([0-9a-z-]*)", "<anything>"),
        ("(-[0-9]+)?", "[-<number>]"), ("[0-9]+", "<number>"), (@"\.", "."),
    ];

    internal static string Of(string pattern)
    {
        if (!pattern.StartsWith('^') || !pattern.EndsWith('$'))
        {
            return $"as {pattern} matches";
        }

        var (words, rest) = (pattern[1..^1], pattern[1..^1]);
        foreach (var (part, shown) in s_parts)
        {
            words = words.Replace(part, shown, StringComparison.Ordinal);
            rest = rest.Replace(part, "", StringComparison.Ordinal);
        }

        // Somebody else's pattern stays as it is: half a translation would say something else.
        return rest.All(c => c is >= 'a' and <= 'z' or >= '0' and <= '9' or '-') ? words : $"as {pattern} matches";
    }
}
