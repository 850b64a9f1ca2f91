namespace Casemate.KataPolicy.Pods;

/// <summary>A seccomp or AppArmor profile.</summary>
/// <param name="Path">The place in the document.</param>
/// <param name="Type"><c>RuntimeDefault</c>, <c>Unconfined</c> or <c>Localhost</c>.</param>
/// <param name="LocalhostProfile">The profile's name on the node, for <c>Localhost</c>.</param>
public sealed record SecurityProfile(string Path, string Type, string? LocalhostProfile);
