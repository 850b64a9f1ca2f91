using Casemate.Node.Advertisement;

namespace Casemate.Node.DevicePlugin;

/// <summary>
/// Which plan is in force when the hardware or the settings ask for another. The way in which EPC is offered, and its name, change only
/// when no pod holds any: else the same memory would be offered a second time.
/// </summary>
internal static class PlanTransition
{
    /// <summary>Decides.</summary>
    /// <param name="current">The plan in force.</param>
    /// <param name="next">The plan that is asked for.</param>
    /// <param name="isHeld">Whether a pod holds EPC by the plan in force.</param>
    /// <returns>The plan in force from now on, and a sentence when the one that is asked for has to wait.</returns>
    public static (AdvertisementPlan InForce, string? Deferred) Choose(AdvertisementPlan current, AdvertisementPlan next, bool isHeld)
    {
        if (current.FrontEnd is EpcFrontEnd.None || (current.FrontEnd == next.FrontEnd && current.Family?.Name == next.Family?.Name))
        {
            return (next, null);
        }

        if (next.FrontEnd is EpcFrontEnd.None)
        {
            // The hardware is gone or broken: the same names, with nothing behind them, so that they come back when it does.
            var empty = current.Banks.Select(bank => bank with { TotalBytes = 0, ReserveBytes = 0, Devices = 0, AdvertisedBytes = 0 });
            return (current with { Banks = [.. empty] }, null);
        }

        return isHeld
            ? (current, $"Pods hold EPC that is offered as {Words(current)}; it is offered as {Words(next)} "
                + "when the last of them has ended, or on a new node.")
            : (next, null);
    }

    private static string Words(AdvertisementPlan plan) => plan.FrontEnd switch
    {
        EpcFrontEnd.OneDevicePerMib => $"devices of {plan.Family?.Name}",
        EpcFrontEnd.NodeCapacity => $"an amount of {plan.Family?.Name} in the node's status",
        EpcFrontEnd.Dra => "devices of ResourceSlices",
        EpcFrontEnd.None => "nothing",
        _ => throw new InvalidOperationException($"Front end {plan.FrontEnd} has no words."),
    };
}
