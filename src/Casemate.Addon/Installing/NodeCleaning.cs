using Casemate.Node.NodeObject;

namespace Casemate.Addon;

/// <summary>What became of a Node that the agent had written on.</summary>
/// <param name="Node">Its name.</param>
/// <param name="Removal">What was taken off it, or of a dry run would be.</param>
/// <param name="Problem">Why it could not be; null when it was.</param>
public sealed record NodeCleaning(string Node, NodeRemoval Removal, string? Problem);
