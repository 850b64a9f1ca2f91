namespace Casemate.Oci.Diff;

/// <summary>A setting that differs: of the configuration, or an annotation of the manifest.</summary>
/// <param name="Name">What it is: <c>user</c>, <c>env PATH</c>, <c>label org.example.x</c>, <c>annotation …</c>.</param>
/// <param name="Before">Its value in the first image; null where that has none.</param>
/// <param name="After">Its value in the second image; null where that has none.</param>
public sealed record SettingDifference(string Name, string? Before, string? After);
