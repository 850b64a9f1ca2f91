namespace Casemate.KataPolicy;

/// <summary>What of the cluster the policy was made for.</summary>
public sealed record ClusterConfig
{
    /// <summary>The image of the pause container.</summary>
    public string PauseContainerImage { get; init; } = "mcr.microsoft.com/oss/kubernetes/pause:3.6";

    /// <summary>Whether guests pull images.</summary>
    public bool GuestPull { get; init; }
}
