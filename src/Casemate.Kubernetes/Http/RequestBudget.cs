namespace Casemate.Kubernetes;

/// <summary>The time that is left for a request, or for all of a client.</summary>
/// <param name="limit">All of it, from now on.</param>
/// <param name="time">The clock.</param>
internal sealed class RequestBudget(TimeSpan limit, TimeProvider time)
{
    /// <summary>Less than this is nothing: timers fire a little early.</summary>
    public static readonly TimeSpan Least = TimeSpan.FromMilliseconds(20);

    private readonly long _begin = time.GetTimestamp();

    /// <summary>All of it.</summary>
    public TimeSpan Limit => limit;

    /// <summary>What is left; negative when it is over.</summary>
    public TimeSpan Left => limit - time.GetElapsedTime(_begin);

    /// <summary>What is left, and not more than this; at its end a moment still, for whoever needs a time that is one.</summary>
    public TimeSpan AtMost(TimeSpan other) => Left is var left && left < Least ? Least : left < other ? left : other;
}
