namespace Casemate.Cli.Lint;

/// <summary>Finds blocks of YAML and JSON in Markdown: between fences that say so and stand at the beginning of their lines.</summary>
internal static class MarkdownBlocks
{
    private const int MaxBlocks = 1000;

    /// <summary>The blocks: where each begins and ends in the text, and its first line, counted from 0.</summary>
    public static IReadOnlyList<(int Start, int End, int Line)> Find(string text)
    {
        var blocks = new List<(int, int, int)>();
        var (at, line, start, firstLine, fence) = (0, 0, -1, 0, "");
        while (at < text.Length && blocks.Count < MaxBlocks)
        {
            var end = text.IndexOf('\n', at);
            var next = end < 0 ? text.Length : end + 1;
            var words = text.AsSpan(at, next - at).TrimEnd();
            if (fence.Length == 0)
            {
                if (words.StartsWith("```") || words.StartsWith("~~~"))
                {
                    fence = words[..3].ToString();
                    var language = words.TrimStart(fence[0]).Trim();
                    var isOurs = language is "yaml" or "yml" or "json" or "YAML" or "JSON";
                    (start, firstLine) = (isOurs ? next : -1, line + 1);
                }
            }
            else if (words.StartsWith(fence) && words.TrimStart(fence[0]).IsEmpty)
            {
                if (start >= 0 && at > start)
                {
                    blocks.Add((start, at, firstLine));
                }

                (start, fence) = (-1, "");
            }

            (at, line) = (next, line + 1);
        }

        return blocks;
    }
}
