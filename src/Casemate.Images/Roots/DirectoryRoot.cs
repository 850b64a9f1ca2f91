using System.Runtime.InteropServices;
using Casemate.Oci;

namespace Casemate.Images.Roots;

/// <summary>A directory of this machine as a root; <c>/</c> is the machine itself.</summary>
public sealed partial class DirectoryRoot : IRootFileSystem
{
    private const int StatxSize = 256;
    private const int AtWorkingDirectory = -100;
    private const int NoFollow = 0x100;                                    // AT_SYMLINK_NOFOLLOW
    private const uint BasicStatistics = 0x7FF;

    private readonly string _directory;

    /// <summary>Makes the root.</summary>
    /// <param name="directory">A directory that exists; a link to one is followed here, once.</param>
    /// <exception cref="OciException"><see cref="OciError.Storage"/>: it is none.</exception>
    public DirectoryRoot(string directory)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        if (!Directory.Exists(directory))
        {
            throw new OciException(OciError.Storage, $"{directory} is not a directory", "Name the directory that holds the root file system.");
        }

        _directory = Path.GetFullPath(directory).TrimEnd('/');
    }

    /// <inheritdoc/>
    public RootEntry? Look(string path)
    {
        var name = Full(path);
        Span<byte> status = stackalloc byte[StatxSize];
        status.Clear();
        // The root itself may be given by a link; below it nothing is followed.
        if (Statx(AtWorkingDirectory, name, path == "/" ? 0 : NoFollow, BasicStatistics, status) != 0)
        {
            return null;
        }

        // stx_mode, stx_ino, stx_size, stx_dev_major and stx_dev_minor, in the byte order of the machine.
        var mode = MemoryMarshal.Read<ushort>(status[28..]);
        var kind = (mode & 0xF000) switch
        {
            0x8000 => RootEntryKind.File,
            0x4000 => RootEntryKind.Directory,
            0xA000 => RootEntryKind.Link,
            _ => RootEntryKind.Other,
        };
        var identity = string.Create(
            null, $"{MemoryMarshal.Read<uint>(status[136..])}:{MemoryMarshal.Read<uint>(status[140..])}:{MemoryMarshal.Read<ulong>(status[32..])}");
        return new RootEntry(
            kind, kind is RootEntryKind.File ? MemoryMarshal.Read<long>(status[40..]) : 0, (UnixFileMode)(mode & 0xFFF),
            kind is RootEntryKind.Link ? Access(name, () => new FileInfo(name).LinkTarget) : null, identity);
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> List(string path) => Access(Full(path), () =>
    {
        var directory = new DirectoryInfo(Full(path));
        if (!directory.Exists)
        {
            return (IReadOnlyList<string>)[];
        }

        // Every entry, hidden ones too; and a directory that may not be read is an error, not an empty one.
        var all = new EnumerationOptions { AttributesToSkip = FileAttributes.None, IgnoreInaccessible = false };
        var names = directory.EnumerateFileSystemInfos("*", all).Select(entry => entry.Name).ToList();
        names.Sort(StringComparer.Ordinal);
        return names;
    });

    /// <inheritdoc/>
    public Stream Open(string path) => Access(Full(path), () => new FileStream(Full(path), new FileStreamOptions
    {
        Mode = FileMode.Open,
        Access = FileAccess.Read,
        Share = FileShare.ReadWrite | FileShare.Delete,
        BufferSize = 0,
    }));

    private string Full(string path) => path == "/" ? _directory + "/" : _directory + path;

    private static T Access<T>(string name, Func<T> access)
    {
        try
        {
            return access();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new OciException(OciError.Storage, $"{name} cannot be read: {e.Message}", cause: e);
        }
    }

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Statx(int directory, string path, int flags, uint mask, Span<byte> status);
}
