using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Casemate.Oci.Layout;

/// <summary>Opens files of a directory that somebody else made: no symbolic link is followed, and a pipe does not make us wait.</summary>
internal static partial class NoFollowFile
{
    private const int ReadOnlyNoFollow = 0x80000 | 0x20000 | 0x800;       // O_CLOEXEC, O_NOFOLLOW, O_NONBLOCK
    private const int NoSuchFile = 2;
    private const int TooManyLinks = 40;

    /// <summary>Opens a file for reading.</summary>
    /// <returns>Null when there is none.</returns>
    /// <exception cref="OciException"><see cref="OciError.Storage"/>: it is a link, no regular file, or cannot be read.</exception>
    public static FileStream? TryOpen(string path)
    {
        try
        {
            if (!OperatingSystem.IsLinux())
            {
                return File.Exists(path) && new FileInfo(path).LinkTarget is null ? File.OpenRead(path) : null;
            }

            var descriptor = Open(path, ReadOnlyNoFollow);
            if (descriptor < 0)
            {
                return Marshal.GetLastPInvokeError() switch
                {
                    NoSuchFile => null,
                    TooManyLinks => throw Failed(path, "it is a symbolic link"),
                    _ => throw Failed(path, Marshal.GetLastPInvokeErrorMessage()),
                };
            }

            // A directory opens, and so does a pipe; neither has a place to read at.
            var stream = new FileStream(new SafeFileHandle(descriptor, ownsHandle: true), FileAccess.Read, bufferSize: 0);
            if (stream.CanSeek && !Directory.Exists(path))
            {
                return stream;
            }

            stream.Dispose();
            throw Failed(path, "it is not a regular file");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw Failed(path, failure.Message, failure);
        }
    }

    /// <summary>Refuses a directory that is a link to somewhere else.</summary>
    /// <exception cref="OciException"><see cref="OciError.Storage"/>: it is one.</exception>
    public static void RequireNoLink(string directory)
    {
        if (new DirectoryInfo(directory).LinkTarget is not null)
        {
            throw Failed(directory, "it is a symbolic link");
        }
    }

    private static OciException Failed(string path, string why, Exception? cause = null) =>
        new(OciError.Storage, $"'{Quoted.Of(path)}' cannot be used: {why}", cause: cause);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);
}
