namespace Casemate.Kubernetes;

/// <summary>What a claim was given.</summary>
public sealed record ResourceClaimKindStatus
{
    /// <summary>The devices; null until there are any.</summary>
    public ResourceClaimKindAllocation? Allocation { get; init; }

    /// <summary>Who may use it now.</summary>
    public IReadOnlyList<ResourceClaimKindConsumer> ReservedFor { get; init => field = value ?? []; } = [];
}
