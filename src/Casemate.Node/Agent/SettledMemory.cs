namespace Casemate.Node;

/// <summary>
/// Gives memory back after something large: what an idle agent no longer needs it would otherwise keep for hours, since nothing makes it
/// collect, and the kernel takes pages of files only when it is short of them.
/// </summary>
/// <param name="giveBack">What is done each time.</param>
internal sealed class SettledMemory(Action giveBack)
{
    /// <summary>
    /// How long it waits before each time. What is being sent or read when the last step is done is still in use: collected at once, it
    /// would stay. Memory of its compiler the runtime lets go of two collections later, at least 2 s after each other. Buffers that threads
    /// share it lets go of in a collection more than a minute after they were used, so that the next one finds them.
    /// </summary>
    private static readonly TimeSpan[] s_pauses =
    [
        TimeSpan.FromMilliseconds(500), TimeSpan.FromMilliseconds(2100), TimeSpan.FromMilliseconds(2100), TimeSpan.FromSeconds(65),
        TimeSpan.FromMilliseconds(100),
    ];

    private int _latest;

    /// <summary>That of this process.</summary>
    public static SettledMemory OfThisProcess { get; } = new(GiveBack);

    /// <summary>Gives back what it can, each time more of it, until it is stopped or asked again. Never fails.</summary>
    public async Task GiveBackAsync(TimeProvider time, CancellationToken stop)
    {
        var mine = Interlocked.Increment(ref _latest);
        foreach (var pause in s_pauses)
        {
            await Task.Delay(pause, time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (stop.IsCancellationRequested || mine != Volatile.Read(ref _latest))
            {
                return;
            }

            giveBack();
        }
    }

    private static void GiveBack()
    {
        MappedFiles.Release();
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        GC.WaitForPendingFinalizers();                                     // their thread is the one that gives the compiler's memory back
        NativeHeap.Trim();
    }
}
