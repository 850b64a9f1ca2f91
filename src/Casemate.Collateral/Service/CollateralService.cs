using System.Collections.Concurrent;
using System.Security.Cryptography;
using Casemate.Attestation;
using Casemate.Collateral.Store;
using Casemate.Collateral.Upstream;

namespace Casemate.Collateral.Service;

/// <summary>
/// Finds collateral in memory, in the store, and at upstreams in the order given; verifies what comes back before it is kept, and again
/// what is read from the store. Questions for one thing share one request. Safe for concurrent use.
/// </summary>
public sealed partial class CollateralService : ICollateralSource, IAsyncDisposable
{
    private readonly CollateralServiceOptions _options;
    private readonly ICollateralStore _store;
    private readonly IReadOnlyList<ICollateralUpstream> _upstreams;
    private readonly TrustRoots _roots;
    private readonly TimeProvider _time;
    private readonly Func<double> _jitter;
    private readonly ICollateralObserver? _observer;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Dictionary<string, HostGate> _gates = [];
    private readonly ConcurrentDictionary<CollateralKey, CachedEntry> _memory = new();
    private readonly ConcurrentDictionary<Question, Lazy<Task<CollateralOutcome>>> _underWay = new();
    private readonly ConcurrentDictionary<Question, (CollateralOutcome Outcome, DateTimeOffset Until)> _negative = new();

    /// <summary>Makes a service. It starts nothing by itself: <see cref="RunAsync"/> keeps collateral fresh.</summary>
    /// <param name="options">Settings.</param>
    /// <param name="store">Where collateral is kept.</param>
    /// <param name="upstreams">Where it comes from, first choice first; empty for a service that only serves what was imported. Disposed
    /// with it.</param>
    /// <param name="roots">Accepted roots.</param>
    /// <param name="time">The clock.</param>
    /// <param name="observer">Hears of requests and problems; null: nobody.</param>
    /// <param name="jitter">Numbers from 0 up to 1 that spread retries and refreshes; null: random ones.</param>
    public CollateralService(
        CollateralServiceOptions options, ICollateralStore store, IReadOnlyList<ICollateralUpstream> upstreams, TrustRoots roots,
        TimeProvider time, ICollateralObserver? observer = null, Func<double>? jitter = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(upstreams);
        ArgumentNullException.ThrowIfNull(roots);
        ArgumentNullException.ThrowIfNull(time);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Attempts, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.Attempts, 5);
        (_options, _store, _upstreams, _roots, _time, _observer) = (options, store, upstreams, roots, time, observer);
        _jitter = jitter ?? (static () => RandomNumberGenerator.GetInt32(1 << 24) / (double)(1 << 24));
        Metrics = new CollateralMetrics(time);
        foreach (var host in upstreams.Select(upstream => upstream.Host).Distinct())
        {
            _gates[host] = new HostGate(options.HostLimits.GetValueOrDefault(host, options.Limits), time, _jitter);
        }
    }

    /// <summary>What the service counts.</summary>
    public CollateralMetrics Metrics { get; }

    /// <summary>Whether something usable is in memory: what a readiness probe asks after <see cref="LoadAsync"/>.</summary>
    public bool HasCollateral => !_memory.IsEmpty;

    /// <summary>Finds one piece of collateral. PCK certificates have a door of their own, <see cref="GetPckCertificateAsync"/>.</summary>
    /// <param name="key">What is wanted.</param>
    /// <param name="fetch">Whether upstreams may be asked.</param>
    /// <param name="cancellationToken">Stops the wait; a request that others wait for goes on.</param>
    public ValueTask<CollateralOutcome> GetAsync(
        CollateralKey key, CollateralFetch fetch = CollateralFetch.WhenMissing, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        return GetAsync(new CollateralRequest(key), fetch, cancellationToken);
    }

    /// <summary>
    /// Takes collateral from elsewhere (an offline bundle, an administrator's upload) into the store, if it verifies. Collateral that is
    /// past its end is taken only when the service may serve it.
    /// </summary>
    /// <param name="collateral">The collateral, not verified.</param>
    /// <param name="cancellationToken">Stops the wait.</param>
    /// <returns><see cref="CollateralStatus.Found"/> with what is now kept, or why it was refused.</returns>
    public async ValueTask<CollateralOutcome> ImportAsync(StoredCollateral collateral, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(collateral);
        var (verified, problem) = await VerifyAsync(collateral, CollateralFetch.Never, cancellationToken).ConfigureAwait(false);
        if (verified is null)
        {
            Metrics.CountProblem(collateral.Key, "not verifiable");
            _observer?.NotVerifiable(collateral.Key, collateral.Source, problem);
            return new CollateralOutcome(CollateralStatus.NotVerifiable, Problem: problem);
        }

        if (!new CachedEntry(verified, default).IsFresh(_time.GetUtcNow() - _options.ServeExpiredFor))
        {
            return new CollateralOutcome(CollateralStatus.Expired, Problem: $"it ended {verified.NotAfter:u}");
        }

        // Another replica may have stored a newer one than this one has in memory.
        _ = await ReadStoreAsync(verified.Key, cancellationToken).ConfigureAwait(false);
        return await KeepAsync(WithoutFuture(verified), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Reads the whole store into memory, so that the first questions find it there and the loop knows what to refresh.</summary>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="CollateralStoreException">The store cannot be read.</exception>
    public async ValueTask LoadAsync(CancellationToken cancellationToken)
    {
        var keys = await _store.ListAsync(cancellationToken).ConfigureAwait(false);

        // Chains and CRLs before what is verified with them.
        foreach (var key in keys.OrderByDescending(
            key => key.Kind is CollateralKind.SnpChain or CollateralKind.RootCaCrl).Take(_options.MaximumEntriesInMemory))
        {
            _ = await ReadStoreAsync(key, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Stops what is under way and disposes the upstreams.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        foreach (var question in _underWay.Values)
        {
            await ((Task)question.Value).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        foreach (var upstream in _upstreams)
        {
            upstream.Dispose();
        }

        foreach (var gate in _gates.Values)
        {
            gate.Dispose();
        }

        Metrics.Dispose();
        _stopping.Dispose();
    }

    private ValueTask<CollateralOutcome> GetAsync(CollateralRequest request, CollateralFetch fetch, CancellationToken cancellationToken)
    {
        if (fetch is not CollateralFetch.Always && _memory.TryGetValue(request.Key, out var entry) && entry.IsFresh(_time.GetUtcNow()))
        {
            Metrics.CountLookup(request.Key, "hit");
            return ValueTask.FromResult(new CollateralOutcome(CollateralStatus.Found, entry.Collateral));
        }

        return new ValueTask<CollateralOutcome>(AskAsync(request, fetch, cancellationToken));
    }

    // All who ask the same thing wait for one task; whoever gives up waiting does not stop it for the others.
    private async Task<CollateralOutcome> AskAsync(CollateralRequest request, CollateralFetch fetch, CancellationToken cancellationToken)
    {
        var question = new Question(
            request.Key, fetch, request.Platform is { EncryptedPpid.Length: > 0 } or { PlatformManifest.Length: > 0 });
        var task = _underWay.GetOrAdd(
            question, _ => new Lazy<Task<CollateralOutcome>>(() => Task.Run(() => AnswerAsync(question, request))));
        var outcome = await task.Value.WaitAsync(cancellationToken).ConfigureAwait(false);
        Metrics.CountLookup(request.Key, outcome.Status switch
        {
            CollateralStatus.Found => "miss",
            CollateralStatus.Stale => "stale",
            _ => "none",
        });
        return outcome;
    }

    // The task takes itself off the list: those who waited may all have given up.
    private async Task<CollateralOutcome> AnswerAsync(Question question, CollateralRequest request)
    {
        try
        {
            return await FindAsync(question, request).ConfigureAwait(false);
        }
        finally
        {
            _underWay.TryRemove(question, out _);
        }
    }

    /// <summary>What is asked; questions that may be answered differently do not share an answer.</summary>
    private sealed record Question(CollateralKey Key, CollateralFetch Fetch, bool KnowsMachine);
}
