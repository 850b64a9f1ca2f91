using Casemate.Node.Advertisement;

namespace Casemate.Node.NodeObject;

/// <summary>What the Node shall show.</summary>
/// <param name="Plan">The plan in force: labels, taints, amounts in the node's status.</param>
/// <param name="Expected">What the scheduler must see, by resource name; see <see cref="ExpectedOf"/>.</param>
/// <param name="Conditions">Conditions that the caller knows; those of conflict, advertisement and attestation are found here.</param>
public sealed record NodeObjectWish(
    AdvertisementPlan Plan, IReadOnlyDictionary<string, long> Expected, IReadOnlyList<NodeCondition> Conditions)
{
    /// <summary>
    /// Why the node must not be opened to pods yet, whatever the scheduler sees: one sentence; null when nothing of that kind stands in
    /// the way.
    /// </summary>
    public string? NotReady { get; init; }

    /// <summary>What a plan promises by device plugin and node status, with every device healthy.</summary>
    public static IReadOnlyDictionary<string, long> ExpectedOf(AdvertisementPlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        return plan.Resources.Where(resource => resource.Carrier is ResourceCarrier.DevicePlugin or ResourceCarrier.NodeStatus)
            .ToDictionary(resource => resource.Name, resource => resource.Count, StringComparer.Ordinal);
    }
}
