namespace Casemate.Quoting.Service.Peers;

/// <summary>The pod that holds an allocation.</summary>
/// <param name="Namespace">Its namespace.</param>
/// <param name="PodName">Its name.</param>
/// <param name="PodUid">Its UID; null when it is not known.</param>
/// <param name="ContainerId">The container that got the device; null when it is not known.</param>
public sealed record AllocatedPod(string Namespace, string PodName, string? PodUid = null, string? ContainerId = null);
