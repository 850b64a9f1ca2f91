using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Casemate.Node;

/// <summary>
/// Keeps parts of the agent running. One that ends with an exception is logged, stands in what is missing, and begins again after a wait
/// that grows; the others go on meanwhile. It counts as working again when it has run for a while.
/// </summary>
/// <param name="logger">Where failures are told: each once, however often the same one comes back.</param>
/// <param name="time">The clock.</param>
/// <param name="changed">Told when a part began to fail, or works again; null: nobody.</param>
internal sealed class Upkeep(ILogger logger, TimeProvider time, Action? changed = null)
{
    /// <summary>The wait after the first failure; it doubles.</summary>
    public static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);

    /// <summary>The longest wait.</summary>
    public static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    /// <summary>How long a part has to run after a failure until it counts as working again.</summary>
    public static readonly TimeSpan Proof = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<string, string> _failing = new(StringComparer.Ordinal);

    /// <summary>The parts that fail at present, a phrase each.</summary>
    public IEnumerable<string> Missing() => _failing.OrderBy(entry => entry.Key, StringComparer.Ordinal)
        .Select(entry => $"{entry.Key} failed and begins again ({entry.Value.TrimEnd('.')})");

    /// <summary>Runs a part until it has nothing to do any more or is stopped.</summary>
    /// <param name="part">Its name, as the log and the readiness have it; one at a time has it.</param>
    /// <param name="run">Runs it once; must end when its token fires.</param>
    /// <param name="stop">Ends it, in a wait as well as in a run.</param>
    /// <returns>A task that never fails.</returns>
    public Task KeepAsync(string part, Func<CancellationToken, Task> run, CancellationToken stop) =>
        Task.Run(() => RunAsync(part, run, stop), CancellationToken.None);

    private async Task RunAsync(string part, Func<CancellationToken, Task> run, CancellationToken stop)
    {
        var pause = FirstPause;
        while (!stop.IsCancellationRequested)
        {
            var failing = _failing.ContainsKey(part);
            var running = OnceAsync(run, stop);
            if (failing && !running.IsCompleted && await HasProvenAsync(running, stop).ConfigureAwait(false))
            {
                pause = FirstPause;
                NodeLog.PartWorks(logger, part);
                Forget(part);
            }

            if (await running.ConfigureAwait(false) is not { } exception)
            {
                break;
            }

            Note(part, exception);
            await Task.Delay(pause, time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }

        Forget(part);
    }

    /// <returns>What the part ended with; null when it has nothing to do any more, or was stopped.</returns>
    private static async Task<Exception?> OnceAsync(Func<CancellationToken, Task> run, CancellationToken stop)
    {
        try
        {
            await run(stop).ConfigureAwait(false);
            return null;
        }
        catch (Exception exception)
        {
            // The edge of a part: whatever it is, the others go on. While it is being stopped, it is the stop.
            return stop.IsCancellationRequested ? null : exception;
        }
    }

    private async Task<bool> HasProvenAsync(Task running, CancellationToken stop)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var proof = Task.Delay(Proof, time, over.Token);
        var first = await Task.WhenAny(running, proof).ConfigureAwait(false);
        await over.CancelAsync().ConfigureAwait(false);
        return first == proof && !stop.IsCancellationRequested;
    }

    private void Note(string part, Exception exception)
    {
        var same = _failing.TryGetValue(part, out var before) && before == exception.Message;
        _failing[part] = exception.Message;
        if (!same)
        {
            NodeLog.PartFailed(logger, part, exception);
            changed?.Invoke();
        }
    }

    private void Forget(string part)
    {
        if (_failing.TryRemove(part, out _))
        {
            changed?.Invoke();
        }
    }
}
