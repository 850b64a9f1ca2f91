namespace Casemate.Cli.Serve;

/// <summary>
/// Ends a service that does not end by itself. Each waits for its peers only so long; should one hang all the same, it ends with an error
/// while the kubelet, which kills after 30 s, still waits.
/// </summary>
internal static class StopLimit
{
    /// <summary>How long starting and stopping may take from the signal on.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(25);

    /// <summary>For what waits for the signal: goes on elsewhere, since the thread that brings it has others to tell.</summary>
    public const ConfigureAwaitOptions AfterTheSignal = ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ForceYielding;

    /// <summary>Waits for a run, at most so long after the signal.</summary>
    /// <param name="run">The run, from its start to its end.</param>
    /// <param name="stopping">Cancelled by the signal.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="CliException">It did not end (exit code 70).</exception>
    public static async Task KeepAsync(Task run, CancellationToken stopping, TimeProvider time)
    {
        using var over = new CancellationTokenSource();
        if (await Task.WhenAny(run, WaitAsync(stopping, time, over.Token)) != run)
        {
            throw new CliException(
                ExitCode.InternalError, $"the service did not stop within {Limit.TotalSeconds:0} s of the signal",
                "It ended as a crash would have ended it, and finds its state again. Please report this, with the last lines of its log.");
        }

        await over.CancelAsync();
        await run;
    }

    private static async Task WaitAsync(CancellationToken stopping, TimeProvider time, CancellationToken over)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stopping, over);
        await Task.Delay(Timeout.InfiniteTimeSpan, time, either.Token).ConfigureAwait(AfterTheSignal);
        await Task.Delay(Limit, time, over).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
