using System.Runtime.InteropServices;

namespace Casemate.Cli.Node;

/// <summary>The heap of the C library, which the runtime's own code allocates from.</summary>
internal static partial class NativeHeap
{
    private const int ArenaMaximum = -8;                                   // M_ARENA_MAX, mallopt(3)

    /// <summary>
    /// Makes no further arena for threads that begin from now on: they share what is there. For a process whose threads hardly ever allocate
    /// at the same time, and which has many.
    /// </summary>
    public static void ShareArenas()
    {
        try
        {
            _ = SetOption(ArenaMaximum, 1);
        }
        catch (EntryPointNotFoundException)
        {
            return;                                            // another C library has its own way
        }
    }

    [LibraryImport("libc", EntryPoint = "mallopt")]
    private static partial int SetOption(int option, int value);
}
