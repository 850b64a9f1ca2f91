using System.Runtime.InteropServices;

namespace Casemate.Node;

/// <summary>
/// The heap of the C library, which the runtime's own code and OpenSSL allocate from. Does nothing with another library than glibc, which has
/// ways of its own.
/// </summary>
internal static partial class NativeHeap
{
    private const int ArenaMaximum = -8;                                   // M_ARENA_MAX, mallopt(3)

    /// <summary>
    /// Makes no further arena for threads that begin from now on: they share what is there. For a process whose threads hardly ever allocate
    /// at the same time, and which has many.
    /// </summary>
    public static void ShareArenas() => IfThere(() => SetOption(ArenaMaximum, 1));

    /// <summary>Gives what nobody uses back to the kernel: malloc_trim(3).</summary>
    public static void Trim() => IfThere(() => Trim(0));

    private static void IfThere(Func<int> call)
    {
        try
        {
            _ = call();
        }
        catch (EntryPointNotFoundException)
        {
            return;
        }
    }

    [LibraryImport("libc", EntryPoint = "mallopt")]
    private static partial int SetOption(int option, int value);

    [LibraryImport("libc", EntryPoint = "malloc_trim")]
    private static partial int Trim(nuint keep);
}
