using System.Runtime.InteropServices;

namespace Casemate.Primitives.Files;

/// <summary>
/// A lock between processes on one machine, held through an open file and given back by the kernel when the process ends, however
/// it ends. Advisory: it binds only those who ask. Source: flock(2).
/// </summary>
/// <remarks>
/// The base library's sharing modes use the same call but never wait, and fail if a lock is held for a moment only. Off Linux the
/// lock is the base library's, and a user is never told to be alone.
/// </remarks>
public sealed partial class FileLock : IDisposable
{
    private const int Shared = 1;
    private const int Exclusive = 2;
    private const int NonBlocking = 4;
    private const int Unlock = 8;

    private readonly FileStream? _portable;
    private int _descriptor;

    private FileLock(int descriptor, FileStream? portable) => (_descriptor, _portable) = (descriptor, portable);

    /// <summary>Takes the lock for one holder alone.</summary>
    /// <param name="path">The lock file; made, empty and readable by its owner alone, if it is not there. Never deleted.</param>
    /// <returns>The lock; null when another holder has it.</returns>
    /// <exception cref="IOException">The file cannot be made or opened.</exception>
    public static FileLock? TryAcquire(string path)
    {
        CreateIfMissing(path);
        if (!OperatingSystem.IsLinux())
        {
            try
            {
                return new FileLock(-1, new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None));
            }
            catch (IOException)
            {
                return null;
            }
        }

        var descriptor = OpenFile(path);
        if (Flock(descriptor, Exclusive | NonBlocking) == 0)
        {
            return new FileLock(descriptor, null);
        }

        _ = Close(descriptor);
        return null;
    }

    /// <summary>Joins the users of something, waiting for the moment that one of them spends alone.</summary>
    /// <param name="path">The lock file; made, empty and readable by its owner alone, if it is not there. Never deleted.</param>
    /// <param name="alone">
    /// True when nobody else uses it: the caller may tidy up, and lets others in with <see cref="LetOthersIn"/>.
    /// </param>
    /// <exception cref="IOException">The file cannot be made or opened.</exception>
    public static FileLock Join(string path, out bool alone)
    {
        CreateIfMissing(path);
        if (!OperatingSystem.IsLinux())
        {
            alone = false;
            return new FileLock(-1, new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite));
        }

        var descriptor = OpenFile(path);
        alone = Flock(descriptor, Exclusive | NonBlocking) == 0;
        if (!alone)
        {
            Lock(path, descriptor, Shared);
        }

        return new FileLock(descriptor, null);
    }

    /// <summary>Ends the time alone: from now on others may join.</summary>
    public void LetOthersIn()
    {
        if (_descriptor > 0)
        {
            Lock("lock file", _descriptor, Shared);
        }
    }

    /// <summary>Asks for a time alone, without waiting.</summary>
    /// <returns>False when there are other users; the lock stays shared with them.</returns>
    public bool TryBecomeAlone()
    {
        if (_descriptor <= 0 || Flock(_descriptor, Exclusive | NonBlocking) == 0)
        {
            return _descriptor > 0;
        }

        Lock("lock file", _descriptor, Shared);                            // a failed conversion may have given the shared lock up
        return false;
    }

    /// <summary>Gives the lock back.</summary>
    public void Dispose()
    {
        _portable?.Dispose();
        if (Interlocked.Exchange(ref _descriptor, -1) is > 0 and var descriptor)
        {
            // Closing alone is not enough: a process that is being started at this moment holds a copy of the descriptor, and with it the lock.
            _ = Flock(descriptor, Unlock);
            _ = Close(descriptor);
        }
    }

    // Not through a temporary file: whoever is alone in a directory may be removing those at this moment.
    private static void CreateIfMissing(string path)
    {
        if (File.Exists(path))
        {
            return;
        }

        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.ReadWrite };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        try
        {
            using var created = new FileStream(path, options);
        }
        catch (IOException) when (File.Exists(path))
        {
            // Another process made it first, and may even hold the lock by now.
        }
    }

    private static int OpenFile(string path)
    {
        const int readWriteCloseOnExec = 0x80002;
        var descriptor = Open(path, readWriteCloseOnExec);
        return descriptor > 0
            ? descriptor
            : throw new IOException($"Cannot open lock file '{path}': {Marshal.GetLastPInvokeErrorMessage()}");
    }

    private static void Lock(string path, int descriptor, int operation)
    {
        const int interrupted = 4;
        while (Flock(descriptor, operation) != 0)
        {
            if (Marshal.GetLastPInvokeError() != interrupted)
            {
                throw new IOException($"Cannot lock '{path}': {Marshal.GetLastPInvokeErrorMessage()}");
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    private static partial int Flock(int descriptor, int operation);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int descriptor);
}
