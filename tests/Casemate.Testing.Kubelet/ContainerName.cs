namespace Casemate.Testing.Kubelet;

/// <summary>A container of a pod.</summary>
public sealed record ContainerName(string Namespace, string Pod, string Container);
