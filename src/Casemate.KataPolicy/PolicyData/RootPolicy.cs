namespace Casemate.KataPolicy;

/// <summary>The root file system of a container.</summary>
/// <param name="Path">Where it stands; normally <c>$(root_path)</c>.</param>
/// <param name="Readonly">Whether it is read-only.</param>
public sealed record RootPolicy(string Path = "$(root_path)", bool Readonly = false);
