using System.Runtime.InteropServices;

namespace Casemate.Node.Discovery;

/// <summary>The files of this machine, or of one whose trees are mounted elsewhere.</summary>
/// <param name="roots">Where they are mounted.</param>
public sealed partial class HostSystemFiles(NodeRoots roots) : ISystemFiles
{
    private const int NoSuchEntry = 2;      // ENOENT
    private const int StatxSize = 256;
    private const int AtWorkingDirectory = -100;
    private const uint FileType = 1;        // STATX_TYPE
    private const int TypeMask = 0xF000;
    private const int TypeDirectory = 0x4000;
    private const int TypeRegular = 0x8000;

    /// <inheritdoc/>
    public SystemFile Read(string path, int limit)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(limit);
        try
        {
            // Most of what a machine could have, it has not: an exception for each of those is a good part of a whole look at it.
            var location = roots.Locate(path);
            if (Refusal(location) is { } refusal)
            {
                return refusal;
            }

            // The kernel's files claim any length, and some only yield their content to one read after the other.
            using var file = new FileStream(location, new FileStreamOptions { BufferSize = 0, Share = FileShare.ReadWrite });
            var buffer = new byte[limit + 1];
            var count = file.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
            return new SystemFile(SystemFileState.Read, buffer.AsMemory(0, Math.Min(count, limit)), count > limit, "");
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return SystemFile.Absent;
        }
        catch (UnauthorizedAccessException)
        {
            return new SystemFile(SystemFileState.Unreadable, default, false, "permission denied");
        }
        catch (IOException e)
        {
            return new SystemFile(SystemFileState.Unreadable, default, false, $"input/output error {e.HResult & 0xFFFF}");
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> List(string path)
    {
        try
        {
            var names = Directory.EnumerateFileSystemEntries(roots.Locate(path)).Select(entry => Path.GetFileName(entry)).ToList();
            names.Sort(StringComparer.Ordinal);
            return names;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <inheritdoc/>
    public bool HasDirectory(string path) => Directory.Exists(roots.Locate(path));

    // What is there to be read; null when it can be tried. Nobody may ever write into a pipe, and a device need not end: who opens one waits.
    private static SystemFile? Refusal(string location)
    {
        Span<byte> status = stackalloc byte[StatxSize];
        status.Clear();
        if (Statx(AtWorkingDirectory, location, 0, FileType, status) != 0)
        {
            return Marshal.GetLastPInvokeError() == NoSuchEntry ? SystemFile.Absent : null;
        }

        // stx_mode, in the byte order of the machine.
        return (MemoryMarshal.Read<ushort>(status[28..]) & TypeMask) switch
        {
            TypeRegular => null,
            TypeDirectory => new SystemFile(SystemFileState.Unreadable, default, false, "it is a directory"),
            _ => new SystemFile(SystemFileState.Unreadable, default, false, "it is a pipe, a device or a socket"),
        };
    }

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Statx(int directory, string path, int flags, uint mask, Span<byte> status);
}
