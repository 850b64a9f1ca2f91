using System.Runtime.InteropServices;

namespace Casemate.Primitives.Sockets;

/// <summary>
/// Which file a path leads to: device and inode, and what kind it is. From statx(2), whose structure is the same on every architecture.
/// </summary>
/// <param name="Device">The file system.</param>
/// <param name="Inode">The file's number in it.</param>
/// <param name="Mode">Type and permission bits, as in <c>stx_mode</c>.</param>
/// <param name="Owner">User id of the owner.</param>
/// <param name="Links">Names that the file has.</param>
internal readonly partial record struct FileIdentity(ulong Device, ulong Inode, ushort Mode, uint Owner, uint Links)
{
    private const int StatxSize = 256;
    private const int AtWorkingDirectory = -100;
    private const int NoFollow = 0x100;                                    // AT_SYMLINK_NOFOLLOW
    private const int EmptyPath = 0x1000;                                  // AT_EMPTY_PATH
    private const uint BasicStatistics = 0x7FF;
    private const int TypeMask = 0xF000;
    private const int TypeSocket = 0xC000;
    private const int TypeDirectory = 0x4000;
    private const int TypeRegular = 0x8000;

    /// <summary>Whether it is a socket.</summary>
    public bool IsSocket => (Mode & TypeMask) == TypeSocket;

    /// <summary>Whether it is a regular file or a directory: nothing that waits for somebody else, or never ends.</summary>
    public bool IsFileOrDirectory => (Mode & TypeMask) is TypeRegular or TypeDirectory;

    /// <summary>The permission bits, with set-id and sticky bit.</summary>
    public UnixFileMode Permissions => (UnixFileMode)(Mode & 0xFFF);

    /// <summary>Reads it, without following a link; null when nothing is there or it cannot be looked at.</summary>
    public static FileIdentity? TryRead(string path) => TryRead(AtWorkingDirectory, path, NoFollow);

    /// <summary>Reads it, following links; null when nothing is there or it cannot be looked at.</summary>
    public static FileIdentity? TryReadThroughLinks(string path) => TryRead(AtWorkingDirectory, path, 0);

    /// <summary>Reads that of an open file, whatever its name leads to by now; null when it cannot be looked at.</summary>
    public static FileIdentity? TryRead(int descriptor) => TryRead(descriptor, "", EmptyPath);

    /// <summary>Whether both are one file, whatever has become of its mode, its owner and its names.</summary>
    public bool IsSameFile(FileIdentity? other) =>
        other is { } file && file.Device == Device && file.Inode == Inode && file.IsSocket == IsSocket;

    private static FileIdentity? TryRead(int directory, string path, int flags)
    {
        Span<byte> status = stackalloc byte[StatxSize];
        status.Clear();
        if (Statx(directory, path, flags, BasicStatistics, status) != 0)
        {
            return null;
        }

        // stx_nlink, stx_uid, stx_mode, stx_ino, stx_dev_major and stx_dev_minor, in the byte order of the machine.
        var device = ((ulong)MemoryMarshal.Read<uint>(status[136..]) << 32) | MemoryMarshal.Read<uint>(status[140..]);
        return new FileIdentity(
            device, MemoryMarshal.Read<ulong>(status[32..]), MemoryMarshal.Read<ushort>(status[28..]),
            MemoryMarshal.Read<uint>(status[20..]), MemoryMarshal.Read<uint>(status[16..]));
    }

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Statx(int directory, string path, int flags, uint mask, Span<byte> status);
}
