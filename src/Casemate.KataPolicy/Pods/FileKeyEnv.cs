namespace Casemate.KataPolicy.Pods;

/// <summary>A key of a file that another container of the pod writes; its value is known at run time only.</summary>
/// <param name="VolumeName">The volume that holds the file.</param>
/// <param name="FilePath">The file's path in the volume.</param>
/// <param name="Key">The key in the file.</param>
/// <param name="Optional">True when the variable may be missing.</param>
public sealed record FileKeyEnv(string VolumeName, string FilePath, string Key, bool Optional) : EnvSource;
