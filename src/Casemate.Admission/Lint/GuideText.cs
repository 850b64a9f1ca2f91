using System.Collections.Immutable;

namespace Casemate.Admission;

/// <summary>
/// Looks for the mistakes of guides in texts: Markdown, shell and PowerShell scripts, and whatever a guide became on its way through a
/// word processor. Works on letters, since the indentation is often lost. Bounded in time by the length of the text.
/// </summary>
public static class GuideText
{
    /// <summary>The most findings of one text; what follows is not looked at.</summary>
    public const int MaxFindings = 200;

    /// <summary>Looks at a text.</summary>
    /// <param name="text">The text.</param>
    /// <returns>The findings in the order of the text, each with its offset.</returns>
    public static ImmutableArray<LintFinding> Check(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var lines = new TextLines(text);
        return Order(GuideScript.Anywhere(lines).Concat(GuideScript.Check(lines)).Concat(GuideExcerpt.Check(lines)));
    }

    /// <summary>Looks at the text of a manifest, for what no document shows: comments, commands in it, addresses.</summary>
    /// <param name="text">The text.</param>
    /// <returns>The findings in the order of the text, each with its offset.</returns>
    public static ImmutableArray<LintFinding> CheckManifest(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Order(GuideScript.Anywhere(new TextLines(text)));
    }

    private static ImmutableArray<LintFinding> Order(IEnumerable<LintFinding> findings) =>
    [
        .. findings.OrderBy(finding => finding.Severity).Take(MaxFindings)
            .OrderBy(finding => finding.Offset).ThenBy(finding => finding.Rule, StringComparer.Ordinal),
    ];
}
