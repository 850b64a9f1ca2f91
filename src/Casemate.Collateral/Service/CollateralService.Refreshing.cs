using Casemate.Collateral.Store;
using Casemate.Collateral.Upstream;

namespace Casemate.Collateral.Service;

/// <content>Keeping collateral fresh.</content>
public sealed partial class CollateralService
{
    private const int RefreshesAtOnce = 4;

    /// <summary>
    /// Loads the store and then refreshes what is due, until it is cancelled: each thing at about half of its remaining life. Replicas
    /// that share a store take up what another one has refreshed instead of asking themselves.
    /// </summary>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="CollateralStoreException">The store cannot be read at the start.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await LoadAsync(cancellationToken).ConfigureAwait(false);
        using var timer = new PeriodicTimer(_options.RefreshTick, _time);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false))
            {
                await RefreshDueAsync(cancellationToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // That is how it ends.
        }
    }

    /// <summary>Refreshes what is due now.</summary>
    /// <param name="cancellationToken">Stops it between two things.</param>
    /// <returns>How many things were due.</returns>
    public ValueTask<int> RefreshDueAsync(CancellationToken cancellationToken)
    {
        var now = _time.GetUtcNow();
        return RefreshAsync([.. _memory.Values.Where(
            entry => !entry.Collateral.Key.IsImmutable && entry.RefreshAt <= now)], onlyIfDue: true, cancellationToken);
    }

    /// <summary>Refreshes everything that can change, whether it is due or not: an administrator's order.</summary>
    /// <param name="which">Chooses among the keys; null: all.</param>
    /// <param name="cancellationToken">Stops it between two things.</param>
    /// <returns>How many things were looked at.</returns>
    public ValueTask<int> RefreshAllAsync(Func<CollateralKey, bool>? which, CancellationToken cancellationToken) => RefreshAsync(
        [.. _memory.Values.Where(entry => !entry.Collateral.Key.IsImmutable && (which is null || which(entry.Collateral.Key)))],
        onlyIfDue: false, cancellationToken);

    private async ValueTask<int> RefreshAsync(List<CachedEntry> entries, bool onlyIfDue, CancellationToken cancellationToken)
    {
        var options = new ParallelOptions { MaxDegreeOfParallelism = RefreshesAtOnce, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(
            entries, options, (entry, token) => RefreshAsync(entry, onlyIfDue, token)).ConfigureAwait(false);
        return entries.Count;
    }

    private async ValueTask RefreshAsync(CachedEntry entry, bool onlyIfDue, CancellationToken cancellationToken)
    {
        var key = entry.Collateral.Key;
        var current = await ReadStoreAsync(key, cancellationToken).ConfigureAwait(false);
        if (onlyIfDue && current is not null && current.RefreshAt > _time.GetUtcNow())
        {
            return;                                                         // another replica was here
        }

        var platform = key.Kind is CollateralKind.PckCertificates or CollateralKind.PckCertificate
            ? await ReadPlatformAsync(key.QeId, key.PceId, cancellationToken).ConfigureAwait(false)
            : null;
        var outcome = await GetAsync(new CollateralRequest(key, platform), CollateralFetch.Always, cancellationToken).ConfigureAwait(false);
        if (outcome.Status is CollateralStatus.Found)
        {
            if (key.Kind is CollateralKind.PckCertificates && platform is not null)
            {
                await SelectAgainAsync(platform, outcome.Collateral!, cancellationToken).ConfigureAwait(false);
            }

            return;
        }

        // Not again at the next tick: a tenth of what is left, within the limits, and not before the upstream wants to be asked.
        var latest = _memory.TryGetValue(key, out var now) ? now : entry;
        var left = (latest.Collateral.NotAfter ?? DateTimeOffset.MaxValue) - _time.GetUtcNow();
        var pause = Clamp(left / 10);
        latest.RefreshAt = Later(_time.GetUtcNow(), outcome.RetryAfter is { } asked && asked > pause ? asked : pause);
    }

    private DateTimeOffset RefreshTime(StoredCollateral collateral)
    {
        if (collateral.Key.IsImmutable)
        {
            return DateTimeOffset.MaxValue;
        }

        // From a little before half of the remaining life to a little after it, so that what was fetched together spreads out.
        var left = (collateral.NotAfter ?? DateTimeOffset.MaxValue) - collateral.Fetched;
        return Later(collateral.Fetched, Clamp(left * (0.45 + (_jitter() / 10))));
    }

    private TimeSpan Clamp(TimeSpan interval) =>
        interval < _options.MinimumRefreshInterval ? _options.MinimumRefreshInterval
        : interval > _options.MaximumRefreshInterval ? _options.MaximumRefreshInterval * (0.9 + (_jitter() / 10))
        : interval;

    private static DateTimeOffset Later(DateTimeOffset from, TimeSpan by) =>
        by < DateTimeOffset.MaxValue - from ? from + by : DateTimeOffset.MaxValue;
}
