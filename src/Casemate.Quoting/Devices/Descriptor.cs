using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Casemate.Quoting.Devices;

/// <summary>File descriptors where the framework has no call for what is needed, with the kernel's own error numbers.</summary>
internal static partial class Descriptor
{
    private const int OpenCloseOnExec = 0x80000;                           // O_CLOEXEC
    private const int WorkingDirectory = -100;                             // AT_FDCWD

    /// <summary>A second descriptor for the same open file, closed on exec.</summary>
    public static SafeFileHandle Duplicate(int descriptor)
    {
        const int duplicateCloseOnExec = 1030;                             // F_DUPFD_CLOEXEC
        var copy = Control(descriptor, duplicateCloseOnExec, 3);
        return copy >= 0 ? new SafeFileHandle(copy, ownsHandle: true) : throw new Win32Exception(Marshal.GetLastPInvokeError());
    }

    /// <summary>Makes <paramref name="target"/> a descriptor for the open file of <paramref name="source"/>.</summary>
    public static void Replace(int source, int target)
    {
        if (Duplicate2(source, target) < 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        }
    }

    /// <summary>Ends the process at once: no exit handler runs, neither ours nor that of a library that may hang in it.</summary>
    public static void EndProcess(int status) => Exit(status);

    /// <summary>Opens a file that is there.</summary>
    /// <returns>0, or the error number.</returns>
    public static int Open(string path, DescriptorAccess access, out SafeFileHandle handle)
    {
        var descriptor = OpenAt(WorkingDirectory, path, (int)access | OpenCloseOnExec, 0);
        handle = new SafeFileHandle(descriptor, ownsHandle: descriptor >= 0);
        return descriptor >= 0 ? 0 : Marshal.GetLastPInvokeError();
    }

    /// <summary>Reads once.</summary>
    /// <returns>The number of bytes, or the negative error number.</returns>
    public static int Read(SafeFileHandle handle, Span<byte> destination)
    {
        var count = ReadBytes(handle, destination, (nuint)destination.Length);
        return count >= 0 ? (int)count : -Marshal.GetLastPInvokeError();
    }

    /// <summary>Writes once.</summary>
    /// <returns>The number of bytes, or the negative error number.</returns>
    public static int Write(SafeFileHandle handle, ReadOnlySpan<byte> source)
    {
        var count = WriteBytes(handle, source, (nuint)source.Length);
        return count >= 0 ? (int)count : -Marshal.GetLastPInvokeError();
    }

    /// <summary>Makes a directory that only this user can enter.</summary>
    /// <returns>0, or the error number.</returns>
    public static int MakeDirectory(string path)
    {
        const int onlyOwner = 0x1C0;                                       // 0700
        return MakeDirectoryAt(WorkingDirectory, path, onlyOwner) == 0 ? 0 : Marshal.GetLastPInvokeError();
    }

    /// <summary>Removes a directory.</summary>
    /// <returns>0, or the error number.</returns>
    public static int RemoveDirectory(string path)
    {
        const int removeDirectory = 0x200;                                 // AT_REMOVEDIR
        return UnlinkAt(WorkingDirectory, path, removeDirectory) == 0 ? 0 : Marshal.GetLastPInvokeError();
    }

    /// <summary>
    /// Takes the whole file for this open file alone, without waiting; gone when the descriptor is closed, by a crash, too.
    /// </summary>
    /// <returns>0, or the error number; EAGAIN when somebody else has it.</returns>
    public static int TryLock(SafeFileHandle handle)
    {
        const int exclusiveWithoutWaiting = 2 | 4;                         // LOCK_EX | LOCK_NB
        return Lock(handle, exclusiveWithoutWaiting) == 0 ? 0 : Marshal.GetLastPInvokeError();
    }

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int Control(int descriptor, int command, int argument);

    [LibraryImport("libc", EntryPoint = "dup2", SetLastError = true)]
    private static partial int Duplicate2(int source, int target);

    [LibraryImport("libc", EntryPoint = "_exit")]
    private static partial void Exit(int status);

    [LibraryImport("libc", EntryPoint = "openat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenAt(int directory, string path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    private static partial nint ReadBytes(SafeFileHandle handle, Span<byte> destination, nuint count);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static partial nint WriteBytes(SafeFileHandle handle, ReadOnlySpan<byte> source, nuint count);

    [LibraryImport("libc", EntryPoint = "mkdirat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int MakeDirectoryAt(int directory, string path, int mode);

    [LibraryImport("libc", EntryPoint = "unlinkat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int UnlinkAt(int directory, string path, int flags);

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    private static partial int Lock(SafeFileHandle handle, int operation);
}
