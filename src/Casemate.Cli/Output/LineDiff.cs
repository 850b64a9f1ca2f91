using System.Globalization;
using System.Text;

namespace Casemate.Cli.Output;

/// <summary>Two texts compared line by line, in the form that <c>diff -u</c> made known.</summary>
internal static class LineDiff
{
    private const int Context = 3;

    // Beyond this many pairs of lines what lies between the first and the last difference is shown as replaced.
    private const long MostPairs = 16_000_000;

    private readonly record struct Line(char Sign, string Text);

    public static string Of(string file, string before, string after)
    {
        var lines = Compare(Lines(before), Lines(after));
        var text = new StringBuilder($"--- {file}\n+++ {file}\n");
        var (old, now) = (1, 1);
        for (var i = 0; i < lines.Count;)
        {
            var change = lines.FindIndex(i, line => line.Sign != ' ');
            if (change < 0)
            {
                break;
            }

            var start = Math.Max(i, change - Context);
            var end = End(lines, change);
            (old, now) = (old + start - i, now + start - i);
            var part = lines[start..end];
            var (removed, added) = (part.Count(line => line.Sign != '+'), part.Count(line => line.Sign != '-'));
            text.Append(CultureInfo.InvariantCulture, $"@@ -{old},{removed} +{now},{added} @@\n");
            part.ForEach(line => text.Append(line.Sign).Append(line.Text.TrimEnd('\r')).Append('\n'));
            (old, now, i) = (old + removed, now + added, end);
        }

        return text.ToString();
    }

    private static string[] Lines(string text)
    {
        var lines = text.Split('\n');
        return lines[^1].Length == 0 ? lines[..^1] : [.. lines[..^1], lines[^1] + "\n\\ No newline at end of file"];
    }

    // Changes with few lines between them belong together.
    private static int End(List<Line> lines, int change)
    {
        var last = change;
        for (var i = change; i < lines.Count && i - last <= 2 * Context; i++)
        {
            last = lines[i].Sign != ' ' ? i : last;
        }

        return Math.Min(lines.Count, last + Context + 1);
    }

    private static List<Line> Compare(string[] a, string[] b)
    {
        var (head, tail) = (0, 0);
        while (head < Math.Min(a.Length, b.Length) && a[head] == b[head])
        {
            head++;
        }

        while (tail < Math.Min(a.Length, b.Length) - head && a[^(tail + 1)] == b[^(tail + 1)])
        {
            tail++;
        }

        return
        [
            .. a[..head].Select(line => new Line(' ', line)), .. Middle(a[head..^tail], b[head..^tail]),
            .. a[^tail..].Select(line => new Line(' ', line)),
        ];
    }

    // The longest common sequence of lines, by the table of its lengths.
    private static IEnumerable<Line> Middle(string[] a, string[] b)
    {
        if ((long)a.Length * b.Length > MostPairs)
        {
            return [.. a.Select(line => new Line('-', line)), .. b.Select(line => new Line('+', line))];
        }

        var longest = new int[a.Length + 1, b.Length + 1];
        for (var i = a.Length - 1; i >= 0; i--)
        {
            for (var j = b.Length - 1; j >= 0; j--)
            {
                longest[i, j] = a[i] == b[j] ? longest[i + 1, j + 1] + 1 : Math.Max(longest[i + 1, j], longest[i, j + 1]);
            }
        }

        var lines = new List<Line>(a.Length + b.Length);
        for (var (i, j) = (0, 0); i < a.Length || j < b.Length;)
        {
            if (i < a.Length && j < b.Length && a[i] == b[j])
            {
                lines.Add(new Line(' ', a[i++]));
                j++;
            }
            else if (i < a.Length && (j == b.Length || longest[i + 1, j] >= longest[i, j + 1]))
            {
                lines.Add(new Line('-', a[i++]));
            }
            else
            {
                lines.Add(new Line('+', b[j++]));
            }
        }

        return lines;
    }
}
