using Casemate.Measurement.Enclave;

namespace Casemate.Cli.Enclave;

/// <summary>A file with what was found in it.</summary>
/// <param name="File">Its name as given.</param>
/// <param name="Report">What it is.</param>
/// <param name="Findings">All findings about it, the gravest first.</param>
internal sealed record InspectedEnclave(string File, EnclaveReport Report, IReadOnlyList<EnclaveFinding> Findings)
{
    /// <summary>The exit code that this file asks for.</summary>
    public int ExitCode =>
        Report.Variants.Any(variant => variant.State is MrEnclaveState.Differs) ? EnclaveExitCode.Mismatch
        : Findings.Any(finding => finding.Severity is EnclaveFindingSeverity.Error) ? EnclaveExitCode.Findings
        : Report.Variants.Any(variant => variant.State is MrEnclaveState.NotRecomputable) ? EnclaveExitCode.NotRecomputable
        : Cli.ExitCode.Success;

    /// <summary>The exit code of several files: a mismatch before findings, findings before what is unknown.</summary>
    public static int Worst(IEnumerable<int> codes)
    {
        var seen = codes.ToHashSet();
        return new[] { EnclaveExitCode.Mismatch, EnclaveExitCode.Findings, EnclaveExitCode.NotRecomputable }
            .FirstOrDefault(seen.Contains, Cli.ExitCode.Success);
    }
}
