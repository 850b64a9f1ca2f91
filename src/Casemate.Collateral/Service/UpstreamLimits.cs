namespace Casemate.Collateral.Service;

/// <summary>How hard one host may be asked.</summary>
public sealed record UpstreamLimits
{
    /// <summary>AMD's service answers about one request in ten seconds from one address; a few at once are tolerated.</summary>
    public static UpstreamLimits Kds { get; } = new()
    {
        Concurrency = 1,
        Burst = 4,
        PerSecond = 0.1,
        MaximumWait = TimeSpan.FromSeconds(20),
    };

    /// <summary>Requests under way at once, at least 1. Default: 4.</summary>
    public int Concurrency { get; init; } = 4;

    /// <summary>Requests that may follow each other immediately after a quiet time, at least 1. Default: 20.</summary>
    public int Burst { get; init; } = 20;

    /// <summary>Requests a second in the long run, more than 0. Default: 5.</summary>
    public double PerSecond { get; init; } = 5;

    /// <summary>The longest that a request waits for its turn before it is turned away. Default: 5 s.</summary>
    public TimeSpan MaximumWait { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Consecutive failures after which the host is left alone. Default: 5.</summary>
    public int BreakerThreshold { get; init; } = 5;

    /// <summary>How long it is left alone at first; each further failure doubles that. Default: 10 s.</summary>
    public TimeSpan BreakerPause { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The longest pause. Default: 5 minutes; a <c>Retry-After</c> may ask for more.</summary>
    public TimeSpan MaximumPause { get; init; } = TimeSpan.FromMinutes(5);
}
