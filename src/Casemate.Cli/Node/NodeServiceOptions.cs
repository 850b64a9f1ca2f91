using Casemate.Node;
using Casemate.Node.Discovery;

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

    /// <summary>What leads to the API server where DRA is on; null: look for it.</summary>
    public string? Kubeconfig { get; init; }

    /// <summary>Where health and metrics are; null: nowhere.</summary>
    public string? Health { get; init; }
}
