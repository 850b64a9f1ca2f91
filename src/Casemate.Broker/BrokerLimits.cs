namespace Casemate.Broker;

/// <summary>The limits of a broker.</summary>
public sealed record BrokerLimits
{
    /// <summary>How long a handshake and its session live, 10 seconds to 24 hours. Default: 5 minutes.</summary>
    public TimeSpan SessionLifetime { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>The most sessions at a time, 1 to 1,000,000; about 1 KiB each, and a few KiB once attested. Default: 16,384.</summary>
    public int MaxSessions { get; init; } = 16_384;

    /// <summary>How often one session may try to attest, 1 to 100. Default: 5.</summary>
    public int MaxAttemptsPerSession { get; init; } = 5;

    /// <summary>The most attestations that are verified at a time, 1 to 10,000. Default: 64.</summary>
    public int MaxConcurrentAttestations { get; init; } = 64;

    /// <summary>How long the search for collateral may take, 100 milliseconds to 5 minutes. Default: 10 seconds.</summary>
    public TimeSpan CollateralTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>What is wrong with the limits and what to write instead; empty when nothing is.</summary>
    public IEnumerable<string> Problems()
    {
        if (SessionLifetime < TimeSpan.FromSeconds(10) || SessionLifetime > TimeSpan.FromHours(24))
        {
            yield return $"SessionLifetime is {SessionLifetime}: use 10 seconds to 24 hours (default 5 minutes).";
        }

        if (MaxSessions is < 1 or > 1_000_000)
        {
            yield return $"MaxSessions is {MaxSessions}: use 1 to 1000000 (default 16384).";
        }

        if (MaxAttemptsPerSession is < 1 or > 100)
        {
            yield return $"MaxAttemptsPerSession is {MaxAttemptsPerSession}: use 1 to 100 (default 5).";
        }

        if (MaxConcurrentAttestations is < 1 or > 10_000)
        {
            yield return $"MaxConcurrentAttestations is {MaxConcurrentAttestations}: use 1 to 10000 (default 64).";
        }

        if (CollateralTimeout < TimeSpan.FromMilliseconds(100) || CollateralTimeout > TimeSpan.FromMinutes(5))
        {
            yield return $"CollateralTimeout is {CollateralTimeout}: use 100 milliseconds to 5 minutes (default 10 seconds).";
        }
    }
}
