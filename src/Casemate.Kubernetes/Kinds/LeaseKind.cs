namespace Casemate.Kubernetes;

/// <summary>A Lease. Source: coordination/v1.</summary>
public sealed record LeaseKind
{
    /// <summary>Name and labels.</summary>
    public KindMetadata Metadata { get; init => field = value ?? new(); } = new();

    /// <summary>Who holds it.</summary>
    public LeaseKindSpec Spec { get; init => field = value ?? new(); } = new();

    /// <summary>Reads one; what is not named here stays in <paramref name="value"/>.</summary>
    /// <exception cref="KubeException">A field has another type than it should.</exception>
    public static LeaseKind Read(KubeObject value) => KindReader.Read(value, KindsJson.Default.LeaseKind);
}
