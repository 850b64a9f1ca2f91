namespace Casemate.KataPolicy.Pods;

/// <summary>A key of a ConfigMap or Secret (or a field, for the downward API) that becomes a file.</summary>
/// <param name="Key">The key or the field's path.</param>
/// <param name="Path">The file's path in the volume.</param>
/// <param name="Mode">The file's mode, or null for the volume's.</param>
public sealed record KeyPath(string Key, string Path, int? Mode);
