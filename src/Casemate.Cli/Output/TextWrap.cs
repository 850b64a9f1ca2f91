namespace Casemate.Cli.Output;

/// <summary>Breaks text into lines of a given width, at spaces where there are any, inside long hex values where there are none.</summary>
internal static class TextWrap
{
    /// <summary>
    /// The lines of <paramref name="text"/>, at least one, each at most <paramref name="width"/> long. Parts of it may come from a file or
    /// a peer: what could move a terminal's cursor or turn the direction of writing becomes a question mark.
    /// </summary>
    public static List<string> Lines(string text, int width)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        var lines = new List<string>();
        var rest = ErrorText.Harmless(text).AsSpan();
        while (rest.Length > width)
        {
            var space = rest[..(width + 1)].LastIndexOf(' ');
            var end = space > 0 ? space : width;
            lines.Add(rest[..end].TrimEnd().ToString());
            rest = rest[end..].TrimStart();
        }

        lines.Add(rest.ToString());
        return lines;
    }
}
