namespace Casemate.Kubernetes;

/// <summary>What a Pod is.</summary>
public sealed record PodKindStatus
{
    /// <summary><c>Pending</c>, <c>Running</c>, <c>Succeeded</c>, <c>Failed</c> or <c>Unknown</c>.</summary>
    public string Phase { get; init => field = value ?? ""; } = "";

    /// <summary>One word; empty unless something is the matter.</summary>
    public string Reason { get; init => field = value ?? ""; } = "";

    /// <summary>Its conditions.</summary>
    public IReadOnlyList<KindCondition> Conditions { get; init => field = value ?? []; } = [];
}
