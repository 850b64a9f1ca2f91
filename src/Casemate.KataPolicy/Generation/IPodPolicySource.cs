using Casemate.KataPolicy.Pods;

namespace Casemate.KataPolicy.Generation;

/// <summary>Makes the text of a policy for a workload's pod.</summary>
public interface IPodPolicySource
{
    /// <summary>Makes the policy.</summary>
    /// <param name="workload">The workload.</param>
    /// <param name="inputs">The ConfigMaps and Secrets that it may refer to.</param>
    /// <param name="cancel">Ends the work.</param>
    /// <returns>The policy; without text, and with findings that say why, where there can be none.</returns>
    Task<PodPolicy> MakeAsync(Workload workload, PodInputs inputs, CancellationToken cancel);
}
