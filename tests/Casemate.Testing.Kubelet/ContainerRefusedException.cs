namespace Casemate.Testing.Kubelet;

/// <summary>The runtime does not create a container, for a plugin refused it or two plugins disagree.</summary>
public sealed class ContainerRefusedException(string message) : Exception(message);
