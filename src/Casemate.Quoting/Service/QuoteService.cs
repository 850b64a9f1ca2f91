using Casemate.Quoting.Service.Audit;
using Casemate.Quoting.Service.Queue;

namespace Casemate.Quoting.Service;

/// <summary>
/// The one door to quotes of a back end: every pod gets its turn however many requests another one has waiting, no client is left to
/// time out, every quote is recorded, and everything is counted.
/// </summary>
/// <remarks>
/// Order of what a request meets: the rate limit, the allow list, the queue, the limit of quotes, the back end, the record. A back end
/// must not block the thread that calls it for longer than a signature takes; one that hangs costs its place until it comes back, so
/// that never more calls are under way than <see cref="IQuoteProvider.MaximumConcurrency"/>. Disposing stops the service and leaves the
/// back end, audit and metrics to their owners.
/// </remarks>
/// <example>
/// <code>
/// await using var service = new QuoteService(provider, new QuoteServiceOptions(), TimeProvider.System, audit, metrics, events);
/// service.Start();
/// </code>
/// </example>
public sealed partial class QuoteService : IQuoteService, IAsyncDisposable
{
    /// <summary>Refusals by the allow list that are recorded of one pod in a minute, with bursts of as many.</summary>
    public const int RecordedRefusalsPerMinute = 60;

    private const string UnknownPeers = "";

    private readonly IQuoteProvider _provider;
    private readonly QuoteServiceOptions _options;
    private readonly TimeProvider _time;
    private readonly IQuoteAudit _audit;
    private readonly QuoteMetrics _metrics;
    private readonly bool _ownsMetrics;
    private readonly IQuoteServiceEvents _events;
    private readonly FairQueue _queue;
    private readonly RateLimit? _requestRate;
    private readonly RateLimit? _quoteRate;
    private readonly RateLimit _recordedRefusals;
    private readonly CancellationTokenSource _stopping = new();
    private int _hung;

    /// <summary>Makes a service that has no key yet: call <see cref="Start"/>.</summary>
    /// <param name="provider">The back end.</param>
    /// <param name="options">Limits.</param>
    /// <param name="time">The clock.</param>
    /// <param name="audit">Keeps the records; null: nobody does.</param>
    /// <param name="metrics">Counts; null: nobody looks.</param>
    /// <param name="events">Is told what happens; null: nobody is.</param>
    /// <exception cref="ArgumentException">An option cannot be used; the message names all that cannot.</exception>
    public QuoteService(
        IQuoteProvider provider, QuoteServiceOptions options, TimeProvider time,
        IQuoteAudit? audit = null, QuoteMetrics? metrics = null, IQuoteServiceEvents? events = null)
    {
        ArgumentNullException.ThrowIfNull(provider);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        if (options.Problems().ToList() is { Count: > 0 } problems)
        {
            throw new ArgumentException(string.Join(" ", problems), nameof(options));
        }

        (_provider, _options, _time) = (provider, options, time);
        _audit = audit ?? NoAudit.Instance;
        _ownsMetrics = metrics is null;
        _metrics = metrics ?? new QuoteMetrics();
        _events = events ?? NoServiceEvents.Instance;
        _queue = new FairQueue(Places, options.MaximumQueuedPerPod, options.MaximumQueued, time);
        _requestRate = options.RequestsPerSecond is { } requests ? new RateLimit(2 * requests, requests, time) : null;
        _quoteRate = options.QuotesPerMinute is { } quotes ? new RateLimit(quotes, quotes / 60.0, time) : null;
        _recordedRefusals = new RateLimit(RecordedRefusalsPerMinute, RecordedRefusalsPerMinute / 60.0, time);
        _metrics.Observe(() => _queue.Waiting, () => IsReady, () => KeyAge?.TotalSeconds, () => CertificateExpiry);
    }

    /// <inheritdoc/>
    public AttestationKeyId KeyId => _provider.KeyId;

    /// <inheritdoc/>
    public bool QuotesEnclaves => _provider is not NoEnclaveProvider;

    /// <summary>Quote requests that wait for their turn.</summary>
    public int QueueDepth => _queue.Waiting;

    private int Places => Math.Max(1, _provider.MaximumConcurrency);

    /// <inheritdoc/>
    public ValueTask<QuoteOutcome> QuoteAsync(
        Peer peer, QuoteRequest request, TimeSpan? clientTimeout, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(peer);
        return ServeAsync(new QuoteWork(_provider, request, MakeQuoteAsync), peer, clientTimeout, cancellationToken);
    }

    /// <summary>
    /// Makes evidence of this node when it is the peer's turn: the same queue, limits, allow list and records as for quotes of enclaves.
    /// </summary>
    /// <param name="peer">Who asks.</param>
    /// <param name="source">Makes the evidence.</param>
    /// <param name="reportData">Exactly 64 bytes, placed in the evidence unchanged.</param>
    /// <param name="clientTimeout">How long the client waits from now on; null: for ever.</param>
    /// <param name="cancellationToken">The client went away, or the server stops.</param>
    /// <returns>The evidence as <see cref="QuoteAnswer.Quote"/>, or why there is none.</returns>
    /// <exception cref="ArgumentException"><paramref name="reportData"/> has another size.</exception>
    public ValueTask<QuoteOutcome> MakeEvidenceAsync(
        Peer peer, NodeEvidenceSource source, ReadOnlyMemory<byte> reportData, TimeSpan? clientTimeout, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(peer);
        ArgumentNullException.ThrowIfNull(source);
        if (reportData.Length != NodeEvidenceSource.ReportDataSize)
        {
            throw new ArgumentException(
                $"Report data has {NodeEvidenceSource.ReportDataSize} bytes, not {reportData.Length}.", nameof(reportData));
        }

        return ServeAsync(new EvidenceWork(source, reportData.ToArray()), peer, clientTimeout, cancellationToken);
    }

    private async ValueTask<QuoteOutcome> ServeAsync(
        ServiceWork work, Peer peer, TimeSpan? clientTimeout, CancellationToken cancellationToken)
    {
        var clock = new RequestClock(_time, _options, clientTimeout);
        var lane = LaneOf(peer);
        if (peer.Identification is PeerIdentification.Unknown)
        {
            _metrics.CountUnidentified();
        }

        // Neither is recorded: a pod that floods must not push others' records out of the log. The counters have them.
        if (_stopping.IsCancellationRequested)
        {
            return Refuse(peer, QuoteRefusal.Stopping, AesmError.ServiceStopped);
        }

        if (_requestRate?.TryTake(lane) == false)
        {
            return Refuse(peer, QuoteRefusal.RequestRate, AesmError.Busy);
        }

        if (_options.AllowList?.Admits(peer) == false)
        {
            var refused = Refuse(peer, QuoteRefusal.NotAdmitted, AesmError.ServiceUnavailable);
            if (_recordedRefusals.TryTake(lane))
            {
                await RecordAsync(peer, work, refused.Error, QuoteRefusal.NotAdmitted, null, cancellationToken).ConfigureAwait(false);
            }

            return refused;
        }

        if (_quoteRate?.TryTake(lane) == false)
        {
            return Refuse(peer, QuoteRefusal.QuoteRate, AesmError.Busy);
        }

        var turn = await _queue.EnterAsync(lane, WeightOf(peer), clock.QueueTime, cancellationToken).ConfigureAwait(false);
        var waited = clock.Elapsed;
        _metrics.RecordWait(waited);
        return turn switch
        {
            QueueTurn.Granted => await WorkAsync(peer, work, clock, waited, cancellationToken).ConfigureAwait(false),
            QueueTurn.LaneFull => Refuse(peer, QuoteRefusal.PodQueueFull, AesmError.Busy),
            QueueTurn.Full => Refuse(peer, QuoteRefusal.QueueFull, AesmError.Busy),
            QueueTurn.TimedOut => Refuse(peer, QuoteRefusal.WaitTooLong, AesmError.Busy),
            QueueTurn.Cancelled => Refuse(peer, QuoteRefusal.Cancelled, AesmError.ServiceStopped),
            QueueTurn.Closed => Refuse(peer, QuoteRefusal.Stopping, AesmError.ServiceStopped),
            _ => throw new InvalidOperationException($"A turn in the queue ended with {turn}."),
        };
    }

    private async ValueTask<QuoteOutcome> WorkAsync(
        Peer peer, ServiceWork work, RequestClock clock, TimeSpan waited, CancellationToken cancellationToken)
    {
        // The back end may go on after its caller has been answered and has taken its memory back.
        var own = work.WithOwnMemory();
        var call = new CancellationTokenSource();
        var making = MakeAsync(own, call.Token);
        try
        {
            var answer = await making.WaitAsync(clock.AnswerTime, _time, cancellationToken).ConfigureAwait(false);
            var worked = clock.Elapsed - waited;
            _metrics.RecordDuration(own.Tee, worked, AesmError.Success);
            if (own is QuoteWork)
            {
                NoteCertificates(answer);
            }

            var recorded = await RecordAsync(peer, own, AesmError.Success, null, null, cancellationToken).ConfigureAwait(false);
            if (!recorded && _options.RequireAudit)
            {
                return Refuse(peer, QuoteRefusal.NotRecorded, AesmError.ServiceUnavailable);
            }

            _events.Quoted(peer, waited, worked, answer.Quote.Length);
            return QuoteOutcome.Made(answer);
        }
        catch (Exception e) when (e is (TimeoutException or OperationCanceledException) && !IsOutcomeOf(making, e))
        {
            return await AbandonAsync(peer, own, clock, waited, making, call, e is TimeoutException).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            var failure = AsFailure(e);
            _metrics.RecordDuration(own.Tee, clock.Elapsed - waited, failure.Code);
            _events.Failed(peer, failure);
            await RecordAsync(peer, own, failure.Code, null, failure.DcapCode, cancellationToken).ConfigureAwait(false);
            return QuoteOutcome.Failed(failure.Code);
        }
        finally
        {
            if (making.IsCompleted)
            {
                call.Dispose();
            }
        }
    }

    // Holds its place until the back end has come back, also when nobody waits for it any more.
    private async Task<QuoteAnswer> MakeAsync(ServiceWork work, CancellationToken cancellationToken)
    {
        try
        {
            return await work.MakeAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _queue.Leave();
        }
    }

    private async ValueTask<QuoteAnswer> MakeQuoteAsync(QuoteRequest request, CancellationToken cancellationToken)
    {
        var generation = Volatile.Read(ref _generation);
        try
        {
            return await _provider.QuoteAsync(request, cancellationToken).ConfigureAwait(false);
        }
        catch (QuoteProviderException e) when (e.Code is AesmError.AttestationKeyNotInitialised or AesmError.EnclaveLost)
        {
            // The key is gone: made anew, once, whoever finds it first. An enclave that was lost is loaded anew with its key.
            await InitialiseOnceAsync(refresh: e.Code is AesmError.AttestationKeyNotInitialised, generation)
                .WaitAsync(cancellationToken).ConfigureAwait(false);
            return await _provider.QuoteAsync(request, cancellationToken).ConfigureAwait(false);
        }
    }

    private async ValueTask<QuoteOutcome> AbandonAsync(
        Peer peer, ServiceWork work, RequestClock clock, TimeSpan waited, Task<QuoteAnswer> making, CancellationTokenSource call,
        bool late)
    {
        await call.CancelAsync().ConfigureAwait(false);
        _ = WatchAsync(making, call, _options.BackendTimeout - (clock.Elapsed - waited));
        var refused = late
            ? Refuse(peer, QuoteRefusal.BackendTooSlow, AesmError.BackendBusy)
            : Refuse(peer, QuoteRefusal.Cancelled, AesmError.ServiceStopped);
        _metrics.RecordDuration(work.Tee, clock.Elapsed - waited, refused.Error);
        await RecordAsync(
            peer, work, refused.Error, late ? QuoteRefusal.BackendTooSlow : QuoteRefusal.Cancelled, null, CancellationToken.None)
            .ConfigureAwait(false);
        return refused;
    }

    // A short timeout of a client says nothing about the back end: it hangs only after its own time.
    private async Task WatchAsync(Task<QuoteAnswer> making, CancellationTokenSource call, TimeSpan rest)
    {
        Exception? failure = null;
        var hung = false;
        try
        {
            try
            {
                await making.WaitAsync(rest > TimeSpan.Zero ? rest : TimeSpan.Zero, _time).ConfigureAwait(false);
            }
            catch (TimeoutException) when (!making.IsCompleted)
            {
                hung = true;
                _events.BackendHung(_provider.Name, Interlocked.Increment(ref _hung));
                TellReadiness();
                await making.ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            return;                                                        // it heeded the cancellation, as it should
        }
        catch (Exception e)
        {
            failure = e;
        }
        finally
        {
            call.Dispose();
            if (hung)
            {
                Interlocked.Decrement(ref _hung);
                TellReadiness();
            }
        }

        _events.LateAnswer(_provider.Name, failure);
    }

    private async ValueTask<bool> RecordAsync(
        Peer peer, ServiceWork work, AesmError error, QuoteRefusal? refusal, uint? dcapCode, CancellationToken cancellationToken)
    {
        var record = work.Record(_time.GetUtcNow(), peer, error) with
        {
            Refusal = refusal,
            DcapCode = dcapCode,
        };
        try
        {
            await _audit.RecordAsync(record, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (Exception e) when (e is not OperationCanceledException || cancellationToken.IsCancellationRequested)
        {
            _metrics.CountUnrecorded();
            _events.NotRecorded(peer, e, _options.RequireAudit);
            return false;
        }
    }

    private QuoteOutcome Refuse(Peer peer, QuoteRefusal refusal, AesmError error)
    {
        _metrics.CountRefusal(refusal, peer);
        _events.Refused(peer, refusal, error);
        return QuoteOutcome.Failed(error);
    }

    // The same exceptions come from waiting and from a back end that throws them by itself.
    private static bool IsOutcomeOf(Task making, Exception exception) =>
        making.IsCanceled || (making.IsFaulted && ReferenceEquals(making.Exception.InnerException, exception));

    private static QuoteProviderException AsFailure(Exception exception) => exception as QuoteProviderException
        ?? new QuoteProviderException(
            exception is EvidenceProviderException { IsTransient: true } ? AesmError.BackendBusy : AesmError.Unexpected,
            exception is EvidenceProviderException ? exception.Message : $"the back end failed: {exception.Message}", cause: exception);

    private static string LaneOf(Peer peer) => peer switch
    {
        { PodUid: { } uid } => uid,
        { Namespace: { } name, PodName: { } pod } => $"{name}/{pod}",
        { Identification: PeerIdentification.Allocation } => peer.Endpoint,
        _ => UnknownPeers,
    };

    private int WeightOf(Peer peer) =>
        peer.Namespace is { } name && _options.WeightByNamespace.TryGetValue(name, out var weight) ? weight : 1;
}
