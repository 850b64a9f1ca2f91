namespace Casemate.Kubernetes;

/// <summary>A claim of devices. Source: resource.k8s.io/v1.</summary>
public sealed record ResourceClaimKind
{
    /// <summary>Name and labels.</summary>
    public KindMetadata Metadata { get; init => field = value ?? new(); } = new();

    /// <summary>What it was given.</summary>
    public ResourceClaimKindStatus Status { get; init => field = value ?? new(); } = new();

    /// <summary>Reads one; what is not named here stays in <paramref name="value"/>.</summary>
    /// <exception cref="KubeException">A field has another type than it should.</exception>
    public static ResourceClaimKind Read(KubeObject value) => KindReader.Read(value, KindsJson.Default.ResourceClaimKind);
}
