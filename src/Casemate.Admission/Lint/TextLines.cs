namespace Casemate.Admission;

/// <summary>A text as lines, each with its place. Lines are cut at a length at which no guide is written.</summary>
internal sealed class TextLines
{
    /// <summary>What is looked at of one line, in characters.</summary>
    public const int LongestLine = 2000;

    /// <summary>How many lines one statement may have.</summary>
    private const int LongestStatement = 12;

    private readonly List<(int Offset, string Text)> _lines = [];

    public TextLines(string text)
    {
        var at = 0;
        while (at < text.Length)
        {
            var end = text.IndexOf('\n', at);
            end = end < 0 ? text.Length : end;
            var length = Math.Min(end - at, LongestLine);
            _lines.Add((at, text.Substring(at, length).TrimEnd('\r')));
            at = end + 1;
        }
    }

    public int Count => _lines.Count;

    public string this[int line] => _lines[line].Text;

    public int OffsetOf(int line) => _lines[line].Offset;

    /// <summary>The offset of the first letter of a line.</summary>
    public int StartOf(int line) => _lines[line].Offset + (_lines[line].Text.Length - _lines[line].Text.TrimStart().Length);

    /// <summary>A line with those that continue it: after a back-tick, a backslash or a bar.</summary>
    public string Statement(int line)
    {
        var statement = _lines[line].Text.TrimEnd();
        for (var next = line + 1; next < Math.Min(_lines.Count, line + LongestStatement) && Continues(statement); next++)
        {
            statement = statement.TrimEnd('`', '\\') + " " + _lines[next].Text.Trim();
        }

        return statement;
    }

    /// <summary>The next line with something on it; -1 when there is none.</summary>
    public int After(int line)
    {
        for (var next = line + 1; next < _lines.Count; next++)
        {
            if (!string.IsNullOrWhiteSpace(_lines[next].Text))
            {
                return next;
            }
        }

        return -1;
    }

    private static bool Continues(string statement) => statement.Length > 0 && statement[^1] is '`' or '\\' or '|';
}
