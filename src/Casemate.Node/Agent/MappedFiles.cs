using System.Globalization;
using System.Runtime.InteropServices;

namespace Casemate.Node;

/// <summary>
/// The files that this process has mapped: its own program, and libraries. Most of the pages that a start touches are never used again, and
/// yet count as resident, with those that the kernel maps around each.
/// </summary>
internal static partial class MappedFiles
{
    private const int DontNeed = 4;                                        // MADV_DONTNEED

    /// <summary>
    /// Takes pages of mapped files out of this process. Those that are used come back from the kernel's cache, which keeps them all.
    /// Only where the file alone says what the page holds: in mappings that cannot be written to, and of which this process has
    /// no page of its own. Does nothing where the kernel does not tell. Source: madvise(2), proc_pid_smaps(5).
    /// </summary>
    /// <returns>Bytes that were resident of what was taken out.</returns>
    public static long Release()
    {
        var released = 0L;
        try
        {
            foreach (var mapping in Read(File.ReadLines("/proc/self/smaps")).Where(mapping => mapping.IsOfFileAlone).ToList())
            {
                released += Advise((nint)mapping.Start, (nuint)(mapping.End - mapping.Start), DontNeed) == 0 ? mapping.Resident : 0;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return released;                                               // without /proc the kernel takes them when it is short of memory
        }

        return released;
    }

    /// <summary>Reads what the kernel says of each mapping; lines that are none of these are passed over.</summary>
    public static IEnumerable<Mapping> Read(IEnumerable<string> lines)
    {
        Mapping? current = null;
        foreach (var line in lines)
        {
            if (Mapping.TryRead(line) is { } next)
            {
                if (current is { } done)
                {
                    yield return done;
                }

                current = next;
            }
            else if (current is { } mapping)
            {
                current = mapping.With(line);
            }
        }

        if (current is { } last)
        {
            yield return last;
        }
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(nint address, nuint length, int advice);

    /// <summary>One mapping.</summary>
    /// <param name="Start">Its first byte.</param>
    /// <param name="End">The byte after its last.</param>
    /// <param name="Rights">Such as <c>r-xp</c>: what may be done, and whether the pages are private or shared.</param>
    /// <param name="Path">The file; empty when there is none.</param>
    /// <param name="Resident">Bytes in memory.</param>
    /// <param name="Own">Bytes, in memory or swapped out, that are this process's own and no longer the file's.</param>
    internal readonly record struct Mapping(ulong Start, ulong End, string Rights, string Path, long Resident, long Own)
    {
        /// <summary>Whether its pages can be had again from the file, all of them.</summary>
        public bool IsOfFileAlone =>
            Rights is "r--s" or "r-xp" && Own == 0 && Resident > 0 && Path.StartsWith('/')
            && !Path.StartsWith("/memfd:", StringComparison.Ordinal) && !Path.StartsWith("/dev/", StringComparison.Ordinal);

        /// <summary>Reads the line that begins a mapping; null when it is another.</summary>
        public static Mapping? TryRead(string line)
        {
            var words = line.Split(' ', 6, StringSplitOptions.RemoveEmptyEntries);
            return words.Length >= 5 && words[0].IndexOf('-', StringComparison.Ordinal) is > 0 and var dash
                && ulong.TryParse(words[0].AsSpan(0, dash), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var start)
                && ulong.TryParse(words[0].AsSpan(dash + 1), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var end)
                ? new Mapping(start, end, words[1], words.Length > 5 ? words[5] : "", 0, 0)
                : null;
        }

        /// <summary>Takes what one of its further lines says.</summary>
        public Mapping With(string line) => line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [var name, var amount, "kB"]
            && long.TryParse(amount, NumberStyles.None, CultureInfo.InvariantCulture, out var kibibytes)
            ? name switch
            {
                "Rss:" => this with { Resident = kibibytes * 1024 },
                "Anonymous:" or "Swap:" => this with { Own = Own + (kibibytes * 1024) },
                _ => this,
            }
            : this;
    }
}
