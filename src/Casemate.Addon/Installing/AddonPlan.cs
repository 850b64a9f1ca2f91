using Casemate.Kubernetes;

namespace Casemate.Addon;

/// <summary>What installing would do.</summary>
/// <param name="Changes">Each object of the add-on, in the order of applying.</param>
/// <param name="Removals">What an earlier installation made and this one does not have.</param>
public sealed record AddonPlan(IReadOnlyList<ManifestChange> Changes, IReadOnlyList<ManifestRemoval> Removals)
{
    /// <summary>True when the cluster is as it shall be.</summary>
    public bool IsEmpty => Removals.Count == 0 && Changes.All(change => change.Action is ManifestAction.Keep);

    /// <summary>What cannot be done: the server refuses it, or others own its fields.</summary>
    public IReadOnlyList<ManifestChange> Obstacles =>
        [.. Changes.Where(change => change.Action is ManifestAction.Refuse or ManifestAction.Conflict)];
}
