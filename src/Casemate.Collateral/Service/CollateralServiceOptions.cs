using System.Collections.Immutable;
using Casemate.Attestation.Snp;
using Casemate.Collateral.Store;

namespace Casemate.Collateral.Service;

/// <summary>Settings of the collateral service.</summary>
public sealed record CollateralServiceOptions
{
    /// <summary>Which generation answers evidence. The service keeps whichever are asked for, side by side. Default: standard.</summary>
    public TcbUpdate Update { get; init; } = TcbUpdate.Standard;

    /// <summary>
    /// How long past its end collateral is still handed out when nothing newer is to be had. It is named stale then, and verification
    /// says expired unless its policy grants a grace as well. Default: zero, never.
    /// </summary>
    public TimeSpan ServeExpiredFor { get; init; } = TimeSpan.Zero;

    /// <summary>How long an answer that something does not exist, or did not verify, is remembered. Default: 5 minutes.</summary>
    public TimeSpan RememberNotFoundFor { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How long a failure to fetch something is remembered. Default: 30 s.</summary>
    public TimeSpan RememberFailureFor { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Attempts for one question at one upstream, where trying again can help. 1 to 5, default 2.</summary>
    public int Attempts { get; init; } = 2;

    /// <summary>The wait before the second attempt; it doubles, with jitter. Default: 250 ms.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromMilliseconds(250);

    /// <summary>The longest time between two looks at an upstream for something that does not expire soon. Default: 7 days.</summary>
    public TimeSpan MaximumRefreshInterval { get; init; } = TimeSpan.FromDays(7);

    /// <summary>The least time between two looks at an upstream for one thing. Default: 10 minutes.</summary>
    public TimeSpan MinimumRefreshInterval { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How often the background loop looks for what is due. Default: 1 minute.</summary>
    public TimeSpan RefreshTick { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Entries kept in memory; the store holds all. Default: 20 000.</summary>
    public int MaximumEntriesInMemory { get; init; } = 20_000;

    /// <summary>Limits of a host unless it has its own. Default: see <see cref="UpstreamLimits"/>.</summary>
    public UpstreamLimits Limits { get; init; } = new();

    /// <summary>Limits by host (name and port as in <see cref="Upstream.ICollateralUpstream.Host"/>). Default: those of AMD's
    /// service.</summary>
    public ImmutableDictionary<string, UpstreamLimits> HostLimits { get; init; } =
        ImmutableDictionary<string, UpstreamLimits>.Empty.Add("kdsintf.amd.com", UpstreamLimits.Kds);

    /// <summary>Product lines that are tried, in order, for reports that do not name theirs (version 2). Default: Milan, Genoa.</summary>
    public ImmutableArray<SnpProduct> ProductsOfOldReports { get; init; } = [SnpProduct.Milan, SnpProduct.Genoa];
}
