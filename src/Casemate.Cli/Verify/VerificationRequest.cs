using Casemate.Attestation;
using Casemate.Collateral;

namespace Casemate.Cli.Verify;

/// <summary>What is asked of every piece of evidence of one command line.</summary>
/// <param name="Collateral">Where collateral comes from.</param>
/// <param name="Roots">Accepted roots.</param>
/// <param name="At">The instant at which validity is judged.</param>
/// <param name="Policy">What is wanted.</param>
/// <param name="Cache">Results that later verifications may use; null: none are kept.</param>
internal sealed record VerificationRequest(
    CollateralShelf Collateral, TrustRoots Roots, DateTimeOffset At, PolicyChoice Policy, VerificationCache? Cache)
{
    /// <summary>Verifies one piece of evidence. Safe for concurrent use.</summary>
    /// <exception cref="MalformedInputException">The evidence or its collateral is not well-formed.</exception>
    /// <exception cref="CliException">There is no usable collateral.</exception>
    public EvidenceVerification Verify(EvidenceFile evidence)
    {
        var verification = EvidenceVerification.Run(evidence, Collateral, Roots, At, Policy.Evidence, Cache);
        return verification with { Verdict = Policy.Judge(verification.Verdict) };
    }

    /// <summary>How its verdicts are written as JSON.</summary>
    public VerdictJsonOptions JsonOptions => new() { At = At, Policy = Policy.Name, IncludeMachineIdentifiers = true };
}
