using System.Text.Json;
using Casemate.Cli.Output;
using Casemate.Collateral;

namespace Casemate.Cli.Verify;

/// <summary>Tells what was found about one piece of evidence, the same way for every command that verifies.</summary>
internal static class FindingReport
{
    /// <summary>Writes the whole answer: text with the verdict as its last line, or a document.</summary>
    /// <param name="console">Where to.</param>
    /// <param name="finding">What was found.</param>
    /// <param name="evidence">About what.</param>
    /// <param name="request">What was asked.</param>
    /// <param name="roots">The accepted roots, for people.</param>
    /// <param name="before">Lines of text that come first.</param>
    /// <param name="members">Writes members of a document that come after the verdict's; null: there are none.</param>
    public static void Write(
        ConsoleOutput console, Finding finding, EvidenceFile evidence, VerificationRequest request, string roots,
        IReadOnlyList<(string Label, string Text)>? before = null, Action<Utf8JsonWriter>? members = null)
    {
        if (finding.Warning is { } warning)
        {
            console.Warn(warning.Text);
        }

        if (console.Format is not OutputFormat.Table)
        {
            console.WriteDocument(json =>
            {
                finding.WriteMembers(json, request.JsonOptions);
                members?.Invoke(json);
            });
            return;
        }

        new VerdictText(console).Write(finding,
        [
            .. before ?? [],
            ("evidence", $"{evidence.Name}: {finding.Format}{(evidence.Form == EvidenceFile.Binary ? "" : $" ({evidence.Form})")}"),
            ("collateral", finding.CollateralOrigin.Length > 0 ? finding.CollateralOrigin : "none needed"),
            ("roots", roots),
            ("at", InstantText.Format(request.At)),
            ("policy", request.Policy.Description),
        ]);
    }
}
