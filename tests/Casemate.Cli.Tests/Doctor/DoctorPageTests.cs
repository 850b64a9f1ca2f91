using System.Text.RegularExpressions;
using Casemate.Cli.Doctor;
using Casemate.Testing;

namespace Casemate.Cli.Tests.Doctor;

/// <summary><c>docs/doctor.md</c> explains every question, under its subject, and no other.</summary>
public sealed partial class DoctorPageTests
{
    private static readonly string s_page = File.ReadAllText(Path.Combine(RepositoryPaths.Root, "docs", "doctor.md"));

    [Fact]
    public void EveryQuestion_HasOneRow_WithMeaningEvidenceAndFix()
    {
        var rows = Row().Matches(s_page).Select(match => (Id: match.Groups[1].Value, Cells: match.Value.Trim('|', ' ').Split(" | ").Length)).ToList();

        Assert.Equal(Enum.GetNames<DoctorFindingId>().Order(StringComparer.Ordinal), rows.Select(row => row.Id).Order(StringComparer.Ordinal));
        Assert.All(rows, row => Assert.True(row.Cells == 4, $"row {row.Id} has {row.Cells} cells"));
    }

    [Fact]
    public void EveryRow_StandsUnderItsSubject()
    {
        var subject = "";
        foreach (var line in s_page.Split('\n'))
        {
            if (line.StartsWith("### ", StringComparison.Ordinal))
            {
                subject = line[4..];
            }
            else if (Row().Match(line) is { Success: true } row)
            {
                Assert.Equal(subject, DoctorSubject.Of(Enum.Parse<DoctorFindingId>(row.Groups[1].Value)), ignoreCase: true);
            }
        }
    }

    [GeneratedRegex(@"^\| `([A-Z]\w+)` \|.*\|$", RegexOptions.Multiline)]
    private static partial Regex Row();
}
