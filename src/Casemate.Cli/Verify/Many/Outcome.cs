using Casemate.Collateral;

namespace Casemate.Cli.Verify.Many;

/// <summary>The result for one of many inputs.</summary>
/// <param name="Item">The input.</param>
/// <param name="Disposition">What became of it.</param>
/// <param name="Finding">The verdict; null when there is none.</param>
/// <param name="Problem">Why there is no verdict; empty when there is one.</param>
/// <param name="Remedy">What to do about it; null when there is nothing to add.</param>
internal sealed record Outcome(EvidenceItem Item, Disposition Disposition, Finding? Finding, string Problem, string? Remedy)
{
    /// <summary>Reads and verifies one input. Expected failures become outcomes; a fault of the program is thrown.</summary>
    public static Outcome Of(EvidenceItem item, VerificationRequest request)
    {
        EvidenceFile evidence;
        try
        {
            evidence = item.Read();
        }
        catch (MalformedInputException exception)
        {
            // What was named must be evidence; in a directory other files are expected.
            var skip = exception.IsOtherContent && item.Directory is not null;
            return new Outcome(
                item, skip ? Disposition.Skipped : Disposition.Unreadable, null, exception.Problem, exception.Remedy);
        }

        try
        {
            var finding = request.Verify(evidence);
            var disposition = VerdictLine.ExitCodeOf(finding) switch
            {
                ExitCode.Success => Disposition.Accepted,
                ExitCode.Simulated => Disposition.Simulated,
                ExitCode.BadInput => Disposition.Unreadable,
                _ => Disposition.Rejected,
            };
            var problem = disposition is Disposition.Unreadable ? VerdictLine.For(finding) : "";
            return new Outcome(item, disposition, finding, problem, null);
        }
        catch (MalformedInputException exception)
        {
            return new Outcome(item, Disposition.Unreadable, null, exception.Message, exception.Remedy);
        }
        catch (CliException exception) when (exception.ExitCode is ExitCode.BadInput or ExitCode.Usage)
        {
            return new Outcome(item, Disposition.Unreadable, null, exception.Message, exception.Remedy);
        }
    }
}
