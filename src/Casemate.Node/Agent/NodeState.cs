using Casemate.Node.Advertisement;
using Casemate.Node.Discovery;
using Casemate.Node.Dra;
using Casemate.Node.Enforcement;
using Casemate.Node.Health;
using Casemate.Node.Ledger;

namespace Casemate.Node;

/// <summary>A node agent at one moment: what labels, conditions and the node's status are made of.</summary>
/// <param name="Hardware">What the last scan found.</param>
/// <param name="Health">What is wrong with what was found, compared with what was offered at first.</param>
/// <param name="Plan">The plan in force. It can differ from what the hardware and the settings ask for,
/// see <paramref name="Deferred"/>.</param>
/// <param name="Deferred">Why another plan is not in force yet: one sentence; null when there is none.</param>
/// <param name="Resources">The resources of the device plugin, by name.</param>
/// <param name="Usage">The account of EPC.</param>
public sealed record NodeState(
    NodeHardware Hardware, HardwareHealth Health, AdvertisementPlan Plan, string? Deferred, ValueList<ResourceStatus> Resources,
    EpcUsage Usage)
{
    /// <summary>The DRA driver; null when it does not run.</summary>
    public DraStatus? Dra { get; init; }

    /// <summary>Whether containers are held to their EPC.</summary>
    public EpcEnforcementStatus Enforcement { get; init; } = EpcEnforcementStatus.NoController;

    /// <summary>Whether anything holds containers to the EPC that they asked for: one sentence.</summary>
    public string EpcLimits => Enforcement.Message;
}
