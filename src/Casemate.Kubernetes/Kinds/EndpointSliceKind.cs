namespace Casemate.Kubernetes;

/// <summary>Addresses behind a Service. Source: discovery/v1. The Service is named by the label <c>kubernetes.io/service-name</c>.</summary>
public sealed record EndpointSliceKind
{
    /// <summary>Name and labels.</summary>
    public KindMetadata Metadata { get; init => field = value ?? new(); } = new();

    /// <summary>The pods.</summary>
    public IReadOnlyList<EndpointSliceKindEndpoint> Endpoints { get; init => field = value ?? []; } = [];

    /// <summary>Reads one; what is not named here stays in <paramref name="value"/>.</summary>
    /// <exception cref="KubeException">A field has another type than it should.</exception>
    public static EndpointSliceKind Read(KubeObject value) => KindReader.Read(value, KindsJson.Default.EndpointSliceKind);
}
