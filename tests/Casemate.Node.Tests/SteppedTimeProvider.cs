namespace Casemate.Node.Tests;

/// <summary>A clock whose time of day is set while what measures spans runs on, as when a machine has found a time server.</summary>
internal sealed class SteppedTimeProvider(TimeProvider steady) : TimeProvider
{
    private long _step;

    public override long TimestampFrequency => steady.TimestampFrequency;

    public override DateTimeOffset GetUtcNow() => steady.GetUtcNow() + TimeSpan.FromTicks(Interlocked.Read(ref _step));

    public override long GetTimestamp() => steady.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        steady.CreateTimer(callback, state, dueTime, period);

    /// <summary>Sets the time of day forward, or back.</summary>
    public void Step(TimeSpan by) => Interlocked.Add(ref _step, by.Ticks);
}
