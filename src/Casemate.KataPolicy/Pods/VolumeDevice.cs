namespace Casemate.KataPolicy.Pods;

/// <summary>A raw block volume given to a container as a device.</summary>
/// <param name="Path">The place in the document.</param>
/// <param name="Name">The volume's name; the claim has <c>volumeMode: Block</c>.</param>
/// <param name="DevicePath">The device's path in the container.</param>
public sealed record VolumeDevice(string Path, string Name, string DevicePath);
