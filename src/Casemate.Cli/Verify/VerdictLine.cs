using Casemate.Attestation;
using Casemate.Cli.Output;

namespace Casemate.Cli.Verify;

/// <summary>The last line of every command that reaches a verdict, and its exit code.</summary>
internal static class VerdictLine
{
    /// <summary>What every acceptance that rests on a simulated root ends with.</summary>
    public const string Simulated = "verdict: SIMULATED - not hardware evidence";

    /// <summary>The line.</summary>
    public static string For(Finding verdict)
    {
        if (verdict.Accepted)
        {
            return verdict.Simulated ? Simulated : "verdict: ACCEPTED";
        }

        return verdict.Reasons.FirstOrDefault() is { } reason
            ? ErrorText.OneLine($"verdict: REJECTED: {reason.Id}: expected {reason.Expected}, found {reason.Actual}")
            : "verdict: REJECTED: the evidence could not be authenticated";
    }

    /// <summary>Its colour.</summary>
    public static Tone ToneOf(Finding verdict) => !verdict.Accepted ? Tone.Bad : verdict.Simulated ? Tone.Caution : Tone.Good;

    /// <summary>
    /// 0 accepted on hardware, 20 accepted on a simulated root, 3 when the evidence could not even be parsed, 1 otherwise.
    /// </summary>
    public static int ExitCodeOf(Finding verdict)
    {
        if (verdict.Accepted)
        {
            return verdict.Simulated ? ExitCode.Simulated : ExitCode.Success;
        }

        return verdict.Reasons.Any(check => check.Id is CheckId.EvidenceFormat or CheckId.EndorsementFormat)
            ? ExitCode.BadInput
            : ExitCode.Refused;
    }
}
