namespace Casemate.Rego.Formatting;

/// <summary>What stands between two tokens: a comment that ends a line, comments on lines of their own, breaks.</summary>
internal readonly record struct Gap(string? Trailing, List<(string Text, bool AfterBlank)> Comments, bool HasBreak, bool BlankBeforeNext)
{
    /// <summary>Reads the text between the end of one token and the start of the next.</summary>
    public static Gap Read(ReadOnlySpan<char> text, bool isFirst)
    {
        string? trailing = null;
        var comments = new List<(string, bool)>();
        var (lines, total) = (0, 0);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\n')
            {
                lines++;
                total++;
            }
            else if (text[i] == '#')
            {
                var length = text[i..].IndexOf('\n');
                var comment = (length < 0 ? text[i..] : text.Slice(i, length)).TrimEnd().ToString();
                i = length < 0 ? text.Length : i + length - 1;
                if (total == 0 && !isFirst)
                {
                    trailing = comment;
                }
                else
                {
                    comments.Add((comment, lines > 1));
                }

                lines = 0;
            }
        }

        return new Gap(trailing, comments, total > 0, lines > 1);
    }
}
