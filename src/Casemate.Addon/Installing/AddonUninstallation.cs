using Casemate.Kubernetes;

namespace Casemate.Addon;

/// <summary>What became of everything that was to be removed.</summary>
/// <param name="Objects">The add-on's objects.</param>
/// <param name="Nodes">The Nodes that its agent had written on.</param>
/// <param name="NotMade">Objects with the add-on's names that something else made, and that stay.</param>
public sealed record AddonUninstallation(
    IReadOnlyList<ManifestRemoval> Objects, IReadOnlyList<NodeCleaning> Nodes, IReadOnlyList<ManifestRemoval> NotMade)
{
    /// <summary>Whether there was nothing to remove.</summary>
    public bool IsEmpty => Nodes.Count == 0 && NotMade.Count == 0 && Objects.All(one => one.Outcome is ManifestRemovalOutcome.WasGone);

    /// <summary>Whether something is left to do.</summary>
    public bool IsUnfinished => NotMade.Any(one => one.Resource.Kind != "Namespace") || Nodes.Any(node => node.Problem is not null)
        || Objects.Any(one => one.IsUnfinished || one.Outcome is ManifestRemovalOutcome.Spared);
}
