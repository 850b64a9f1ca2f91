namespace Casemate.Kubernetes;

/// <summary>A pod behind a Service.</summary>
public sealed record EndpointSliceKindEndpoint
{
    /// <summary>Its addresses.</summary>
    public IReadOnlyList<string> Addresses { get; init => field = value ?? []; } = [];

    /// <summary>Whether it may be used.</summary>
    public EndpointSliceKindConditions Conditions { get; init => field = value ?? new(); } = new();

    /// <summary>Its node; empty when not told.</summary>
    public string NodeName { get; init => field = value ?? ""; } = "";
}
