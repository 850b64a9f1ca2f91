namespace Casemate.Images.Packing;

/// <summary>How far the writing of an image is.</summary>
/// <param name="Layer">The layer that is being written.</param>
/// <param name="Files">Files of it that are begun.</param>
/// <param name="TotalFiles">Files that it has.</param>
public sealed record PackProgress(PackLayer Layer, int Files, int TotalFiles);
