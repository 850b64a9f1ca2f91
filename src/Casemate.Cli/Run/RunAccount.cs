using System.Text;
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
    public void EvidenceMade(int bytes)
    {
        _asked = true;
        Step($"evidence made ({bytes} bytes)");
    }

    /// <summary>The broker decided something.</summary>
    public void Decided(Decision decision)
    {
        _asked = true;
        switch (decision.Kind)
        {
            case DecisionKind.Attestation when decision.Verdict is { } verdict:
                Judged(verdict, decision);
                break;
            case DecisionKind.Attestation when decision.Outcome is not DecisionOutcome.Allowed:
                Refuse($"evidence refused: {Reason(decision)}");
                break;
            case DecisionKind.ResourceRead when decision.Outcome is DecisionOutcome.Allowed:
                Step($"secret {decision.Resource} released");
                break;
            case DecisionKind.ResourceRead:
                Refuse($"secret {decision.Resource} not released: {Reason(decision)}");
                break;
            case DecisionKind.Attestation:
            case DecisionKind.ResourceWrite:
            case DecisionKind.ResourceDelete:
                break;
            default:
                throw new InvalidOperationException($"The decision {decision.Kind} has no words.");
        }
    }

    /// <summary>Something beside the point went wrong.</summary>
    public void Problem(string text) => Refuse(ErrorText.OneLine(text));

    /// <summary>Ends the account.</summary>
    /// <param name="who">Who asked for nothing, such as <c>nobody</c>.</param>
    public void End(string who)
    {
        if (!_asked)
        {
            Step($"nothing was attested: {who} asked for evidence, token or secret");
        }

        Write(LastLine);
    }

    private void Judged(Verdict verdict, Decision decision)
    {
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

        Step($"{verdict.Format} checked: {Counts((passed, "passed"), (failed, "failed"), (warned, "warned"), (notAsked, "not asked"))}");
        if (decision.Outcome is DecisionOutcome.Allowed)
        {
            Step($"policy '{decision.PolicyName}' is met");
            return;
        }

        var text = new StringBuilder($"evidence refused under policy '{decision.PolicyName}', no secret is released");
        foreach (var reason in verdict.Reasons)
        {
            var name = reason.Id.ToString();
            text.Append($"\n  {name}: expected {ErrorText.OneLine(reason.Expected)}");
            text.Append($"\n  {new string(' ', name.Length)}  found    {ErrorText.OneLine(reason.Actual)}");
        }

        Refuse(verdict.Accepted ? $"evidence refused: {Reason(decision)}" : text.ToString());
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

    private static string Reason(Decision decision) => ErrorText.OneLine(decision.Error?.Detail ?? "no reason given");

    private void Refuse(string text) => Write($"{console.PaintError(Tone.Bad, "casemate:")} {text}");

    private void Write(string text) => console.Error.WriteLine(text);
}
