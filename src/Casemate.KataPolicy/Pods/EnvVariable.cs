namespace Casemate.KataPolicy.Pods;

/// <summary>One variable of a container.</summary>
/// <param name="Path">The place in the document.</param>
/// <param name="Name">The variable's name.</param>
/// <param name="Source">Where its value comes from.</param>
public sealed record EnvVariable(string Path, string Name, EnvSource Source);
