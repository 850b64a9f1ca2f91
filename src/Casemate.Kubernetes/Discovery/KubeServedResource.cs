namespace Casemate.Kubernetes;

/// <summary>A kind that a server serves.</summary>
/// <param name="Resource">The kind.</param>
/// <param name="Verbs">What may be done with it, such as <c>list</c>; permissions apart.</param>
/// <param name="IsPreferred">True when the server prefers this version of its group.</param>
public sealed record KubeServedResource(KubeResource Resource, IReadOnlyList<string> Verbs, bool IsPreferred)
{
    /// <summary>Whether something may be done with it at all.</summary>
    public bool Allows(string verb) => Verbs.Contains(verb, StringComparer.Ordinal);
}
