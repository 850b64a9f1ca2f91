namespace Casemate.Kubernetes;

/// <summary>Whether a pod behind a Service may be used.</summary>
public sealed record EndpointSliceKindConditions
{
    /// <summary>Whether it is ready; null: not known, to be taken as true.</summary>
    public bool? Ready { get; init; }
}
