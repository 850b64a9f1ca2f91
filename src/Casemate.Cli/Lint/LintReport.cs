using System.Text.Json;
using Casemate.Admission;
using Casemate.Cli.Output;

namespace Casemate.Cli.Lint;

/// <summary>Writes what was found and what was mended.</summary>
internal static class LintReport
{
    private const string Refused = "The text cannot be changed there without changing something else.";

    public static void Write(ConsoleOutput console, TextWriter target, IReadOnlyList<FixedFile> files, bool fixes, bool dry)
    {
        foreach (var file in files)
        {
            foreach (var mended in file.Fixed)
            {
                target.WriteLine(ErrorText.OneLine(
                    $"{Place(file.Before, mended)}: {(dry ? "would fix" : "fixed")} {mended.Finding.Rule}: {mended.Finding.Message} {mended.Finding.Remedy}".TrimEnd()));
            }

            foreach (var found in file.After.Findings)
            {
                var finding = found.Finding;
                var (tone, word) = Word(finding.Severity);
                var end = file.IsUnfinished && finding.IsFixable ? " [not yet: run it again]"
                    : fixes ? $" [no automatic fix{ReasonOf(finding)}]"
                    : finding.IsFixable ? " [--fix]" : "";
                target.WriteLine(
                    $"{Place(file.After, found)}: {(ReferenceEquals(target, console.Out) ? console.Paint(tone, word) : word)} {finding.Rule}: "
                        + ErrorText.OneLine($"{finding.Message} {finding.Remedy}".TrimEnd()) + end);
            }
        }
    }

    public static void Write(Utf8JsonWriter json, IReadOnlyList<FixedFile> files, IReadOnlyDictionary<string, string> diffs)
    {
        json.WriteString("apiVersion", Primitives.ApiVersion.V1);
        json.WriteStartArray("files");
        foreach (var file in files)
        {
            json.WriteStartObject();
            json.WriteString("file", file.Before.Name);
            json.WriteString("problem", file.After.Problem);
            WriteFindings(json, "findings", file.After.Findings);
            WriteFindings(json, "fixed", file.Fixed);
            if (diffs.TryGetValue(file.Before.Name, out var diff))
            {
                json.WriteString("diff", diff);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartObject("summary");
        json.WriteNumber("errors", Count(files, LintSeverity.Error));
        json.WriteNumber("warnings", Count(files, LintSeverity.Warning));
        json.WriteNumber("notes", Count(files, LintSeverity.Note));
        json.WriteNumber("fixed", files.Sum(file => file.Fixed.Count));
        json.WriteNumber("unreadable", files.Count(file => file.After.Problem is not null));
        json.WriteEndObject();
    }

    public static string Summary(IReadOnlyList<FixedFile> files, bool fixes, bool dry)
    {
        var mended = files.Sum(file => file.Fixed.Count);
        var fixable = files.Sum(file => file.After.Findings.Count(found => found.Finding.IsFixable));
        return $"{Plural.Of(files.Count, "file")}: {Plural.Of(Count(files, LintSeverity.Error), "error")}, "
            + $"{Plural.Of(Count(files, LintSeverity.Warning), "warning")}, {Plural.Of(Count(files, LintSeverity.Note), "note")}"
            + (fixes ? dry ? $"; would fix {mended}" : $"; {mended} fixed" : fixable > 0 ? $"; --fix mends {fixable}" : "");
    }

    public static int Count(IReadOnlyList<FixedFile> files, LintSeverity severity) =>
        files.Sum(file => file.After.Findings.Count(found => found.Finding.Severity == severity));

    private static void WriteFindings(Utf8JsonWriter json, string name, IReadOnlyList<PlacedFinding> findings)
    {
        json.WriteStartArray(name);
        foreach (var (finding, line, column, _) in findings)
        {
            json.WriteStartObject();
            json.WriteString("rule", finding.Rule);
            json.WriteString("severity", Word(finding.Severity).Word);
            json.WriteNumber("line", line);
            json.WriteNumber("column", column);
            json.WriteString("path", finding.Path);
            json.WriteString("message", finding.Message);
            json.WriteString("remedy", finding.Remedy);
            json.WriteBoolean("fixable", finding.IsFixable);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static string Place(LintedFile file, PlacedFinding found) =>
        ErrorText.OneLine(FormattableString.Invariant($"{file.Name}:{found.Line}:{found.Column}"));

    private static string ReasonOf(LintFinding finding) =>
        finding.IsFixable ? $": {Refused}" : finding.NotMended.Length > 0 ? $": {finding.NotMended}" : "";

    private static (Tone Tone, string Word) Word(LintSeverity severity) => severity switch
    {
        LintSeverity.Error => (Tone.Bad, "error"),
        LintSeverity.Warning => (Tone.Caution, "warning"),
        LintSeverity.Note => (Tone.Faint, "note"),
        _ => throw new ArgumentOutOfRangeException(nameof(severity), severity, "It is no severity."),
    };
}
