namespace Casemate.KataPolicy.Pods;

/// <summary>A path of the node.</summary>
/// <param name="HostPath">The path on the node.</param>
/// <param name="Type"><c>Directory</c>, <c>File</c>, <c>CharDevice</c> and so on; empty when unset.</param>
public sealed record HostPathVolume(string HostPath, string Type) : VolumeSource;
