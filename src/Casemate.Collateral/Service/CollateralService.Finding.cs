using System.Globalization;
using Casemate.Attestation.Dcap;
using Casemate.Collateral.Store;
using Casemate.Collateral.Upstream;

namespace Casemate.Collateral.Service;

/// <content>The way of one question: store, upstreams, verification, store.</content>
public sealed partial class CollateralService
{
    private const int MaximumNegative = 10_000;

    private async Task<CollateralOutcome> FindAsync(Question question, CollateralRequest request)
    {
        var cancellationToken = _stopping.Token;
        var key = question.Key;
        try
        {
            var old = await ReadStoreAsync(key, cancellationToken).ConfigureAwait(false);
            if (question.Fetch is not CollateralFetch.Always && old is not null && old.IsFresh(_time.GetUtcNow()))
            {
                return new CollateralOutcome(CollateralStatus.Found, old.Collateral);
            }

            if (question.Fetch is CollateralFetch.Never)
            {
                return Fallback(old, new CollateralOutcome(CollateralStatus.NotFound, Problem: $"{key.ToLogText()} is not cached"));
            }

            if (question.Fetch is CollateralFetch.WhenMissing && Remembered(question) is { } remembered)
            {
                return Fallback(old, remembered);
            }

            var (fresh, failure) = await FetchAsync(request, cancellationToken).ConfigureAwait(false);
            if (fresh is not null)
            {
                _negative.TryRemove(question with { Fetch = CollateralFetch.WhenMissing }, out _);
                return await KeepAsync(fresh, cancellationToken).ConfigureAwait(false);
            }

            Remember(question, failure);
            return question.Fetch is CollateralFetch.Always ? failure : Fallback(old, failure);
        }
        catch (CollateralStoreException exception)
        {
            return new CollateralOutcome(CollateralStatus.UpstreamFailed, Problem: exception.Message);
        }
    }

    // Reads, verifies again and takes into memory: whoever can write into the store's directory cannot make the service lie.
    private async ValueTask<CachedEntry?> ReadStoreAsync(CollateralKey key, CancellationToken cancellationToken)
    {
        StoreReading reading;
        try
        {
            reading = await _store.ReadAsync(key, cancellationToken).ConfigureAwait(false);
        }
        catch (CollateralStoreException exception)
        {
            reading = StoreReading.Damaged(exception.Message);
        }

        _memory.TryGetValue(key, out var known);
        if (reading.Collateral is not { } stored)
        {
            if (reading.Damage.Length > 0)
            {
                ReportDamage(key, reading.Damage);
            }

            return known;                                                   // what is in memory was verified, wherever the file went
        }

        stored = WithoutFuture(stored);
        if (known is not null && known.Collateral.Fetched >= stored.Fetched)
        {
            return known;
        }

        var verification = await VerifyAsync(stored, CollateralFetch.Never, cancellationToken).ConfigureAwait(false);
        if (verification.Collateral is not { } verified)
        {
            if (verification.UnacceptedRoot.Length > 0)
            {
                Metrics.CountProblem(key, "other root");
                _observer?.UnderOtherRoot(key, verification.UnacceptedRoot);
            }
            else
            {
                ReportDamage(key, verification.Problem);
            }

            return known;
        }

        return Replaces(known, verified) ? Remember(verified) : known;
    }

    private void ReportDamage(CollateralKey key, string problem)
    {
        Metrics.CountProblem(key, "damaged");
        _observer?.Damaged(key, problem);
    }

    private async ValueTask<(StoredCollateral? Fresh, CollateralOutcome Failure)> FetchAsync(
        CollateralRequest request, CancellationToken cancellationToken)
    {
        var worst = new CollateralOutcome(CollateralStatus.NotFound, Problem: $"no upstream offers {request.Key.ToLogText()}");
        foreach (var upstream in _upstreams.Where(upstream => upstream.Offers(request.Key)))
        {
            var (fresh, failure) = await FetchAsync(upstream, request, cancellationToken).ConfigureAwait(false);
            if (fresh is not null)
            {
                return (fresh, failure);
            }

            worst = Rank(failure.Status) >= Rank(worst.Status) ? failure : worst;
        }

        return (null, worst);
    }

    // What an operator must hear of first: a lie, then a failure; "not found" counts only when nobody failed.
    private static int Rank(CollateralStatus status) => status switch
    {
        CollateralStatus.NotVerifiable => 3,
        CollateralStatus.UpstreamFailed => 2,
        CollateralStatus.UpstreamBusy => 1,
        _ => 0,
    };

    private async ValueTask<(StoredCollateral? Fresh, CollateralOutcome Failure)> FetchAsync(
        ICollateralUpstream upstream, CollateralRequest request, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var answer = await SendAsync(upstream, request, cancellationToken).ConfigureAwait(false);
            if (answer is (null, { } busyFor))
            {
                return (null, LeftAlone(upstream, busyFor));
            }

            var (status, document, problem, retryAfter) = (
                answer.Answer!.Status, answer.Answer.Document, answer.Answer.Problem, answer.Answer.RetryAfter);
            if (status is UpstreamStatus.Found && document is not null)
            {
                var (verified, wrong) = await VerifyAsync(document, CollateralFetch.WhenMissing, cancellationToken).ConfigureAwait(false);
                if (verified is { } ended && !new CachedEntry(ended, default).IsFresh(_time.GetUtcNow()))
                {
                    (verified, wrong) = (null, $"it ended {ended.NotAfter:u}");
                }

                if (verified is not null)
                {
                    return (verified, new CollateralOutcome(CollateralStatus.Found));
                }

                Metrics.CountProblem(request.Key, "not verifiable");
                _observer?.NotVerifiable(request.Key, upstream.Name, wrong);
                return (null, new CollateralOutcome(
                    CollateralStatus.NotVerifiable, Problem: $"{upstream.Name}: {request.Key.ToLogText()}: {wrong}"));
            }

            if (status is (UpstreamStatus.Unavailable or UpstreamStatus.TimedOut) && retryAfter is null && attempt < _options.Attempts)
            {
                var delay = HostGate.BackOff(_options.RetryDelay, attempt - 1, TimeSpan.FromSeconds(10), _jitter());
                await Task.Delay(delay, _time, cancellationToken).ConfigureAwait(false);
                continue;
            }

            return (null, new CollateralOutcome(
                status switch
                {
                    UpstreamStatus.NotFound or UpstreamStatus.Gone => CollateralStatus.NotFound,
                    UpstreamStatus.Throttled => CollateralStatus.UpstreamBusy,
                    UpstreamStatus.Malformed => CollateralStatus.NotVerifiable,
                    _ => CollateralStatus.UpstreamFailed,
                },
                Problem: problem, RetryAfter: retryAfter));
        }
    }

    // After a failure its reason is the news; that nobody is asked for a while follows from it.
    private CollateralOutcome LeftAlone(ICollateralUpstream upstream, TimeSpan pause)
    {
        var (failure, seconds) = (_gates[upstream.Host].Failure, pause.TotalSeconds.ToString("0.#", CultureInfo.InvariantCulture));
        return new CollateralOutcome(
            CollateralStatus.UpstreamBusy, Problem: failure.Length > 0
                ? $"{failure}; {upstream.Name} is left alone for {seconds} s after that"
                : $"{upstream.Name} is left alone for {seconds} s: its limit", RetryAfter: pause)
        {
            IsAfterFailure = failure.Length > 0,
        };
    }

    private async ValueTask<(UpstreamAnswer? Answer, TimeSpan? BusyFor)> SendAsync(
        ICollateralUpstream upstream, CollateralRequest request, CancellationToken cancellationToken)
    {
        var gate = _gates[upstream.Host];
        if (await gate.EnterAsync(cancellationToken).ConfigureAwait(false) is { } busy)
        {
            return (null, busy);
        }

        UpstreamAnswer? answer = null;
        var started = _time.GetTimestamp();
        try
        {
            answer = await upstream.FetchAsync(request, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            gate.Leave(answer);
        }

        var elapsed = _time.GetElapsedTime(started);
        Metrics.CountFetch(upstream.Host, answer.Status, elapsed);
        _observer?.Asked(request.Key, upstream.Name, answer, elapsed);
        return (answer, null);
    }

    private async ValueTask<CollateralVerification> VerifyAsync(
        StoredCollateral collateral, CollateralFetch fetchChain, CancellationToken cancellationToken, Overlay? beside = null)
    {
        var key = collateral.Key;
        var rootCrl = key.Kind is CollateralKind.TcbInfo or CollateralKind.QeIdentity or CollateralKind.QveIdentity
            or CollateralKind.TcbEvaluationNumbers
            ? beside?.TryFind(CollateralKey.RootCaCrl(), out var list) is true
                ? list
                : await KnownRootCrlAsync(cancellationToken).ConfigureAwait(false)
            : default;
        var chain = ReadOnlyMemory<byte>.Empty;
        if (key.Kind is CollateralKind.Vcek or CollateralKind.Vlek && collateral.IssuerChainPem.IsEmpty)
        {
            // What is shipped first: AMD's service is asked as rarely as possible.
            if (ShippedChain(key) is { } shipped
                && CollateralVerifier.Verify(collateral, _roots, _time.GetUtcNow(), shipped) is { Collateral: not null } known)
            {
                return known;
            }

            var issuers = CollateralKey.SnpChain(key.Product, key.Signer);
            if (beside?.TryFind(issuers, out chain) is not true)
            {
                chain = (await GetAsync(issuers, fetchChain, cancellationToken).ConfigureAwait(false)).Collateral?.Raw ?? default;
            }
        }

        return CollateralVerifier.Verify(collateral, _roots, _time.GetUtcNow(), chain, rootCrl);
    }

    // Memory forgets, the store does not: a signer that is known to be revoked stays refused. Also an expired list counts here, since
    // what it revokes stays revoked.
    private async ValueTask<ReadOnlyMemory<byte>> KnownRootCrlAsync(CancellationToken cancellationToken)
    {
        var key = CollateralKey.RootCaCrl();
        if (!_memory.TryGetValue(key, out var crl))
        {
            crl = await ReadStoreAsync(key, cancellationToken).ConfigureAwait(false);
        }

        return crl?.Collateral.Raw ?? default;
    }

    private static byte[]? ShippedChain(CollateralKey key) => AmdIntermediates.Find(key.Product, key.Signer) is { } ask
        ? PemText.WriteCertificates([ask, AmdIntermediates.Root(key.Product)])
        : null;

    // An older document must not push out a newer one that is still good: a replayed answer would undo a TCB recovery or a revocation.
    // The date alone does not tell: Intel signs older generations anew, with fresh dates, for as long as it keeps them up.
    private bool Replaces(CachedEntry? old, StoredCollateral candidate) =>
        old is null || (_time.GetUtcNow() is var now && !old.IsFresh(now) && new CachedEntry(candidate, default).IsFresh(now))
        || candidate.Key.Kind is CollateralKind.PckCertificates or CollateralKind.PckCertificate
        || (!(candidate.NotBefore < old.Collateral.NotBefore) && !(GenerationOf(candidate) < GenerationOf(old.Collateral)));

    // Of a document that was verified; null: the kind has none.
    private static int? GenerationOf(StoredCollateral document)
    {
        if (document.Key.Kind is not (CollateralKind.TcbInfo or CollateralKind.QeIdentity or CollateralKind.QveIdentity))
        {
            return null;
        }

        using var json = JsonInput.ParseObject(document.Raw, "the document");
        var body = SignedJson.Read(json.RootElement, "the document").Body;
        return document.Key.Kind is CollateralKind.TcbInfo
            ? TcbInfo.TryParse(body, out var tcbInfo, out _) ? tcbInfo!.EvaluationDataNumber : null
            : EnclaveIdentity.TryParse(body, out var identity, out _) ? identity!.EvaluationDataNumber : null;
    }

    // The store's word for when it was fetched is not signed for. One from the future would put off every refresh, and what other
    // replicas write: it counts as fetched when it was issued, so that a newer one is looked for soon.
    private StoredCollateral WithoutFuture(StoredCollateral stored) =>
        stored.Fetched <= _time.GetUtcNow() + CollateralVerifier.ClockSkew ? stored
            : stored with { Fetched = stored.NotBefore is { } issued && issued <= _time.GetUtcNow() ? issued : default };

    private async ValueTask<CollateralOutcome> KeepAsync(StoredCollateral verified, CancellationToken cancellationToken)
    {
        _memory.TryGetValue(verified.Key, out var old);
        if (!Replaces(old, verified))
        {
            const string problem = "the answer is older than what is cached, which stays in force";
            old!.RefreshAt = _time.GetUtcNow() + _options.MinimumRefreshInterval;
            _observer?.NotVerifiable(verified.Key, verified.Source, problem);
            return new CollateralOutcome(CollateralStatus.Found, old.Collateral, problem);
        }

        var entry = Remember(verified);
        try
        {
            await _store.WriteAsync(entry.Collateral, cancellationToken).ConfigureAwait(false);
            _observer?.Stored(verified.Key, "");
            return new CollateralOutcome(CollateralStatus.Found, entry.Collateral);
        }
        catch (CollateralStoreException exception)
        {
            // It is genuine and in memory: a full disk is no reason to refuse it to whoever asks.
            Metrics.CountProblem(verified.Key, "not stored");
            _observer?.Stored(verified.Key, exception.Message);
            return new CollateralOutcome(CollateralStatus.Found, entry.Collateral, exception.Message);
        }
    }

    private CachedEntry Remember(StoredCollateral verified)
    {
        var entry = new CachedEntry(verified, RefreshTime(verified));
        if (_memory.Count >= _options.MaximumEntriesInMemory && !_memory.ContainsKey(verified.Key))
        {
            foreach (var victim in _memory.Keys.Take(Math.Max(1, _options.MaximumEntriesInMemory / 16)))
            {
                _memory.TryRemove(victim, out _);
            }
        }

        _memory[verified.Key] = entry;
        Metrics.SetEnd(verified.Key, verified.NotAfter);
        return entry;
    }

    private CollateralOutcome? Remembered(Question question) =>
        _negative.TryGetValue(question, out var known) && _time.GetUtcNow() is var now && now < known.Until
            ? known.Outcome with { RetryAfter = known.Until - now }
            : null;

    private void Remember(Question question, CollateralOutcome failure)
    {
        var length = failure.Status is CollateralStatus.NotFound or CollateralStatus.NotVerifiable
            ? _options.RememberNotFoundFor
            : failure.RetryAfter is { } asked && asked < _options.RememberFailureFor ? asked : _options.RememberFailureFor;
        if (_negative.Count >= MaximumNegative)
        {
            var now = _time.GetUtcNow();
            foreach (var (known, (_, until)) in _negative)
            {
                if (until < now || _negative.Count >= MaximumNegative)
                {
                    _negative.TryRemove(known, out _);
                }
            }
        }

        _negative[question with { Fetch = CollateralFetch.WhenMissing }] = (
            failure, _time.GetUtcNow() + (length * (0.75 + (_jitter() / 4))));
    }

    private CollateralOutcome Fallback(CachedEntry? old, CollateralOutcome failure)
    {
        if (old is null)
        {
            return failure;
        }

        var now = _time.GetUtcNow();
        if (old.IsFresh(now))
        {
            return new CollateralOutcome(CollateralStatus.Found, old.Collateral);
        }

        var problem =
            $"{old.Collateral.Key.ToLogText()} ended {old.Collateral.NotAfter:u}, and nothing newer is to be had: {failure.Problem}";
        return old.IsFresh(now - _options.ServeExpiredFor)
            ? new CollateralOutcome(CollateralStatus.Stale, old.Collateral, problem, failure.RetryAfter)
            : new CollateralOutcome(CollateralStatus.Expired, Problem: problem, RetryAfter: failure.RetryAfter);
    }
}
