using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Casemate.Primitives.Files;

/// <summary>Writes files so that a crash at any moment leaves either the old content or the new one, never a part.</summary>
/// <remarks>
/// Temporary file in the same directory, content flushed to disk, rename, directory flushed. A temporary file left by a crash
/// is named <c>.tmp-*</c>: readers skip it, and <see cref="RemoveLeftovers"/> deletes it.
/// </remarks>
public static partial class AtomicFile
{
    private const string TemporaryPrefix = ".tmp-";

    /// <summary>Replaces or creates <paramref name="path"/>.</summary>
    /// <param name="path">The file; its directory must exist.</param>
    /// <param name="content">The whole new content.</param>
    /// <param name="mode">Permission bits of the file on Unix. Default: owner may read and write.</param>
    /// <exception cref="IOException">Disk full, no permission and the like; the old content is untouched.</exception>
    public static void Write(
        string path, ReadOnlySpan<byte> content, UnixFileMode mode = UnixFileMode.UserRead | UnixFileMode.UserWrite)
    {
        _ = Publish(path, content, mode, overwrite: true);
    }

    /// <summary>Creates <paramref name="path"/> unless it is there already: of several processes that try, exactly one succeeds.</summary>
    /// <param name="path">The file; its directory must exist.</param>
    /// <param name="content">The whole content.</param>
    /// <param name="mode">Permission bits of the file on Unix. Default: owner may read and write.</param>
    /// <returns>False when a file was there; it is untouched.</returns>
    /// <exception cref="IOException">Disk full, no permission and the like; no file was created.</exception>
    public static bool TryCreate(
        string path, ReadOnlySpan<byte> content, UnixFileMode mode = UnixFileMode.UserRead | UnixFileMode.UserWrite) =>
        Publish(path, content, mode, overwrite: false);

    private static bool Publish(string path, ReadOnlySpan<byte> content, UnixFileMode mode, bool overwrite)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var directory = Path.GetDirectoryName(Path.GetFullPath(path))!;
        var temporary = Path.Combine(directory, TemporaryPrefix + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8)));
        try
        {
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 0 };
            if (!OperatingSystem.IsWindows())
            {
                options.UnixCreateMode = mode;
            }

            using (var stream = new FileStream(temporary, options))
            {
                stream.Write(content);
                stream.Flush(flushToDisk: true);
            }

            if (overwrite)
            {
                File.Move(temporary, path, overwrite: true);
            }
            else if (!TryMove(temporary, path))
            {
                File.Delete(temporary);
                return false;
            }
        }
        catch (IOException) when (!overwrite && File.Exists(path))
        {
            File.Delete(temporary);
            return false;
        }
        catch (Exception exception)
        {
            if (File.Exists(temporary))
            {
                File.Delete(temporary);
            }

            // Which name was tried in between is nobody's business: the message speaks of the file that was asked for.
            var message = exception.Message.Replace(temporary, path, StringComparison.Ordinal);
            switch (exception)
            {
                case DirectoryNotFoundException:
                    throw new DirectoryNotFoundException($"The directory '{directory}' does not exist.", exception);
                case UnauthorizedAccessException:
                    throw new UnauthorizedAccessException(message, exception);
                case ArgumentOutOfRangeException:
                    // So the base library reports that a file may not grow that far (EFBIG).
                    throw new IOException(
                        $"The file '{path}' would be larger than its file system or a limit of this process (ulimit -f) allows.", exception);
                case IOException:
                    throw new IOException(message, exception);
                default:
                    throw;
            }
        }

        FlushDirectory(directory);
        return true;
    }

    // The base library's move looks whether the name is free, and then renames: of two that look at once both succeed, and the second
    // takes the first one's file away. The kernel's link looks and names in one step.
    private static bool TryMove(string temporary, string path)
    {
        const int taken = 17;               // EEXIST, of Linux and of macOS
        if (!OperatingSystem.IsWindows())
        {
            if (Link(temporary, path) == 0)
            {
                File.Delete(temporary);
                return true;
            }

            if (Marshal.GetLastPInvokeError() == taken)
            {
                return false;
            }
        }

        // A file system without hard links, or a failure that the base library puts into words.
        File.Move(temporary, path, overwrite: false);
        return true;
    }

    /// <summary>Deletes a file so that a crash cannot bring it back.</summary>
    /// <param name="path">The file; its directory must exist.</param>
    /// <returns>False when there was none.</returns>
    /// <exception cref="IOException">No permission and the like; the file is still there.</exception>
    public static bool Delete(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (!File.Exists(path))
        {
            return false;
        }

        File.Delete(path);
        FlushDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        return true;
    }

    /// <summary>True for the name of a temporary file that an interrupted <see cref="Write"/> may leave behind.</summary>
    public static bool IsLeftover(string fileName) => Path.GetFileName(fileName).StartsWith(TemporaryPrefix, StringComparison.Ordinal);

    /// <summary>Deletes what interrupted writes left in <paramref name="directory"/> (not in its subdirectories).</summary>
    public static void RemoveLeftovers(string directory)
    {
        foreach (var file in Directory.EnumerateFiles(directory, TemporaryPrefix + "*"))
        {
            File.Delete(file);
        }
    }

    /// <summary>Makes the renames and removals in a directory outlive a crash, for callers that move files themselves.</summary>
    /// <param name="directory">The directory.</param>
    /// <exception cref="IOException">It cannot be opened or flushed.</exception>
    public static void FlushDirectory(string directory)
    {
        // A rename is durable only once the directory entry is on disk. The base library refuses to open a directory, hence the
        // three calls into libc; Windows has no such step.
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        const int readOnlyCloseOnExec = 0x80000;
        var descriptor = Open(directory, readOnlyCloseOnExec);
        if (descriptor < 0)
        {
            throw new IOException($"Cannot open directory '{directory}' to flush it: {Marshal.GetLastPInvokeErrorMessage()}");
        }

        var failed = Fsync(descriptor) != 0 ? Marshal.GetLastPInvokeErrorMessage() : null;
        _ = Close(descriptor);
        if (failed is not null)
        {
            throw new IOException($"Cannot flush directory '{directory}': {failed}");
        }
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "link", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Link(string existing, string added);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Fsync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int descriptor);
}
