using System.Security.Cryptography;

namespace Casemate.Quoting.Service;

/// <content>The attestation key: making it, being ready, stopping.</content>
public sealed partial class QuoteService
{
    private static readonly TimeSpan s_askedAgainAfter = TimeSpan.FromSeconds(5);

    private readonly Lock _keyLock = new();
    private readonly Lock _readinessLock = new();
    private QuotingTarget? _target;
    private Task<QuotingTarget>? _initialising;
    private QuoteProviderException? _lastFailure;
    private long _lastFailureAt;
    private long _keyMadeAt;
    private long _generation;
    private long _certificatesOf = -1;
    private object? _certificateExpiry;
    private Task? _starting;
    private Task? _stopped;
    private bool _toldReady;
    private bool _evidenceMade;

    /// <summary>Raised when <see cref="IsReady"/> changes, with its new value; one call at a time, and handlers must not block.</summary>
    public event Action<bool>? ReadinessChanged;

    /// <inheritdoc/>
    public QuotingTarget? Target => Volatile.Read(ref _target);

    /// <summary>
    /// True when quotes can be made: the key is made and certified, a place of the back end does not hang, no stop is under way. On a
    /// machine without SGX: evidence of the machine itself was made once, and the same for the rest.
    /// </summary>
    public bool IsReady => (QuotesEnclaves ? Target is not null : Volatile.Read(ref _evidenceMade))
        && Volatile.Read(ref _hung) < Places && !_stopping.IsCancellationRequested;

    /// <summary>Time since this process had the key made and certified; null until then.</summary>
    public TimeSpan? KeyAge => Target is null ? null : _time.GetElapsedTime(Volatile.Read(ref _keyMadeAt));

    /// <summary>When the first certificate in the chain of the last key's quotes ends; null before the first quote with a chain.</summary>
    public DateTimeOffset? CertificateExpiry => (DateTimeOffset?)Volatile.Read(ref _certificateExpiry);

    /// <summary>
    /// Begins to make and certify the key, or the first evidence where there is no SGX, again and again until that succeeds. Returns at
    /// once; call it once.
    /// </summary>
    public void Start() => _starting ??= StartAsync();

    /// <inheritdoc/>
    public async ValueTask<InitialisationOutcome> InitialiseAsync(Peer peer, TimeSpan? clientTimeout, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(peer);
        if (Target is { } cached)
        {
            return new InitialisationOutcome(AesmError.Success, cached);
        }

        if (!QuotesEnclaves)
        {
            return new InitialisationOutcome(AesmError.NoDevice, null);
        }

        if (_stopping.IsCancellationRequested)
        {
            return new InitialisationOutcome(Refuse(peer, QuoteRefusal.Stopping, AesmError.ServiceStopped).Error, null);
        }

        if (_options.AllowList?.Admits(peer) == false)
        {
            return new InitialisationOutcome(Refuse(peer, QuoteRefusal.NotAdmitted, AesmError.ServiceUnavailable).Error, null);
        }

        try
        {
            var target = await InitialiseForClient().WaitAsync(
                new RequestClock(_time, _options, clientTimeout).AnswerTime, _time, cancellationToken).ConfigureAwait(false);
            return new InitialisationOutcome(AesmError.Success, target);
        }
        catch (TimeoutException)
        {
            return new InitialisationOutcome(Refuse(peer, QuoteRefusal.BackendTooSlow, AesmError.BackendBusy).Error, null);
        }
        catch (OperationCanceledException)
        {
            return new InitialisationOutcome(Refuse(peer, QuoteRefusal.Cancelled, AesmError.ServiceStopped).Error, null);
        }
        catch (QuoteProviderException e)
        {
            _events.Failed(peer, e);
            return new InitialisationOutcome(e.Code, null);
        }
    }

    /// <summary>
    /// Stops: new requests get <see cref="AesmError.ServiceStopped"/>, requests that wait have
    /// <see cref="QuoteServiceOptions.DrainTimeout"/>.
    /// </summary>
    public Task StopAsync()
    {
        lock (_keyLock)
        {
            return _stopped ??= StopOnceAsync();
        }
    }

    /// <summary>Stops the service.</summary>
    public async ValueTask DisposeAsync()
    {
        await StopAsync().ConfigureAwait(false);
        if (_ownsMetrics)
        {
            _metrics.Dispose();
        }
    }

    private async Task StopOnceAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        TellReadiness();
        var emptied = _queue.Close();
        try
        {
            await emptied.WaitAsync(_options.DrainTimeout, _time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            _queue.DismissAll();
        }

        if (_starting is { } starting)
        {
            await starting.ConfigureAwait(false);
        }
    }

    private async Task StartAsync()
    {
        var pause = _options.FirstBackOff;
        while (!_stopping.IsCancellationRequested)
        {
            try
            {
                await (_provider is NoEnclaveProvider guest ? TryEvidenceAsync(guest.Evidence)
                    : InitialiseOnceAsync(refresh: false, generation: 0)).WaitAsync(_stopping.Token).ConfigureAwait(false);
                return;
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (QuoteProviderException e)
            {
                // Up to a quarter less, so that a cluster's nodes do not ask the provisioning service in step.
                var next = pause * ((100 - RandomNumberGenerator.GetInt32(26)) / 100.0);
                if (QuotesEnclaves)
                {
                    _events.InitialisationFailed(_provider.Name, e, next);
                }
                else
                {
                    _events.EvidenceUnavailable(_provider.Name, e, next);
                }

                pause = pause * 2 < _options.MaximumBackOff ? pause * 2 : _options.MaximumBackOff;
                try
                {
                    await Task.Delay(next, _time, _stopping.Token).ConfigureAwait(false);
                }
                catch (OperationCanceledException)
                {
                    return;
                }
            }
        }
    }

    // Over zeros, and shown to nobody: whether the way to the hardware, and for a TD to its host's quoting service, is there at all.
    private async Task TryEvidenceAsync(NodeEvidenceSource source)
    {
        var started = _time.GetTimestamp();
        try
        {
            await source.Make(new byte[NodeEvidenceSource.ReportDataSize], _stopping.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OperationCanceledException || !_stopping.IsCancellationRequested)
        {
            throw AsFailure(e);
        }

        Volatile.Write(ref _evidenceMade, true);
        _events.EvidenceAvailable(_provider.Name, _time.GetElapsedTime(started));
        TellReadiness();
    }

    // Clients do not hurry a back end that has just failed: they get the same answer for a while.
    private Task<QuotingTarget> InitialiseForClient()
    {
        lock (_keyLock)
        {
            if (_initialising is not { IsCompleted: false } && _lastFailure is { } failure
                && _time.GetElapsedTime(_lastFailureAt) < s_askedAgainAfter)
            {
                return Task.FromException<QuotingTarget>(failure);
            }
        }

        return InitialiseOnceAsync(refresh: false, generation: 0);
    }

    // One at a time; who comes meanwhile gets the same, and who comes late (the generation has moved on) gets what was made.
    private Task<QuotingTarget> InitialiseOnceAsync(bool refresh, long generation)
    {
        lock (_keyLock)
        {
            if (_initialising is { IsCompleted: false } underWay)
            {
                return underWay;
            }

            if (_target is { } made && _generation > generation)
            {
                return Task.FromResult(made);
            }

            return _initialising = Task.Run(() => InitialiseNowAsync(refresh));
        }
    }

    private async Task<QuotingTarget> InitialiseNowAsync(bool refresh)
    {
        var started = _time.GetTimestamp();
        try
        {
            var target = await _provider.InitialiseAsync(refresh, CancellationToken.None).ConfigureAwait(false);
            lock (_keyLock)
            {
                Volatile.Write(ref _keyMadeAt, _time.GetTimestamp());
                Volatile.Write(ref _target, target);
                Interlocked.Increment(ref _generation);
                _lastFailure = null;
            }

            _metrics.CountInitialisation(AesmError.Success);
            _events.Initialised(_provider.Name, _time.GetElapsedTime(started));
            TellReadiness();
            return target;
        }
        catch (Exception e)
        {
            var failure = AsFailure(e);
            _metrics.CountInitialisation(failure.Code);
            lock (_keyLock)
            {
                (_lastFailure, _lastFailureAt) = (failure, _time.GetTimestamp());
            }

            throw failure;
        }
    }

    private void TellReadiness()
    {
        lock (_readinessLock)
        {
            var ready = IsReady;
            if (ready != _toldReady)
            {
                _toldReady = ready;
                _events.ReadinessChanged(ready);
                ReadinessChanged?.Invoke(ready);
            }
        }
    }

    // Once for each key: every quote of a key has the same chain.
    private void NoteCertificates(QuoteAnswer answer)
    {
        var generation = Volatile.Read(ref _generation);
        if (Interlocked.Exchange(ref _certificatesOf, generation) != generation)
        {
            Volatile.Write(ref _certificateExpiry, QuoteCertificates.EarliestEnd(answer.Quote.Span));
        }
    }
}
