using Casemate.Attestation;
using Casemate.Cli.Output;

namespace Casemate.Cli.Verify;

/// <summary>The form of a verdict for people: what was asked, every check, what the advisories mean, why it was refused.</summary>
internal sealed class VerdictText(ConsoleOutput console)
{
    private const int LabelWidth = 12;

    /// <summary>Writes the whole text; its last line is <see cref="VerdictLine"/>.</summary>
    public void Write(Finding finding, IReadOnlyList<(string Label, string Text)> setting)
    {
        foreach (var (label, text) in setting)
        {
            Field(label, text);
        }

        var verdict = (finding as HardwareFinding)?.Verdict;
        if (verdict is not null)
        {
            WriteStatus(verdict);
        }

        foreach (var (label, text) in VerdictHighlights.Of(finding))
        {
            Field(label, text);
        }

        console.Out.WriteLine();
        WriteChecks(finding);
        if (verdict is not null)
        {
            WriteAdvisories(verdict);
        }

        WriteReasons(finding);
        console.Out.WriteLine(console.Paint(VerdictLine.ToneOf(finding), VerdictLine.For(finding)));
    }

    private void WriteStatus(Verdict verdict)
    {
        if (verdict.TcbStatus is { } status)
        {
            Field("TCB status", verdict.TcbDate is { } date ? $"{status} (TCB of {date:yyyy-MM-dd})" : $"{status}");
        }

        if (verdict.Tcb is { } tcb)
        {
            foreach (var component in tcb.Behind)
            {
                Field("behind", component);
            }
        }

        if (verdict.CollateralExpires is { } end)
        {
            Field("in force", $"all collateral until {InstantText.Format(end)}");
        }
    }

    private void WriteChecks(Finding verdict)
    {
        var table = new TextTable("outcome", "check", "expected", "found");
        foreach (var check in verdict.Checks)
        {
            var (tone, word) = check.Outcome switch
            {
                CheckOutcome.Passed => (Tone.Good, "passed"),
                CheckOutcome.Warned => (Tone.Caution, "warning"),
                CheckOutcome.NotAsked => (Tone.Faint, "not asked"),
                _ => (Tone.Bad, "FAILED"),
            };
            table.Add(tone, word, check.Id.ToString(), check.Expected, check.Actual);
        }

        table.Write(console);
        console.Out.WriteLine();
    }

    private void WriteAdvisories(Verdict verdict)
    {
        if (verdict.AdvisoryIds.IsDefaultOrEmpty)
        {
            return;
        }

        console.Out.WriteLine(console.Paint(Tone.Strong, "advisories that the matched TCB levels name"));
        foreach (var advisory in verdict.AdvisoryIds.Select(Advisory.Find))
        {
            if (advisory.Meaning.Length == 0)
            {
                console.Out.WriteLine($"  {advisory.Id}  {advisory.Link}");
                continue;
            }

            Paragraph($"  {advisory.Id}  ", advisory.Meaning);
            Paragraph("                  ", advisory.Action);
            console.Out.WriteLine($"                  {console.Paint(Tone.Faint, advisory.Link)}");
        }

        console.Out.WriteLine();
    }

    private void WriteReasons(Finding verdict)
    {
        var reasons = verdict.Reasons.ToList();
        if (reasons.Count == 0)
        {
            return;
        }

        var heading = reasons.Count == 1 ? "rejected for one reason" : $"rejected for {reasons.Count} reasons";
        console.Out.WriteLine(console.Paint(Tone.Bad, heading));
        foreach (var check in reasons)
        {
            console.Out.WriteLine($"  {console.Paint(Tone.Strong, check.Id.ToString())}");
            Paragraph("    expected  ", check.Expected);
            Paragraph("    found     ", check.Actual);
        }

        console.Out.WriteLine("  What each check means: handbook, page 'diagnostics'");
        console.Out.WriteLine();
    }

    private void Field(string label, string text) => Paragraph(label.PadRight(LabelWidth) + "  ", text);

    private void Paragraph(string head, string text)
    {
        var lines = TextWrap.Lines(text, Math.Max(20, console.Width - head.Length));
        console.Out.WriteLine(head + lines[0]);
        foreach (var line in lines.Skip(1))
        {
            console.Out.WriteLine(new string(' ', head.Length) + line);
        }
    }
}
