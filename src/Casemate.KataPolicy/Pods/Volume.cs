namespace Casemate.KataPolicy.Pods;

/// <summary>A volume of a pod.</summary>
/// <param name="Path">The place in the document.</param>
/// <param name="Name">The volume's name.</param>
/// <param name="Source">What it holds.</param>
public sealed record Volume(string Path, string Name, VolumeSource Source);
