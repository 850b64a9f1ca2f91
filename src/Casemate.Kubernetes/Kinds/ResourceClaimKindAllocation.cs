namespace Casemate.Kubernetes;

/// <summary>The devices that a claim was given.</summary>
public sealed record ResourceClaimKindAllocation
{
    /// <summary>The devices.</summary>
    public ResourceClaimKindDevices Devices { get; init => field = value ?? new(); } = new();
}
