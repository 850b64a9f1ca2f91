namespace Casemate.KataPolicy;

/// <summary>A device that is given to a container.</summary>
/// <param name="ContainerPath">The path in the container; of a device passed through by VFIO, <c>/dev/vfio/</c> and the rest is
/// counted.</param>
/// <param name="Type">The agent's type, <c>type_</c> on the wire: <c>vfio-pci-gk</c>, <c>blk</c>, ….</param>
/// <param name="VmPath">The path in the guest that requests must have; usually empty.</param>
public sealed record DevicePolicy(string ContainerPath, string Type = "", string VmPath = "");
