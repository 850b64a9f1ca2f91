namespace Casemate.Kubernetes;

/// <summary>
/// Chooses one of several programs by a Lease (coordination/v1). Whether the holder is alive is judged by this program's own clock since
/// it saw the Lease change, never by the times that stand in it: clocks of other machines may be wrong by any amount. A change is made
/// only to the version that was read, so of two that try at once one is refused.
/// </summary>
/// <remarks>
/// It keeps two from leading at once as long as the work stops within <see cref="LeaderElectorOptions.LeaseDuration"/> less
/// <see cref="LeaderElectorOptions.RenewDeadline"/> after its token is cancelled. Work that cannot stop in time needs a fence of its own,
/// such as the resource version of what it writes.
/// </remarks>
public sealed class LeaderElector
{
    private readonly KubeClient _client;
    private readonly string _namespace;
    private readonly string _name;
    private readonly string _identity;
    private readonly LeaderElectorOptions _options;
    private LeaseSight? _seen;
    private volatile bool _isLeader;
    private volatile string? _leader;
    private volatile string? _problem;
    private int _rounds;

    /// <summary>Makes one; nothing is asked yet.</summary>
    /// <param name="client">Whom to ask; stays the caller's. Its clock is this one's too.</param>
    /// <param name="namespaceName">The Lease's namespace.</param>
    /// <param name="name">Its name; it is made when there is none.</param>
    /// <param name="identity">
    /// Who this program is, such as its pod's name: no two that run at once may have the same, and one that starts again under the same
    /// identity goes on leading.
    /// </param>
    /// <param name="options">The times; null: defaults.</param>
    /// <exception cref="ArgumentException">A time does not fit the others.</exception>
    public LeaderElector(KubeClient client, string namespaceName, string name, string identity, LeaderElectorOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentException.ThrowIfNullOrEmpty(identity);
        KubeResource.Leases.PathOf(namespaceName, name);
        (_client, _namespace, _name, _identity) = (client, namespaceName, name, identity);
        _options = options ?? LeaderElectorOptions.Default;
        _options.Check();
    }

    /// <summary>Whether this program leads now.</summary>
    public bool IsLeader => _isLeader;

    /// <summary>Who leads, as last seen; null when nobody does, or nothing was seen yet.</summary>
    public string? Leader => _leader;

    /// <summary>What stands in the way of having or renewing the Lease; null while all is well.</summary>
    public string? Problem => _problem;

    /// <summary>How often it has begun to wait; the wait's timer is there by then.</summary>
    internal int Rounds => Volatile.Read(ref _rounds);

    private string Shown => $"{_namespace}/{_name}";

    /// <summary>
    /// Waits until this program leads and runs the work; when the lead is lost, stops the work and tries again. The Lease is given back
    /// when the work ends or this is cancelled, so that the next one need not wait for its end.
    /// </summary>
    /// <param name="lead">
    /// The work. Its token is cancelled when the lead is lost or this is cancelled, and no new round begins before it has ended.
    /// </param>
    /// <param name="cancellationToken">Stops the work and gives the Lease back.</param>
    /// <exception cref="OperationCanceledException">It was cancelled; the work has ended.</exception>
    public async Task RunAsync(Func<CancellationToken, Task> lead, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(lead);
        while (true)
        {
            var sent = await AcquireAsync(cancellationToken).ConfigureAwait(false);
            if (await LeadAsync(lead, sent, cancellationToken).ConfigureAwait(false))
            {
                return;
            }
        }
    }

    private async Task<long> AcquireAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var sent = _client.Time.GetTimestamp();
            if (await TryAsync(_options.RenewDeadline, cancellationToken).ConfigureAwait(false) is LeaseOutcome.Held)
            {
                return sent;
            }

            await WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<bool> LeadAsync(Func<CancellationToken, Task> lead, long sent, CancellationToken cancellationToken)
    {
        // Fires by itself while a request hangs: the lead ends by the clock, not by an answer.
        using var lost = new CancellationTokenSource(Left(sent), _client.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, lost.Token);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(lost.Token);
        _isLeader = true;
        using var mark = lost.Token.UnsafeRegister(static elector => ((LeaderElector)elector!)._isLeader = false, this);
        KubeLog.Leads(_client.Options.Logger, _identity, Shown);
        var work = Task.Run(() => lead(either.Token), CancellationToken.None);
        var renewal = RenewAsync(lost, over.Token);
        try
        {
            await work.ConfigureAwait(false);
            return !lost.IsCancellationRequested && !cancellationToken.IsCancellationRequested;
        }
        catch (OperationCanceledException) when (either.IsCancellationRequested)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return false;
        }
        finally
        {
            // Renewed until the work has ended, so that nobody begins while it winds down.
            await over.CancelAsync().ConfigureAwait(false);
            await renewal.ConfigureAwait(false);
            var stillHeld = !lost.IsCancellationRequested;
            _isLeader = false;
            if (stillHeld)
            {
                await GiveBackAsync().ConfigureAwait(false);
            }
        }
    }

    private async Task RenewAsync(CancellationTokenSource lost, CancellationToken over)
    {
        try
        {
            while (true)
            {
                await WaitAsync(over).ConfigureAwait(false);
                var sent = _client.Time.GetTimestamp();
                var outcome = await TryAsync(_options.RenewDeadline, over).ConfigureAwait(false);
                if (outcome is LeaseOutcome.Held)
                {
                    lost.CancelAfter(Left(sent));
                }
                else if (outcome is LeaseOutcome.OfAnother)
                {
                    KubeLog.LeadsNoMore(_client.Options.Logger, _identity, Shown, $"{_leader ?? "nobody"} holds it");
                    await lost.CancelAsync().ConfigureAwait(false);
                    return;
                }
            }
        }
        catch (OperationCanceledException)
        {
            if (lost.IsCancellationRequested)
            {
                KubeLog.LeadsNoMore(_client.Options.Logger, _identity, Shown, _problem ?? "it was not renewed in time");
            }
        }
    }

    // What is left of the deadline, counted from before the request: others have seen the renewal no earlier than that.
    private TimeSpan Left(long sent)
    {
        var left = _options.RenewDeadline - _client.Time.GetElapsedTime(sent);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    private async Task<LeaseOutcome> TryAsync(TimeSpan limit, CancellationToken cancellationToken)
    {
        using var end = new CancellationTokenSource(limit, _client.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, end.Token);
        string problem;
        try
        {
            var outcome = await StepAsync(either.Token).ConfigureAwait(false);
            _problem = null;
            return outcome;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            problem = $"no answer within {limit.TotalSeconds:0.###} s";
        }
        catch (Exception exception) when (exception is KubeException or KubeConfigurationException)
        {
            problem = exception.Message;
        }

        // What was read is no basis any more: the write may or may not have been done.
        _seen = _seen is null ? null : _seen with { Object = null };
        if (_problem != problem)
        {
            KubeLog.LeaseTrouble(_client.Options.Logger, Shown, problem);
            _problem = problem;
        }

        return LeaseOutcome.Unclear;
    }

    // One round: what stands there, and a write to just that version.
    private async Task<LeaseOutcome> StepAsync(CancellationToken cancellationToken)
    {
        // A leader knows the version it wrote and need not read it again.
        var lease = _isLeader ? _seen?.Object : null;
        for (var attempt = 0; ; attempt++)
        {
            lease ??= await _client.TryGetAsync(KubeResource.Leases, _namespace, _name, cancellationToken).ConfigureAwait(false);
            try
            {
                if (lease is null)
                {
                    See(await _client.CreateAsync(KubeResource.Leases, _namespace, LeaseBody.New(_name, _identity, _options, Now), cancellationToken)
                        .ConfigureAwait(false));
                    return LeaseOutcome.Held;
                }

                var sight = See(lease);
                if (!sight.MayBeTakenBy(_identity, _client.Time, _options.LeaseDuration))
                {
                    return LeaseOutcome.OfAnother;
                }

                See(await _client.ReplaceAsync(
                    KubeResource.Leases, _namespace, _name, LeaseBody.Taken(lease, _identity, _options, Now), cancellationToken)
                    .ConfigureAwait(false));
                return LeaseOutcome.Held;
            }
            catch (KubeException exception) when (
                (exception.IsConflict || exception.IsAlreadyExists || exception.IsNotFound) && attempt < 2)
            {
                lease = null;                                               // somebody was faster, or it is gone: look again
            }
        }
    }

    private LeaseSight See(KubeObject lease)
    {
        var sight = LeaseSight.Of(lease, _client.Time.GetTimestamp());
        _seen = _seen is { } before && before.IsSameAs(sight) ? sight with { Since = before.Since } : sight;
        if (_leader != sight.Holder)
        {
            _leader = sight.Holder;
            KubeLog.HeldBy(_client.Options.Logger, Shown, StatusAnswer.Clean(sight.Holder ?? "nobody"));
        }

        return _seen;
    }

    private async Task GiveBackAsync()
    {
        using var limit = new CancellationTokenSource(_options.RenewDeadline, _client.Time);
        var lease = _seen?.Object;
        for (var attempt = 0; attempt < 2; attempt++, lease = null)
        {
            try
            {
                lease ??= await _client.TryGetAsync(KubeResource.Leases, _namespace, _name, limit.Token).ConfigureAwait(false);
                if (lease is null || LeaseSight.Of(lease, 0).Holder != _identity)
                {
                    return;
                }

                See(await _client.ReplaceAsync(
                    KubeResource.Leases, _namespace, _name, LeaseBody.GivenBack(lease, Now), limit.Token).ConfigureAwait(false));
                KubeLog.GaveBack(_client.Options.Logger, _identity, Shown);
                return;
            }
            catch (KubeException exception) when (exception.IsConflict && attempt == 0)
            {
                // A renewal that was cut off had been done after all: once more, with what stands there.
            }
            catch (Exception exception) when (exception is KubeException or KubeConfigurationException or OperationCanceledException)
            {
                // It ends by itself; others wait for that.
                KubeLog.LeaseTrouble(_client.Options.Logger, Shown, exception.Message);
                return;
            }
        }
    }

    private DateTimeOffset Now => _client.Time.GetUtcNow();

    private async Task WaitAsync(CancellationToken cancellationToken)
    {
        var wait = Task.Delay(
            _options.RetryPeriod * (1 + (Math.Clamp(_options.Jitter(), 0, 1) / 5)), _client.Time, cancellationToken);
        if (!wait.IsCompleted)
        {
            Interlocked.Increment(ref _rounds);
        }

        await wait.ConfigureAwait(false);
    }
}
