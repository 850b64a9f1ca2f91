namespace Casemate.Kubernetes;

/// <summary>What applying one object does, or would do.</summary>
/// <param name="Resource">Its kind; null when the server does not serve it.</param>
/// <param name="Wanted">The object as it was given.</param>
/// <param name="Namespace">Its namespace; null when it has none.</param>
/// <param name="Action">What.</param>
public sealed record ManifestChange(KubeResource? Resource, KubeObject Wanted, string? Namespace, ManifestAction Action)
{
    /// <summary>The fields that change, at most <see cref="ManifestDiff.MaxDifferences"/>; of an object that is made, all of them.</summary>
    public IReadOnlyList<FieldDifference> Differences { get; init; } = [];

    /// <summary>The fields that other managers own; empty unless that is why it cannot be done.</summary>
    public IReadOnlyList<KubeFieldConflict> Conflicts { get; init; } = [];

    /// <summary>
    /// Why it cannot be done, or what could not be found out; empty when there is nothing to say. Of a plan: an object in a namespace, or
    /// of a kind, that is made by the same list cannot be judged by the server.
    /// </summary>
    public string Problem { get; init; } = "";

    /// <inheritdoc/>
    public override string ToString() =>
        $"{Action} {Wanted.Kind} {(Namespace is null ? "" : $"{Namespace}/")}{Wanted.Name}{(Problem.Length > 0 ? $": {Problem}" : "")}";
}
