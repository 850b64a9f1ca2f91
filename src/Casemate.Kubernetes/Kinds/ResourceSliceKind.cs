namespace Casemate.Kubernetes;

/// <summary>What a DRA driver publishes. Source: resource.k8s.io/v1.</summary>
public sealed record ResourceSliceKind
{
    /// <summary>Name and labels.</summary>
    public KindMetadata Metadata { get; init => field = value ?? new(); } = new();

    /// <summary>The devices.</summary>
    public ResourceSliceKindSpec Spec { get; init => field = value ?? new(); } = new();

    /// <summary>Reads one; what is not named here stays in <paramref name="value"/>.</summary>
    /// <exception cref="KubeException">A field has another type than it should.</exception>
    public static ResourceSliceKind Read(KubeObject value) => KindReader.Read(value, KindsJson.Default.ResourceSliceKind);
}
