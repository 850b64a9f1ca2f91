using System.Runtime.InteropServices;

namespace Casemate.Cli.Node;

/// <summary>The heap of the C library, which the runtime's own code allocates from.</summary>
internal static partial class NativeHeap
{
    private const int ArenaMaximum = -8;                                   // M_ARENA_MAX, mallopt(3)

    /// <summary>
    /// Lets all threads that begin from now on share one arena. For a process whose threads hardly ever allocate at the same time: an
    /// arena for each would cost it some 15 KiB a thread.
    /// </summary>
    public static void ShareOneArena() => _ = SetOption(ArenaMaximum, 1);

    [LibraryImport("libc", EntryPoint = "mallopt")]
    private static partial int SetOption(int option, int value);
}
