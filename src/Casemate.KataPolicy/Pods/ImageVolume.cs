namespace Casemate.KataPolicy.Pods;

/// <summary>The content of an image, read-only.</summary>
/// <param name="Reference">The image reference as written.</param>
/// <param name="PullPolicy"><c>pullPolicy</c>, or null.</param>
public sealed record ImageVolume(string Reference, string? PullPolicy) : VolumeSource;
