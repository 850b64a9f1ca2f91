namespace Casemate.Node.Health;

/// <summary>The kinds of problems with hardware that was well when it was offered.</summary>
public enum HealthProblemId
{
    /// <summary>A device node that containers are given is gone.</summary>
    DeviceGone = 0,

    /// <summary>A device node has other numbers, or belongs to another driver, than the one that was offered.</summary>
    DeviceChanged,

    /// <summary>There is no EPC any more.</summary>
    EpcGone,

    /// <summary>The kernel owns another amount of EPC than was offered.</summary>
    EpcTotalChanged,

    /// <summary>The kernel lost EPC pages for good.</summary>
    EpcLeaked,

    /// <summary>Allocations failed because a limit of the misc controller was reached.</summary>
    LimitHit,
}
