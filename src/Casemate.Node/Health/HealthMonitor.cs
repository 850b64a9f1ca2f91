using Casemate.Node.Discovery;

namespace Casemate.Node.Health;

/// <summary>
/// Keeps what health needs between two looks: the hardware that is offered, the kernel's log, the last events. Not thread-safe.
/// </summary>
/// <param name="files">Where <c>misc.events</c> is.</param>
/// <param name="log">The kernel's log; null when it cannot be read.</param>
public sealed class HealthMonitor(ISystemFiles files, IKernelLogSource? log)
{
    private const int MostRecordsAtOnce = 20_000;

    private readonly byte[] _record = log is null ? [] : new byte[KernelLog.LongestRecord];
    private readonly KernelLog _kernel = new();
    private ValueList<MiscAmount>? _events;

    /// <summary>Looks once.</summary>
    /// <param name="offered">The hardware of the plan in force.</param>
    /// <param name="now">The hardware as it was found last.</param>
    public HardwareHealth Look(NodeHardware offered, NodeHardware now)
    {
        for (var i = 0; i < MostRecordsAtOnce && log is not null && log.TryRead(_record, out var length); i++)
        {
            _kernel.Take(_record.AsSpan(0, length));
        }

        // What was counted before the agent looked for the first time is old.
        var events = MiscEvents.Read(files);
        var health = HardwareHealth.Judge(offered, now, _kernel.LeakedPages, _events ?? events, events);
        _events = events;
        return health;
    }
}
