namespace Casemate.Quoting.Service.Queue;

/// <summary>How waiting for a turn ended.</summary>
internal enum QueueTurn
{
    /// <summary>The caller has a place and must leave it.</summary>
    Granted = 0,

    /// <summary>The lane has no room to wait in.</summary>
    LaneFull,

    /// <summary>The queue has no room to wait in.</summary>
    Full,

    /// <summary>The turn did not come in time.</summary>
    TimedOut,

    /// <summary>The caller no longer waits.</summary>
    Cancelled,

    /// <summary>The queue is closed.</summary>
    Closed,
}
