namespace Casemate.Kubernetes;

/// <summary>A named selection of devices. Source: resource.k8s.io/v1.</summary>
public sealed record DeviceClassKind
{
    /// <summary>Name and labels.</summary>
    public KindMetadata Metadata { get; init => field = value ?? new(); } = new();

    /// <summary>Which devices.</summary>
    public DeviceClassKindSpec Spec { get; init => field = value ?? new(); } = new();

    /// <summary>Reads one; what is not named here stays in <paramref name="value"/>.</summary>
    /// <exception cref="KubeException">A field has another type than it should.</exception>
    public static DeviceClassKind Read(KubeObject value) => KindReader.Read(value, KindsJson.Default.DeviceClassKind);
}
