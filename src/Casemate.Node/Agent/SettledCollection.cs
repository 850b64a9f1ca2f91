namespace Casemate.Node;

/// <summary>
/// Gives memory back once, after something large: what an idle agent no longer needs it would otherwise keep for hours, since nothing
/// makes it collect.
/// </summary>
internal static class SettledCollection
{
    // What is being sent or read when the last step is done is still in use: collected at once, it would stay.
    private static readonly TimeSpan s_settling = TimeSpan.FromMilliseconds(500);

    /// <summary>Waits a moment and collects, unless it is stopped first. Never fails.</summary>
    public static async Task RunAsync(TimeProvider time, CancellationToken stop)
    {
        await Task.Delay(s_settling, time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!stop.IsCancellationRequested)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        }
    }
}
