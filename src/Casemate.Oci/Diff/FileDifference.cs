namespace Casemate.Oci.Diff;

/// <summary>A file that differs between two images.</summary>
/// <param name="Path">Its path in the images.</param>
/// <param name="Kind">How it differs.</param>
/// <param name="Before">What it is in the first image; null where that has none.</param>
/// <param name="After">What it is in the second image; null where that has none.</param>
public sealed record FileDifference(string Path, ChangeKind Kind, FileState? Before, FileState? After);
