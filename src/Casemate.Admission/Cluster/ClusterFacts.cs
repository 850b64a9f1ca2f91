using System.Collections.Immutable;

namespace Casemate.Admission;

/// <summary>What is known of the cluster when a pod is judged. Never changes: a judgement sees one state.</summary>
/// <param name="Nodes">Its nodes; empty when none is known.</param>
public sealed record ClusterFacts(ImmutableArray<NodeOffer> Nodes)
{
    /// <summary>Nothing is known.</summary>
    public static readonly ClusterFacts Unknown = new([]);
}
