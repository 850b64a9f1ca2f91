using Casemate.Node.Discovery;
using Casemate.Node.NodeObject;

namespace Casemate.Node.Metrics;

/// <summary>What the gauges of a node read when somebody collects.</summary>
/// <param name="Name">The node's name.</param>
/// <param name="State">The agent's state.</param>
/// <param name="Files">Where the kernel and drivers tell what is in use.</param>
/// <param name="Containers">EPC by container.</param>
/// <param name="Platform">What a verifier said; null while none did.</param>
/// <param name="SeesLeaks">True when the kernel's log is read.</param>
internal sealed record ObservedNode(
    string Name, Func<NodeState> State, ISystemFiles Files, Func<IReadOnlyList<ContainerEpcAmount>> Containers, Func<PlatformTcb?> Platform,
    bool SeesLeaks);
