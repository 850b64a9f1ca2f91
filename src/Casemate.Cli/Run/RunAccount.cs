using Casemate.Attestation;
using Casemate.Broker;
using Casemate.Cli.Output;

namespace Casemate.Cli.Run;

/// <summary>
/// Tells on standard error what happens around the workload: evidence made, checks passed, policy met, secrets released or refused.
/// Each entry is one write, so that it stays whole among the workload's own words. Quiet leaves the refusals and the last line.
/// </summary>
internal sealed class RunAccount(ConsoleOutput console)
{
    /// <summary>The last line of every account.</summary>
    public const string LastLine = "verdict: SIMULATED - not hardware evidence";

    private volatile bool _asked;

    /// <summary>An ordinary step.</summary>
    public void Step(string text)
    {
        if (!console.Quiet)
        {
            Write(console.PaintError(Tone.Faint, $"casemate: {text}"));
        }
    }

    /// <summary>The workload had evidence made, for itself or for the broker.</summary>
    public void EvidenceMade(string format)
    {
        _asked = true;
        Step($"evidence made: {format}");
    }

    /// <summary>The broker judged the evidence.</summary>
    public void Judged(Verdict verdict, string policy)
    {
        _asked = true;
        var (passed, failed, warned, notAsked) = (0, 0, 0, 0);
        foreach (var check in verdict.Checks)
        {
            switch (check.Outcome)
            {
                case CheckOutcome.Passed: passed++; break;
                case CheckOutcome.Failed: failed++; break;
                case CheckOutcome.Warned: warned++; break;
                case CheckOutcome.NotAsked: notAsked++; break;
                default: throw new InvalidOperationException($"The outcome {check.Outcome} is not counted.");
            }
        }

        Step($"evidence checked: {Counts((passed, "passed"), (failed, "failed"), (warned, "warned"), (notAsked, "not asked"))}");
        if (verdict.Accepted)
        {
            Step($"policy '{policy}' is met");
            return;
        }

        Refuse($"evidence refused under policy '{policy}':", verdict.Reasons.Select(
            reason => $"  {reason.Id}: expected {ErrorText.OneLine(reason.Expected)}\n  {Indent(reason)}  found    {ErrorText.OneLine(reason.Actual)}"));
    }

    /// <summary>A secret was given to the workload's key.</summary>
    public void Released(ResourcePath path)
    {
        _asked = true;
        Step($"secret {path} released");
    }

    /// <summary>A request to the broker was refused.</summary>
    public void Refused(string what, string reason)
    {
        _asked = true;
        Refuse($"{what} refused: {ErrorText.OneLine(reason)}", []);
    }

    /// <summary>Ends the account.</summary>
    public void End()
    {
        if (!_asked)
        {
            Step("the command asked for no evidence, token or secret: nothing was attested");
        }

        Write(LastLine);
    }

    private static string Counts(params ReadOnlySpan<(int Count, string Name)> counts)
    {
        var parts = new List<string>();
        foreach (var (count, name) in counts)
        {
            if (count > 0)
            {
                parts.Add($"{count} {name}");
            }
        }

        return parts.Count == 0 ? "no check was made" : string.Join(", ", parts);
    }

    private static string Indent(Check check) => new(' ', check.Id.ToString().Length);

    private void Refuse(string heading, IEnumerable<string> details) =>
        Write(string.Join('\n', [console.PaintError(Tone.Bad, $"casemate: {heading}"), .. details]));

    private void Write(string text) => console.Error.WriteLine(text);
}
