namespace Casemate.Kubernetes;

/// <summary>A Job. Source: batch/v1.</summary>
public sealed record JobKind
{
    /// <summary>Name and labels.</summary>
    public KindMetadata Metadata { get; init => field = value ?? new(); } = new();

    /// <summary>What it shall be.</summary>
    public JobKindSpec Spec { get; init => field = value ?? new(); } = new();

    /// <summary>How far it is.</summary>
    public JobKindStatus Status { get; init => field = value ?? new(); } = new();

    /// <summary>Reads one; what is not named here stays in <paramref name="value"/>.</summary>
    /// <exception cref="KubeException">A field has another type than it should.</exception>
    public static JobKind Read(KubeObject value) => KindReader.Read(value, KindsJson.Default.JobKind);
}
