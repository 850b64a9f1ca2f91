namespace Casemate.Kubernetes;

/// <summary>What a DaemonSet shall be.</summary>
public sealed record DaemonSetKindSpec
{
    /// <summary>How pods are replaced.</summary>
    public KindUpdateStrategy UpdateStrategy { get; init => field = value ?? new(); } = new();
}
