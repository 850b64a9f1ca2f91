using Casemate.Node.Discovery;

namespace Casemate.Node.Health;

/// <summary>What is wrong with the hardware that a node offers; nothing is a verdict for ever, the next look may find it well.</summary>
/// <param name="Problems">What is wrong, in the order of the checks; empty when all is well.</param>
/// <param name="LeakedPages">EPC pages that the kernel lost since it started, as far as its log tells.</param>
public sealed record HardwareHealth(ValueList<HealthProblem> Problems, long LeakedPages)
{
    private const long PageSize = 4096;

    /// <summary>All is well.</summary>
    public static readonly HardwareHealth Good = new([], 0);

    /// <summary>True when enclaves can be started: leaks alone only take EPC away.</summary>
    public bool Healthy => Problems.All(problem =>
        problem.Id is HealthProblemId.EpcLeaked or HealthProblemId.EpcTotalChanged or HealthProblemId.LimitHit);

    /// <summary>EPC that is gone until the machine starts again.</summary>
    public long LeakedBytes => LeakedPages * PageSize;

    /// <summary>Compares what is there with what is offered.</summary>
    /// <param name="offered">The hardware of the plan in force.</param>
    /// <param name="now">The hardware as it was found last.</param>
    /// <param name="leakedPages">See <see cref="KernelLog"/>; not negative.</param>
    /// <param name="eventsBefore"><c>misc.events</c> when last looked at.</param>
    /// <param name="eventsNow"><c>misc.events</c> now.</param>
    public static HardwareHealth Judge(
        NodeHardware offered, NodeHardware now, long leakedPages, ValueList<MiscAmount> eventsBefore, ValueList<MiscAmount> eventsNow)
    {
        ArgumentNullException.ThrowIfNull(offered);
        ArgumentNullException.ThrowIfNull(now);
        ArgumentNullException.ThrowIfNull(eventsBefore);
        ArgumentNullException.ThrowIfNull(eventsNow);
        ArgumentOutOfRangeException.ThrowIfNegative(leakedPages);
        return new HealthCheck(offered, now).Judge(leakedPages, eventsBefore, eventsNow);
    }
}
