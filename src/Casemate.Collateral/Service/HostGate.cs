using Casemate.Collateral.Upstream;

namespace Casemate.Collateral.Service;

/// <summary>
/// Decides when a host may be asked: concurrency, a token bucket, pauses that the host asked for, and a circuit breaker that lets one
/// request through when its pause is over.
/// </summary>
internal sealed class HostGate(UpstreamLimits limits, TimeProvider time, Func<double> jitter) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _places = new(limits.Concurrency, limits.Concurrency);
    private double _tokens = limits.Burst;
    private DateTimeOffset _filled = time.GetUtcNow();
    private DateTimeOffset _pausedUntil = DateTimeOffset.MinValue;
    private int _failures;
    private int _throttled;
    private bool _trying;
    private string _failure = "";

    /// <summary>What went wrong with the newest request, where the host is left alone because of that; empty where it is its limit
    /// alone.</summary>
    public string Failure
    {
        get
        {
            lock (_lock)
            {
                return _failure;
            }
        }
    }

    /// <summary>Waits for a turn.</summary>
    /// <returns>Null when the request may go; otherwise how long to leave the host alone. After null, <see cref="Leave"/> must
    /// follow.</returns>
    public async ValueTask<TimeSpan?> EnterAsync(CancellationToken cancellationToken)
    {
        if (Reserve(out var wait) is { } busy)
        {
            return busy;
        }

        try
        {
            if (wait > TimeSpan.Zero)
            {
                await Task.Delay(wait, time, cancellationToken).ConfigureAwait(false);
            }

            await _places.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            EndTrial();
            throw;
        }

        // While this one waited, another may have learnt that the host wants to be left alone.
        TimeSpan? paused;
        lock (_lock)
        {
            paused = Paused();
        }

        if (paused is not null)
        {
            _places.Release();
            EndTrial();
        }

        return paused;
    }

    /// <summary>Gives the place back and takes note of how the request ended.</summary>
    /// <param name="answer">The answer; null when the request was abandoned.</param>
    public void Leave(UpstreamAnswer? answer)
    {
        _places.Release();
        lock (_lock)
        {
            _trying = false;
            switch (answer?.Status)
            {
                case null:
                    break;
                case UpstreamStatus.Throttled:
                    _failure = "";
                    _throttled++;
                    Pause(answer.RetryAfter ?? Doubled(limits.BreakerPause, _throttled - 1));
                    break;
                case UpstreamStatus.Unavailable or UpstreamStatus.TimedOut:
                    _failure = answer.Problem;
                    _failures++;
                    if (answer.RetryAfter is { } asked)
                    {
                        Pause(asked);
                    }
                    else if (_failures >= limits.BreakerThreshold)
                    {
                        Pause(Doubled(limits.BreakerPause, _failures - limits.BreakerThreshold));
                    }

                    break;
                default:
                    (_failures, _throttled, _failure) = (0, 0, "");
                    break;
            }
        }
    }

    public void Dispose() => _places.Dispose();

    /// <summary>Doubles a time for each failure, with jitter: between half of that and all of it, so that clients do not march in
    /// step.</summary>
    internal static TimeSpan BackOff(TimeSpan first, int failures, TimeSpan longest, double jitter)
    {
        var doubled = first * Math.Pow(2, Math.Min(failures, 20));
        return (doubled < longest ? doubled : longest) * (0.5 + (jitter / 2));
    }

    private TimeSpan Doubled(TimeSpan first, int failures) => BackOff(first, failures, limits.MaximumPause, jitter());

    private void Pause(TimeSpan length)
    {
        var end = time.GetUtcNow() + length;
        _pausedUntil = end > _pausedUntil ? end : _pausedUntil;
    }

    private TimeSpan? Paused() => time.GetUtcNow() is var now && now < _pausedUntil ? _pausedUntil - now : null;

    private TimeSpan? Reserve(out TimeSpan wait)
    {
        lock (_lock)
        {
            wait = TimeSpan.Zero;
            if (Paused() is { } paused)
            {
                return paused;
            }

            var broken = _failures >= limits.BreakerThreshold;
            if (broken && _trying)
            {
                return limits.BreakerPause;
            }

            var now = time.GetUtcNow();
            _tokens = Math.Min(limits.Burst, _tokens + ((now - _filled).TotalSeconds * limits.PerSecond));
            _filled = now;
            if (_tokens < 1)
            {
                wait = TimeSpan.FromSeconds((1 - _tokens) / limits.PerSecond);
                if (wait > limits.MaximumWait)
                {
                    return wait;
                }
            }

            _tokens--;                                                      // below zero: taken from what comes in while waiting
            _trying = broken;
            return null;
        }
    }

    private void EndTrial()
    {
        lock (_lock)
        {
            _trying = false;
        }
    }
}
