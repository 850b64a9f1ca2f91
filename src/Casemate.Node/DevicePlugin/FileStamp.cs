using System.Runtime.InteropServices;

namespace Casemate.Node.DevicePlugin;

/// <summary>
/// Tells a file from another that took its path later, and says when a path leads nowhere. From statx(2): the inode alone may be used
/// again at once, so the time of birth and that of the last change of content count as well.
/// </summary>
internal readonly partial record struct FileStamp(ulong Inode, long Born, uint BornNs, long Changed, uint ChangedNs)
{
    private const int StatxSize = 256;
    private const int AtWorkingDirectory = -100;
    private const int NoFollow = 0x100;
    private const uint BasicStatisticsAndBirth = 0xFFF;

    /// <summary>Looks at a path without following a link; null when nothing is there.</summary>
    public static FileStamp? TryRead(string path)
    {
        Span<byte> status = stackalloc byte[StatxSize];
        status.Clear();
        if (Statx(AtWorkingDirectory, path, NoFollow, BasicStatisticsAndBirth, status) != 0)
        {
            return null;
        }

        // stx_ino, stx_btime and stx_mtime, in the byte order of the machine.
        return new FileStamp(
            MemoryMarshal.Read<ulong>(status[32..]),
            MemoryMarshal.Read<long>(status[80..]), MemoryMarshal.Read<uint>(status[88..]),
            MemoryMarshal.Read<long>(status[112..]), MemoryMarshal.Read<uint>(status[120..]));
    }

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Statx(int directory, string path, int flags, uint mask, Span<byte> status);
}
