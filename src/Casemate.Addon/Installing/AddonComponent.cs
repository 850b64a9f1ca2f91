using Casemate.Kubernetes;

namespace Casemate.Addon;

/// <summary>One part of an installed add-on.</summary>
/// <param name="Name">What it is: <c>node agent</c>, <c>quote helper</c>, <c>webhook</c>.</param>
/// <param name="Workload">Its object, such as <c>DaemonSet casemate-node/casemate-node</c>.</param>
/// <param name="Image">The image that its pods shall run; empty when it is not there.</param>
/// <param name="Rollout">How many pods there shall be and are ready, and what is missing.</param>
/// <param name="Updated">How many pods are of the newest form.</param>
/// <param name="Hanging">What keeps pods from running, one line a pod; empty when nothing does.</param>
public sealed record AddonComponent(
    string Name, string Workload, string Image, RolloutStatus Rollout, int Updated, IReadOnlyList<string> Hanging)
{
    /// <summary>Whether all of it runs.</summary>
    public bool IsReady => Rollout.State is RolloutState.Complete;
}
