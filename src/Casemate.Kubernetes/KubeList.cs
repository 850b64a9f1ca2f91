namespace Casemate.Kubernetes;

/// <summary>One page of a list.</summary>
/// <param name="Items">The objects.</param>
/// <param name="ResourceVersion">The version of the list: a watch that starts there misses nothing.</param>
/// <param name="Continue">What asks for the next page; null on the last.</param>
public sealed record KubeList(IReadOnlyList<KubeObject> Items, string ResourceVersion, string? Continue);
