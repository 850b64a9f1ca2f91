using System.Runtime.InteropServices;

namespace Casemate.Node;

/// <summary>
/// Gives memory back after something large: what an idle agent no longer needs it would otherwise keep for hours, since nothing makes it
/// collect, and the kernel takes pages of files only when it is short of them.
/// </summary>
internal static partial class SettledMemory
{
    /// <summary>
    /// How long it waits before each time. What is being sent or read when the last step is done is still in use: collected at once, it
    /// would stay. The compiler's own memory the runtime lets go of two collections later, at least 2 s after each other. Buffers that are
    /// shared in a pool it keeps until they were unused for a minute between two collections.
    /// </summary>
    private static readonly TimeSpan[] s_pauses =
    [
        TimeSpan.FromMilliseconds(500), TimeSpan.FromMilliseconds(2100), TimeSpan.FromMilliseconds(2100), TimeSpan.FromSeconds(65),
    ];

    /// <summary>Gives back what it can, each time more of it, unless it is stopped first. Never fails.</summary>
    public static async Task GiveBackAsync(TimeProvider time, CancellationToken stop)
    {
        foreach (var pause in s_pauses)
        {
            await Task.Delay(pause, time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (stop.IsCancellationRequested)
            {
                return;
            }

            MappedFiles.Release();
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();                                 // their thread is the one that gives the compiler's memory back
            _ = Trim(0);
        }
    }

    // malloc_trim(3): what the runtime's own code, and OpenSSL, have given back to the C library.
    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    private static partial int Trim(nuint keep);
}
