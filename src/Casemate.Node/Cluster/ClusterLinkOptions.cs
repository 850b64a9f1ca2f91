using Casemate.Node.NodeObject;

namespace Casemate.Node.Cluster;

/// <summary>How the agent is tied to its cluster.</summary>
public sealed record ClusterLinkOptions
{
    /// <summary>Which Node, and how it is looked after.</summary>
    public required NodeObjectSettings Node { get; init; }

    /// <summary>Attests the node; null: nobody does.</summary>
    public INodeAttestation? Attestation { get; init; }

    /// <summary>
    /// Says whether quotes are made: for a condition, and the node is not opened to pods before. Null: nobody is asked.
    /// </summary>
    public IQuoteReadiness? Quotes { get; init; }

    /// <summary>How often the state of the agent and of the quote helper is looked at. Default 5 s.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(5);
}
