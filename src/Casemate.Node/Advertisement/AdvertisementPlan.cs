using Casemate.Kubernetes;
using Casemate.Node.Discovery;

namespace Casemate.Node.Advertisement;

/// <summary>What a node will offer, and why: a pure function of its hardware and the operator's settings.</summary>
public sealed record AdvertisementPlan
{
    /// <summary>How EPC is offered.</summary>
    public required EpcFrontEnd FrontEnd { get; init; }

    /// <summary>The one name that carries EPC; null when none does.</summary>
    public ResourceFamily? Family { get; init; }

    /// <summary>Everything that is offered.</summary>
    public ValueList<PlannedResource> Resources { get; init; } = [];

    /// <summary>The EPC by NUMA node, as the hardware's <see cref="SgxHardware.Banks"/>; empty when none can be used.</summary>
    public ValueList<PlannedBank> Banks { get; init; } = [];

    /// <summary>Labels for the node, in the order of their keys.</summary>
    public ValueList<PlannedLabel> Labels { get; init; } = [];

    /// <summary>Taints for the node.</summary>
    public ValueList<PlannedTaint> Taints { get; init; } = [];

    /// <summary>A sentence for each decision.</summary>
    public ValueList<string> Reasons { get; init; } = [];

    /// <summary>What is not offered although it is there.</summary>
    public ValueList<PlanCut> Cuts { get; init; } = [];

    /// <summary>True when the hardware is simulated.</summary>
    public required bool Simulated { get; init; }

    /// <summary>E: the EPC that may be given to pods, total less reserve.</summary>
    public long AvailableBytes => Banks.Sum(bank => bank.AvailableBytes);

    /// <summary>The EPC that is offered; at most <see cref="AvailableBytes"/>.</summary>
    public long AdvertisedBytes => Banks.Sum(bank => bank.AdvertisedBytes);

    /// <summary>Decides.</summary>
    /// <exception cref="ArgumentException">The settings are not valid; the message names each problem.</exception>
    public static AdvertisementPlan Make(NodeHardware hardware, AdvertisementSettings settings)
    {
        ArgumentNullException.ThrowIfNull(hardware);
        ArgumentNullException.ThrowIfNull(settings);
        var problems = settings.Validate();
        return problems.Count == 0
            ? new AdvertisementPlanner(hardware, settings).Plan()
            : throw new ArgumentException(string.Join(" ", problems), nameof(settings));
    }
}
