namespace Casemate.Node;

/// <summary>
/// Gives memory back once, after something large: what an idle agent no longer needs it would otherwise keep for hours, since nothing
/// makes it collect, and the kernel takes pages of files only when it is short of them.
/// </summary>
internal static class SettledMemory
{
    // What is being sent or read when the last step is done is still in use: collected at once, it would stay.
    private static readonly TimeSpan s_settling = TimeSpan.FromMilliseconds(500);

    /// <summary>Waits a moment and gives back what it can, unless it is stopped first. Never fails.</summary>
    public static async Task GiveBackAsync(TimeProvider time, CancellationToken stop)
    {
        await Task.Delay(s_settling, time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!stop.IsCancellationRequested)
        {
            MappedFiles.Release();
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        }
    }
}
