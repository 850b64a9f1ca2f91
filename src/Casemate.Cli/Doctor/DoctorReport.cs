using System.Text.Json;
using Casemate.Cli.Output;

namespace Casemate.Cli.Doctor;

/// <summary>Everything that was found, for people and for programs.</summary>
/// <param name="Target">What was looked at: <c>node</c> or <c>cluster</c>.</param>
/// <param name="Name">Which one.</param>
/// <param name="Findings">The findings, in the order of the questions.</param>
internal sealed record DoctorReport(string Target, string Name, IReadOnlyList<DoctorFinding> Findings)
{
    /// <summary>The exit code: 1 something failed, 5 nothing could be looked at for want of rights, else 0.</summary>
    public int ExitCode =>
        Has(DoctorOutcome.Failed) ? Cli.ExitCode.Refused
        : Findings.Any(finding => finding.IsDenied) && Findings.All(IsUnanswered) ? Cli.ExitCode.NotPermitted
        : Cli.ExitCode.Success;

    /// <summary>Prints it.</summary>
    public void Write(ConsoleOutput console)
    {
        if (console.Format is not OutputFormat.Table)
        {
            console.WriteDocument(WriteMembers);
            return;
        }

        console.Out.WriteLine(console.Paint(Tone.Strong, ErrorText.OneLine($"{Target}: {Name}")));
        var subjects = Findings.GroupBy(finding => DoctorSubject.Of(finding.Id)).ToList();
        foreach (var subject in subjects.OrderBy(subject => subject.Min(Rank)))
        {
            WriteSubject(console, subject.Key, [.. subject]);
        }

        var idle = Findings.Count(finding => finding.IsIdle);
        var unseen = Count(DoctorOutcome.NotChecked) - idle;
        var tone = Has(DoctorOutcome.Failed) ? Tone.Bad : Has(DoctorOutcome.Warning) || unseen > 0 ? Tone.Caution : Tone.Good;
        console.Out.WriteLine(console.Paint(
            tone,
            $"{Count(DoctorOutcome.Failed)} failed, {Plural.Of(Count(DoctorOutcome.Warning), "warning")}, {unseen} not "
                + $"checked, {Count(DoctorOutcome.Passed)} passed"
                + (idle == 0 ? "" : $"; {idle} had nothing to look at{(console.Verbose ? "" : " (-v)")}")));
    }

    /// <summary>The word for an outcome.</summary>
    public static string WordOf(DoctorOutcome outcome) => outcome switch
    {
        DoctorOutcome.Failed => "failed",
        DoctorOutcome.Warning => "warning",
        DoctorOutcome.NotChecked => "not-checked",
        DoctorOutcome.Passed => "passed",
        _ => throw new ArgumentOutOfRangeException(nameof(outcome)),
    };

    private static void WriteSubject(ConsoleOutput console, string subject, List<DoctorFinding> findings)
    {
        var passed = findings.Count(finding => finding.Outcome is DoctorOutcome.Passed);
        if (findings.TrueForAll(finding => finding.IsIdle) && !console.Verbose)
        {
            return;
        }

        if (findings.TrueForAll(finding => finding.Outcome is DoctorOutcome.Passed || finding.IsIdle) && !console.Verbose)
        {
            console.Out.WriteLine($"{console.Paint(Tone.Good, "ok      ")}  {subject}: {passed} passed");
            return;
        }

        console.Out.WriteLine();
        console.Out.WriteLine(console.Paint(Tone.Strong, subject));
        foreach (var finding in findings.OrderBy(Rank))
        {
            if ((finding.Outcome is not DoctorOutcome.Passed && !finding.IsIdle) || console.Verbose)
            {
                WriteFinding(console, finding);
            }
        }

        if (passed > 0 && !console.Verbose)
        {
            console.Out.WriteLine($"  {console.Paint(Tone.Good, "ok      ")}  {passed} more passed");
        }
    }

    private static void WriteFinding(ConsoleOutput console, DoctorFinding finding)
    {
        var (tone, word) = finding.Outcome switch
        {
            DoctorOutcome.Failed => (Tone.Bad, "FAILED  "),
            DoctorOutcome.Warning => (Tone.Caution, "warning "),
            DoctorOutcome.NotChecked when finding.IsIdle => (Tone.Faint, "nothing "),
            DoctorOutcome.NotChecked => (Tone.Caution, "not seen"),
            DoctorOutcome.Passed => (Tone.Good, "ok      "),
            _ => throw new ArgumentOutOfRangeException(nameof(finding)),
        };
        var about = finding.About.Length > 0 ? $", {finding.About}" : "";
        console.Out.WriteLine($"  {console.Paint(tone, word)}  {ErrorText.OneLine($"{finding.Id}{about}")}");
        WriteWrapped(console, finding.Evidence);
        if (finding.Fix is { } fix)
        {
            WriteWrapped(console, $"fix: {fix}");
        }
    }

    private static void WriteWrapped(ConsoleOutput console, string text)
    {
        foreach (var line in TextWrap.Lines(ErrorText.OneLine(text), Math.Max(20, console.Width - 12)))
        {
            console.Out.WriteLine($"            {line}");
        }
    }

    private void WriteMembers(Utf8JsonWriter json)
    {
        json.WriteString("apiVersion", Primitives.ApiVersion.V1);
        json.WriteString("target", Target);
        json.WriteString("name", Name);
        json.WriteBoolean("good", !Has(DoctorOutcome.Failed));
        json.WriteStartObject("counts");
        foreach (var outcome in Enum.GetValues<DoctorOutcome>())
        {
            json.WriteNumber(WordOf(outcome), Count(outcome));
        }

        json.WriteEndObject();
        json.WriteStartArray("findings");
        foreach (var finding in Findings)
        {
            json.WriteStartObject();
            json.WriteString("id", finding.Id.ToString());
            json.WriteString("subject", DoctorSubject.Of(finding.Id));
            json.WriteString("about", finding.About);
            json.WriteString("outcome", WordOf(finding.Outcome));
            json.WriteString("evidence", finding.Evidence);
            if (finding.Fix is { } fix)
            {
                json.WriteString("fix", fix);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    // What every cluster says to everybody does not count as something that could be looked at.
    private static bool IsUnanswered(DoctorFinding finding) => finding.Outcome is DoctorOutcome.NotChecked
        || finding.Id is DoctorFindingId.ApiServer or DoctorFindingId.ServedKinds or DoctorFindingId.ServerClock;

    // What there was nothing of comes last, after what is well.
    private static int Rank(DoctorFinding finding) => finding.IsIdle ? int.MaxValue : (int)finding.Outcome;

    private bool Has(DoctorOutcome outcome) => Findings.Any(finding => finding.Outcome == outcome);

    private int Count(DoctorOutcome outcome) => Findings.Count(finding => finding.Outcome == outcome);
}
