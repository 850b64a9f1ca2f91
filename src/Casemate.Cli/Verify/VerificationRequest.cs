using Casemate.Attestation;
using Casemate.Attestation.Cose;
using Casemate.Attestation.Nvidia;
using Casemate.Collateral;

namespace Casemate.Cli.Verify;

/// <summary>What is asked of every piece of evidence of one command line.</summary>
/// <param name="Collateral">Where collateral comes from.</param>
/// <param name="Roots">Accepted roots of processors.</param>
/// <param name="At">The instant at which validity is judged.</param>
/// <param name="Policy">What is wanted.</param>
/// <param name="Cache">Results that later verifications may use; null: none are kept.</param>
internal sealed record VerificationRequest(
    CollateralShelf Collateral, TrustRoots Roots, DateTimeOffset At, PolicyChoice Policy, VerificationCache? Cache)
{
    /// <summary>Accepted roots of GPUs.</summary>
    public GpuTrustRoots GpuRoots { get; init; } = GpuTrustRoots.Production;

    /// <summary>The event log named on the command line; null when none was.</summary>
    public NamedEventLog? EventLog { get; init; }

    /// <summary>The verdict on the endorsement named on the command line; null when none was.</summary>
    public GuestImageVerdict? Endorsement { get; init; }

    /// <summary>How its verdicts are written as JSON.</summary>
    public VerdictJsonOptions JsonOptions => new() { At = At, Policy = Policy.Name, IncludeMachineIdentifiers = true };

    /// <summary>Verifies one piece of evidence. Safe for concurrent use.</summary>
    /// <exception cref="MalformedInputException">The evidence or its collateral is not well-formed.</exception>
    /// <exception cref="CliException">There is no usable collateral.</exception>
    public Finding Verify(EvidenceFile evidence) => Policy.Judge(new EvidenceVerification(this, evidence).Run());
}
