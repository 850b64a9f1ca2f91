namespace Casemate.Kubernetes;

/// <summary>What a Namespace is.</summary>
public sealed record NamespaceKindStatus
{
    /// <summary><c>Active</c> or <c>Terminating</c>.</summary>
    public string Phase { get; init => field = value ?? ""; } = "";

    /// <summary>Its conditions: what still stands in the way of its end.</summary>
    public IReadOnlyList<KindCondition> Conditions { get; init => field = value ?? []; } = [];
}
