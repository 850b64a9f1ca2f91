namespace Casemate.Cli.Output;

/// <summary>An aligned table that wraps its cells where the terminal is narrow.</summary>
/// <param name="headers">Column titles; the number of columns follows from them.</param>
internal sealed class TextTable(params IReadOnlyList<string> headers)
{
    private const string Gap = "  ";
    private const int NarrowestColumn = 8;

    private readonly List<(Tone Tone, string[] Cells)> _rows = [];

    /// <summary>Adds a row; <paramref name="tone"/> colours its first cell.</summary>
    public TextTable Add(Tone tone, params string[] cells)
    {
        if (cells.Length != headers.Count)
        {
            throw new ArgumentException($"The table has {headers.Count} columns, the row {cells.Length}.", nameof(cells));
        }

        _rows.Add((tone, [.. cells.Select(ErrorText.Harmless)]));         // names in files and of servers hold whatever they like
        return this;
    }

    /// <summary>Writes the table to standard output, wrapped to the console's width.</summary>
    public void Write(ConsoleOutput console)
    {
        var widths = Fit(console.Width);
        WriteRow(console, Tone.Strong, [.. headers], widths, wholeRow: true);
        foreach (var (tone, cells) in _rows)
        {
            WriteRow(console, tone, cells, widths, wholeRow: false);
        }
    }

    private static void WriteRow(ConsoleOutput console, Tone tone, string[] cells, int[] widths, bool wholeRow)
    {
        var wrapped = cells.Select((cell, i) => TextWrap.Lines(cell, widths[i])).ToArray();
        var height = wrapped.Max(lines => lines.Count);
        for (var line = 0; line < height; line++)
        {
            var parts = new string[cells.Length];
            for (var i = 0; i < cells.Length; i++)
            {
                var text = line < wrapped[i].Count ? wrapped[i][line] : "";
                var padded = i == cells.Length - 1 ? text : text.PadRight(widths[i]);
                parts[i] = i == 0 || wholeRow ? console.Paint(tone, padded) : padded;
            }

            console.Out.WriteLine(string.Join(Gap, parts).TrimEnd());
        }
    }

    // Natural widths if they fit; otherwise the widest column gives way first, down to a floor.
    private int[] Fit(int total)
    {
        var widths = new int[headers.Count];
        for (var i = 0; i < widths.Length; i++)
        {
            widths[i] = Math.Max(headers[i].Length, _rows.Count == 0 ? 0 : _rows.Max(row => row.Cells[i].Length));
        }

        var available = total - (Gap.Length * (widths.Length - 1));
        while (widths.Sum() > available)
        {
            var widest = Array.IndexOf(widths, widths.Max());
            if (widths[widest] <= NarrowestColumn)
            {
                break;
            }

            var others = widths.Where((_, i) => i != widest).DefaultIfEmpty(NarrowestColumn).Max();
            var excess = widths.Sum() - available;
            widths[widest] = Math.Max(Math.Max(NarrowestColumn, Math.Min(others, widths[widest] - 1)), widths[widest] - excess);
        }

        return widths;
    }
}
