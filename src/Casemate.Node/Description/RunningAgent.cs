namespace Casemate.Node.Description;

/// <summary>An agent as it sees itself at one moment.</summary>
/// <param name="NodeName">The node's name.</param>
/// <param name="WhyNotReady">What keeps it from being ready; null when nothing does.</param>
/// <param name="State">Everything else.</param>
public sealed record RunningAgent(string NodeName, string? WhyNotReady, NodeState State);
