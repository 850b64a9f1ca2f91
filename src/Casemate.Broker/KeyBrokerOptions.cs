using Casemate.Attestation;

namespace Casemate.Broker;

/// <summary>What a broker works with, and its limits.</summary>
public sealed record KeyBrokerOptions
{
    /// <summary>Accepted roots. Simulated evidence is accepted only under a root that is named here.</summary>
    public required TrustRoots Roots { get; init; }

    /// <summary>Where certificates and collateral come from.</summary>
    public required ICollateralSource Collateral { get; init; }

    /// <summary>What is accepted, and what is handed out for it.</summary>
    public required AppraisalPolicy Policy { get; init; }

    /// <summary>Where resources are kept.</summary>
    public required IResourceStore Resources { get; init; }

    /// <summary>Who signs tokens. The broker does not dispose it.</summary>
    public required TokenIssuer Tokens { get; init; }

    /// <summary>Who keeps the records. The broker does not dispose it.</summary>
    public required IAuditSink Audit { get; init; }

    /// <summary>The clock. Default: the system's.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Accepts sample evidence, which anybody can make: every resource is then open to everybody. Default: false.</summary>
    public bool AcceptSampleEvidence { get; init; }

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

    /// <summary>What is wrong with the options and what to write instead; empty when nothing is.</summary>
    public IEnumerable<string> Problems()
    {
        if (Policy.Evidence.AcceptUnboundEvidence)
        {
            yield return "The policy sets acceptUnboundEvidence. A broker always compares report data with its handshake; remove the key.";
        }

        if (Policy.Evidence.ReportData is not null)
        {
            yield return "The policy sets reportData. A broker names the report data of each handshake itself; remove the key.";
        }

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
