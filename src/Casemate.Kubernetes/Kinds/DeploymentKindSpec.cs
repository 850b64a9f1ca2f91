namespace Casemate.Kubernetes;

/// <summary>What a Deployment shall be.</summary>
public sealed record DeploymentKindSpec
{
    /// <summary>How many pods; null: 1.</summary>
    public int? Replicas { get; init; }
}
