namespace Casemate.Kubernetes;

/// <summary>A Service. Source: core/v1.</summary>
public sealed record ServiceKind
{
    /// <summary>Name and labels.</summary>
    public KindMetadata Metadata { get; init => field = value ?? new(); } = new();

    /// <summary>What it shall be.</summary>
    public ServiceKindSpec Spec { get; init => field = value ?? new(); } = new();

    /// <summary>Reads one; what is not named here stays in <paramref name="value"/>.</summary>
    /// <exception cref="KubeException">A field has another type than it should.</exception>
    public static ServiceKind Read(KubeObject value) => KindReader.Read(value, KindsJson.Default.ServiceKind);
}
