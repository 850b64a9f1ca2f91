using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace Casemate.Primitives.Sockets;

/// <summary>What the kernel can do with a socket's file, and the base library does not ask it for.</summary>
internal static partial class SocketCalls
{
    private const int AtWorkingDirectory = -100;
    private const uint NoReplace = 1;                                      // RENAME_NOREPLACE, RENAME_EXCHANGE: renameat2(2)
    private const uint Exchange = 2;
    private const int PathCloseOnExec = 0x280000;                          // O_PATH | O_CLOEXEC, the same on every architecture of Linux
    private const int InvalidArgument = 22;
    private const int NoSuchCall = 38;
    private const int NotSupported = 95;

    // O_NOFOLLOW has two values: open(2) of the kernel, asm/fcntl.h.
    private static readonly int s_noFollow = RuntimeInformation.ProcessArchitecture
        is Architecture.Arm64 or Architecture.Arm or Architecture.Armv6 or Architecture.Ppc64le ? 0x8000 : 0x20000;

    /// <summary>
    /// Bounds the permission bits of the file that a socket is going to be bound to: unix(7). A kernel that does not know it gives the file
    /// what the umask leaves, until <see cref="SetMode"/>, and nobody can connect before that.
    /// </summary>
    public static void LimitMode(Socket socket, UnixFileMode mode) => _ = Fchmod(socket.SafeHandle, (uint)mode);

    /// <summary>Opens what is at a path, without following a link, only to look at it and to change its mode.</summary>
    /// <returns>A descriptor for <see cref="CloseFile"/>.</returns>
    /// <exception cref="IOException">Nothing is there, or it is a link.</exception>
    public static int OpenPath(string path)
    {
        var descriptor = Open(path, PathCloseOnExec | s_noFollow);
        return descriptor >= 0 ? descriptor : throw new IOException($"{path} vanished: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    /// <summary>Changes the mode of an open file, whatever its name leads to by now.</summary>
    /// <exception cref="IOException">It cannot be changed.</exception>
    [SupportedOSPlatform("linux")]
    public static void SetMode(int descriptor, UnixFileMode mode) => File.SetUnixFileMode($"/proc/self/fd/{descriptor}", mode);

    /// <summary>Closes what <see cref="OpenPath"/> opened.</summary>
    public static void CloseFile(int descriptor) => _ = Close(descriptor);

    /// <summary>The user as whom files are made.</summary>
    public static uint EffectiveUser() => GetEffectiveUser();

    /// <summary>Moves a file to where nothing is.</summary>
    /// <returns>False when something is there.</returns>
    /// <exception cref="IOException">It cannot be moved.</exception>
    public static bool TryMove(string from, string to)
    {
        const int exists = 17;
        var error = Rename(from, to, NoReplace);
        switch (error)
        {
            case 0:
                return true;
            case exists:
                return false;
            case InvalidArgument or NoSuchCall or NotSupported:
                File.Move(from, to, overwrite: true);                      // a file system without it: nothing was there a moment ago
                return true;
            default:
                throw new IOException(Marshal.GetPInvokeErrorMessage(error));
        }
    }

    /// <summary>Makes two files change places.</summary>
    /// <param name="from">The one.</param>
    /// <param name="to">The other.</param>
    /// <param name="isSupported">False when the file system cannot.</param>
    /// <returns>False when one of them is not there any more, or it is not supported.</returns>
    /// <exception cref="IOException">They cannot be moved.</exception>
    public static bool TryExchange(string from, string to, out bool isSupported)
    {
        const int noEntry = 2;
        var error = Rename(from, to, Exchange);
        isSupported = error is not (InvalidArgument or NoSuchCall or NotSupported);
        return error == 0 || (isSupported && error != noEntry ? throw new IOException(Marshal.GetPInvokeErrorMessage(error)) : false);
    }

    private static int Rename(string from, string to, uint flags)
    {
        try
        {
            return RenameAt(AtWorkingDirectory, from, AtWorkingDirectory, to, flags) == 0 ? 0 : Marshal.GetLastPInvokeError();
        }
        catch (EntryPointNotFoundException)
        {
            return NoSuchCall;                                             // a C library older than the call
        }
    }

    [LibraryImport("libc", EntryPoint = "fchmod")]
    private static partial int Fchmod(SafeHandle socket, uint mode);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint GetEffectiveUser();

    [LibraryImport("libc", EntryPoint = "renameat2", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int RenameAt(int fromDirectory, string from, int toDirectory, string to, uint flags);
}
