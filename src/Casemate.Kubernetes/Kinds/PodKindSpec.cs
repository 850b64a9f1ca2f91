namespace Casemate.Kubernetes;

/// <summary>What a Pod shall be.</summary>
public sealed record PodKindSpec
{
    /// <summary>Its node; empty until it has one.</summary>
    public string NodeName { get; init => field = value ?? ""; } = "";

    /// <summary>Its containers.</summary>
    public IReadOnlyList<PodKindContainer> Containers { get; init => field = value ?? []; } = [];

    /// <summary>Its init containers; those with <c>restartPolicy: Always</c> run beside the others.</summary>
    public IReadOnlyList<PodKindContainer> InitContainers { get; init => field = value ?? []; } = [];

    /// <summary>The claims that its containers use.</summary>
    public IReadOnlyList<PodKindClaim> ResourceClaims { get; init => field = value ?? []; } = [];
}
