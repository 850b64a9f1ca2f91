using Casemate.Kubernetes;
using Casemate.Node;
using Casemate.Node.Discovery;
using Casemate.Node.NodeObject;

namespace Casemate.Cli.Node;

/// <summary>What <c>casemate node</c> runs.</summary>
internal sealed record NodeServiceOptions
{
    /// <summary>The agent's part; device events and the kernel's log are added from <see cref="HardwareRoots"/>.</summary>
    public required NodeAgentOptions Agent { get; init; }

    /// <summary>What the machine is, in a sentence; empty when nothing more than its name is known.</summary>
    public string Title { get; init; } = "";

    /// <summary>Where the machine's trees are, for events; null for a described machine, which has none.</summary>
    public NodeRoots? HardwareRoots { get; init; }

    /// <summary>The kubelet's directory, for the sockets of DRA.</summary>
    public required string KubeletDirectory { get; init; }

    /// <summary>The API server; null: the Node object is not looked after.</summary>
    public KubeConfiguration? Cluster { get; init; }

    /// <summary>Why there is none: a clause; null when there is one.</summary>
    public string? WithoutCluster { get; init; }

    /// <summary>Flags that were given and do nothing without a cluster.</summary>
    public IReadOnlyList<string> WithoutEffect { get; init; } = [];

    /// <summary>How the Node object is looked after.</summary>
    public required NodeObjectSettings NodeObject { get; init; }

    /// <summary>The evidence socket of the quote helper; null: it is not asked.</summary>
    public string? QuoteHelper { get; init; }

    /// <summary>Who attests the node; null: nobody.</summary>
    public NodeAttestationOptions? Attestation { get; init; }

    /// <summary>Where health and metrics are; null: nowhere.</summary>
    public string? Health { get; init; }
}
