using Casemate.Node.Advertisement;
using Casemate.Node.Health;
using Casemate.Node.Ledger;

namespace Casemate.Node.NodeObject;

/// <summary>A condition that a Node shall show.</summary>
/// <param name="Type">One of <see cref="NodeMarks.Conditions"/>.</param>
/// <param name="Status">True, false, or null for unknown.</param>
/// <param name="Reason">One CamelCase word.</param>
/// <param name="Message">A sentence that stays the same as long as its cause does.</param>
public sealed record NodeCondition(string Type, bool? Status, string Reason, string Message)
{
    /// <summary>The word of <see cref="Status"/> in objects.</summary>
    public string StatusWord => Status switch { true => "True", false => "False", null => "Unknown" };

    /// <summary>Whether enclaves can be started, and whether EPC has leaked. Nothing on a machine without EPC.</summary>
    public static IReadOnlyList<NodeCondition> OfHardware(AdvertisementPlan plan, HardwareHealth health)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(health);
        if (plan.FrontEnd is EpcFrontEnd.None && plan.Banks.Count == 0)
        {
            return [];
        }

        var problem = health.Problems.FirstOrDefault();
        var ready = plan.FrontEnd is not EpcFrontEnd.None && health.Healthy;
        return
        [
            new NodeCondition(
                NodeMarks.SgxReady, ready, ready ? "EnclavesCanStart" : problem?.Id.ToString() ?? "NotOffered",
                ready ? "Enclaves can be started." : problem?.Message ?? plan.Reasons.FirstOrDefault() ?? "No EPC is offered."),
            new NodeCondition(
                NodeMarks.SgxEpcLeak, health.LeakedPages > 0, health.LeakedPages > 0 ? "PagesLeaked" : "NoLeak",
                health.LeakedPages > 0
                    ? "The kernel lost EPC pages; they come back when the machine starts again."
                    : "The kernel reported no lost EPC pages."),
        ];
    }
    /// <summary>Whether pods hold more EPC than there is for them. Nothing where none is offered and none is held.</summary>
    /// <param name="plan">The plan in force.</param>
    /// <param name="usage">The account of EPC.</param>
    public static NodeCondition? OfUsage(AdvertisementPlan plan, EpcUsage usage)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(usage);
        if (plan.FrontEnd is EpcFrontEnd.None && usage.UsedBytes == 0)
        {
            return null;
        }

        return usage.Overcommitment is { } sentence
            ? new NodeCondition(
                NodeMarks.EpcOvercommitted, true, usage.UsedBytes == long.MaxValue ? "UnreadableRequest" : "MoreThanCapacity", sentence)
            : new NodeCondition(NodeMarks.EpcOvercommitted, false, "WithinCapacity", "Pods hold no more EPC than there is for them.");
    }
}
