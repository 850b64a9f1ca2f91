using System.Runtime.InteropServices;

namespace Casemate.Rpc.Server;

/// <summary>Which file a path leads to: device and inode. From statx(2), whose structure is the same on every architecture.</summary>
internal readonly partial record struct FileIdentity(ulong Device, ulong Inode, bool IsSocket)
{
    private const int StatxSize = 256;
    private const int AtWorkingDirectory = -100;
    private const int NoFollow = 0x100;
    private const uint BasicStatistics = 0x7FF;
    private const int TypeMask = 0xF000;
    private const int TypeSocket = 0xC000;

    /// <summary>Reads it, without following a link; null when nothing is there or it cannot be looked at.</summary>
    public static FileIdentity? TryRead(string path)
    {
        Span<byte> status = stackalloc byte[StatxSize];
        status.Clear();
        if (Statx(AtWorkingDirectory, path, NoFollow, BasicStatistics, status) != 0)
        {
            return null;
        }

        // stx_mode, stx_ino, stx_dev_major and stx_dev_minor, in the byte order of the machine.
        var mode = MemoryMarshal.Read<ushort>(status[28..]);
        var device = ((ulong)MemoryMarshal.Read<uint>(status[136..]) << 32) | MemoryMarshal.Read<uint>(status[140..]);
        return new FileIdentity(device, MemoryMarshal.Read<ulong>(status[32..]), (mode & TypeMask) == TypeSocket);
    }

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Statx(int directory, string path, int flags, uint mask, Span<byte> status);
}
