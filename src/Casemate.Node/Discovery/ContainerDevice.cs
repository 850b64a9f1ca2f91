namespace Casemate.Node.Discovery;

/// <summary>A device to give to a container, with permissions <c>rw</c> and never <c>m</c>.</summary>
/// <param name="HostPath">The real node on the host.</param>
/// <param name="ContainerPath">Where the container sees it.</param>
public sealed record ContainerDevice(string HostPath, string ContainerPath);
