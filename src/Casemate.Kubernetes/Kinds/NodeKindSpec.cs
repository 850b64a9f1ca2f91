namespace Casemate.Kubernetes;

/// <summary>What a Node shall be.</summary>
public sealed record NodeKindSpec
{
    /// <summary>True when it is cordoned.</summary>
    public bool Unschedulable { get; init; }

    /// <summary>What keeps pods away.</summary>
    public IReadOnlyList<NodeKindTaint> Taints { get; init => field = value ?? []; } = [];
}
