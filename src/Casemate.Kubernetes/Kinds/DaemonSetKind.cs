namespace Casemate.Kubernetes;

/// <summary>A DaemonSet. Source: apps/v1.</summary>
public sealed record DaemonSetKind
{
    /// <summary>Name and labels.</summary>
    public KindMetadata Metadata { get; init => field = value ?? new(); } = new();

    /// <summary>What it shall be.</summary>
    public DaemonSetKindSpec Spec { get; init => field = value ?? new(); } = new();

    /// <summary>How far its pods are.</summary>
    public DaemonSetKindStatus Status { get; init => field = value ?? new(); } = new();

    /// <summary>Reads one; what is not named here stays in <paramref name="value"/>.</summary>
    /// <exception cref="KubeException">A field has another type than it should.</exception>
    public static DaemonSetKind Read(KubeObject value) => KindReader.Read(value, KindsJson.Default.DaemonSetKind);
}
