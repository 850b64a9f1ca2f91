using System.Collections.Immutable;
using Casemate.KataPolicy.Pods;
using Casemate.Oci;

namespace Casemate.KataPolicy.Derivation;

/// <summary>What came of deriving a workload's policy.</summary>
/// <param name="Data">The data of the policy; null when one of the findings is an error.</param>
/// <param name="Findings">What was noticed, in the order of the document: first of the pod, then container by container.</param>
public sealed record PolicyDerivation(PolicyData? Data, ImmutableArray<PolicyFinding> Findings)
{
    /// <summary>
    /// Why a registry gave an image to nobody, or not to this user: <see cref="OciError.Unavailable"/>, <see cref="OciError.Unauthorized"/>
    /// or <see cref="OciError.Denied"/>; null where no registry failed. No change of the workload mends it; the findings name the images.
    /// </summary>
    public OciError? RegistryFailure { get; init; }

    /// <summary>True when there is a policy.</summary>
    public bool Succeeded => Data is not null;
}
