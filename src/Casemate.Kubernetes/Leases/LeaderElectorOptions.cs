using System.Security.Cryptography;

namespace Casemate.Kubernetes;

/// <summary>The times of an election. The lease is longer than the deadline, and the deadline longer than a retry.</summary>
public sealed record LeaderElectorOptions
{
    /// <summary>The defaults: those of Kubernetes' own components.</summary>
    public static readonly LeaderElectorOptions Default = new();

    /// <summary>
    /// After how long without a renewal others may take the Lease, whole seconds. Every candidate judges the holder by the duration that
    /// stands in the Lease. 1 s to 1 h, default 15 s.
    /// </summary>
    public TimeSpan LeaseDuration { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>
    /// After how long without a renewal the leader stops leading by itself; counted from when the last renewal was sent, so that it stops
    /// before anybody may take over. Shorter than <see cref="LeaseDuration"/>, default 10 s.
    /// </summary>
    public TimeSpan RenewDeadline { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The wait between attempts, with up to a fifth more by chance. Less than <see cref="RenewDeadline"/>, default 2 s.</summary>
    public TimeSpan RetryPeriod { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Gives a number from 0 up to 1, for the jitter. Default: the system's random numbers.</summary>
    public Func<double> Jitter { get; init; } = static () => RandomNumberGenerator.GetInt32(1000) / 1000.0;

    internal void Check()
    {
        if (LeaseDuration < TimeSpan.FromSeconds(1) || LeaseDuration > TimeSpan.FromHours(1)
            || LeaseDuration.Ticks % TimeSpan.TicksPerSecond != 0)
        {
            throw new ArgumentException($"A lease of {LeaseDuration} cannot be written: use whole seconds, 1 s to 1 h.");
        }

        if (RenewDeadline >= LeaseDuration || RetryPeriod * 1.2 >= RenewDeadline || RetryPeriod <= TimeSpan.Zero)
        {
            throw new ArgumentException(
                $"The deadline of {RenewDeadline} must be shorter than the lease of {LeaseDuration}, and longer than a retry of "
                    + $"{RetryPeriod} with its jitter: else two lead at once, or none for long.");
        }
    }
}
