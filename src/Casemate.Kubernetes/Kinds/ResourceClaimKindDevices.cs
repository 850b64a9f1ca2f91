namespace Casemate.Kubernetes;

/// <summary>The devices that a claim was given, one by one.</summary>
public sealed record ResourceClaimKindDevices
{
    /// <summary>One for each device, of every driver.</summary>
    public IReadOnlyList<ResourceClaimKindResult> Results { get; init => field = value ?? []; } = [];
}
