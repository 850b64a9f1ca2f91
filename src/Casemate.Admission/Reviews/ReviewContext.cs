namespace Casemate.Admission;

/// <summary>What reviews are answered with.</summary>
public sealed record ReviewContext
{
    /// <summary>How pods are completed and judged.</summary>
    public required AdmissionSettings Settings { get; init; }

    /// <summary>The cluster as it is now. Default: nothing is known.</summary>
    public Func<ClusterFacts> Cluster { get; init; } = static () => ClusterFacts.Unknown;

    /// <summary>A namespace as it is now. Default: its name alone.</summary>
    public Func<string, NamespaceFacts> Namespace { get; init; } = static name => new NamespaceFacts(name);

    /// <summary>Makes claim templates; null: nobody does, and claims wait for them. Default null.</summary>
    public IClaimTemplates? ClaimTemplates { get; init; }
}
