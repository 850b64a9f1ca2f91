using Casemate.Node.Discovery;

namespace Casemate.Node.NodeObject;

/// <summary>How the Node stands, as last seen: for readiness, metrics and <c>node describe</c>.</summary>
public sealed record NodeObjectStatus
{
    /// <summary>True when the Node showed everything that it shall.</summary>
    public bool IsSettled { get; init; }

    /// <summary>Why not: one sentence; null when settled.</summary>
    public string? Problem { get; init; }

    /// <summary>What the scheduler sees of what is offered, by resource name.</summary>
    public IReadOnlyDictionary<string, long> Advertised { get; init; } = new Dictionary<string, long>();

    /// <summary>Others that offer or overwrite EPC: one sentence each.</summary>
    public ValueList<string> Conflicts { get; init; } = [];

    /// <summary>Labels that somebody else holds with another value and that were left alone.</summary>
    public ValueList<string> ContestedLabels { get; init; } = [];

    /// <summary>True while the startup taint is on the Node.</summary>
    public bool IsClosed { get; init; }

    /// <summary>True when the last attestation of this start of the machine succeeded.</summary>
    public bool IsAttested { get; init; }

    /// <summary>True when the startup deadline has passed.</summary>
    public bool IsStuck { get; init; }

    /// <summary>How often amounts were written again.</summary>
    public long Restores { get; init; }

    /// <summary>When the kubelet first showed everything that is offered; null until then.</summary>
    public DateTimeOffset? AdvertisedAt { get; init; }

    /// <summary>When the node was attested; null until then.</summary>
    public DateTimeOffset? AttestedAt { get; init; }

    /// <summary>What the last attestation said of the platform; null when it said nothing.</summary>
    public PlatformTcb? Platform { get; init; }

    /// <summary>When the startup taint was removed; null until then.</summary>
    public DateTimeOffset? OpenedAt { get; init; }
}
