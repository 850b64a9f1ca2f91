using System.Collections.Immutable;
using Casemate.KataPolicy.Pods;

namespace Casemate.KataPolicy.Derivation;

/// <summary>What came of deriving a workload's policy.</summary>
/// <param name="Data">The data of the policy; null when one of the findings is an error.</param>
/// <param name="Findings">What was noticed, in the order of the document: first of the pod, then container by container.</param>
public sealed record PolicyDerivation(PolicyData? Data, ImmutableArray<PolicyFinding> Findings)
{
    /// <summary>True when there is a policy.</summary>
    public bool Succeeded => Data is not null;
}
