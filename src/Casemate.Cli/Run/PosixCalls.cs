using System.Runtime.InteropServices;

namespace Casemate.Cli.Run;

/// <summary>The calls of the C library that the base library does not offer: sending a signal, asking who owns the
/// terminal and what kind of file a path leads to.</summary>
internal static partial class PosixCalls
{
    private const int ReadOnlyCloseOnExecNoControl = 0x80000 | 0x100;       // O_RDONLY | O_CLOEXEC | O_NOCTTY on Linux

    /// <summary>Sends a signal. A process that is gone already is no error.</summary>
    public static void Send(int process, int signal) => _ = Kill(process, signal);

    /// <summary>
    /// True when this process belongs to the terminal's foreground group: then the terminal's own signals (Ctrl-C, Ctrl-\) reach
    /// every process of the group, our children included, without our doing.
    /// </summary>
    public static bool IsInTerminalForeground()
    {
        var terminal = Open("/dev/tty", ReadOnlyCloseOnExecNoControl);
        if (terminal < 0)
        {
            return false;                                      // No controlling terminal.
        }

        var foreground = GetForegroundGroup(terminal);
        _ = Close(terminal);
        return foreground >= 0 && foreground == GetProcessGroup(0);
    }

    /// <summary>True when the path leads, through symbolic links, to a regular file: not to a directory, pipe, socket or device.</summary>
    public static bool IsRegularFile(string path)
    {
        const int currentDirectory = -100;
        const uint typeOnly = 1;
        const int typeMask = 0xF000;
        const int regular = 0x8000;

        // struct statx has 256 bytes on every architecture; stx_mode is the 16-bit field at 28.
        Span<byte> status = stackalloc byte[256];
        return Statx(currentDirectory, path, 0, typeOnly, status) == 0
            && (BitConverter.ToUInt16(status[28..]) & typeMask) == regular;
    }

    /// <summary>Whose this process is: its effective user.</summary>
    public static uint User => EffectiveUser();

    /// <summary>Whose the file is that a path leads to, and how many names it has.</summary>
    /// <exception cref="IOException">It cannot be looked at.</exception>
    public static (uint Links, uint User, uint Group) OwnershipOf(string path)
    {
        const int currentDirectory = -100;
        const uint basic = 0x7FF;
        Span<byte> status = stackalloc byte[256];                          // stx_nlink at 16, stx_uid at 20, stx_gid at 24
        return Statx(currentDirectory, path, 0, basic, status) == 0
            ? (BitConverter.ToUInt32(status[16..]), BitConverter.ToUInt32(status[20..]), BitConverter.ToUInt32(status[24..]))
            : throw new IOException($"'{path}' cannot be looked at: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    /// <summary>Gives a file to the user and the group that had the one before it; nothing where it is theirs.</summary>
    /// <exception cref="IOException">It may not be given away.</exception>
    public static void GiveTo(string path, (uint Links, uint User, uint Group) owned)
    {
        var now = OwnershipOf(path);
        if ((now.User, now.Group) != (owned.User, owned.Group) && ChangeOwner(path, owned.User, owned.Group) != 0)
        {
            throw new IOException(
                $"it is mended, and could not be given back to user {owned.User} and group {owned.Group}: {Marshal.GetLastPInvokeErrorMessage()}");
        }
    }

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint EffectiveUser();

    [LibraryImport("libc", EntryPoint = "chown", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int ChangeOwner(string path, uint user, uint group);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Statx(int directory, string path, int flags, uint mask, Span<byte> status);

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);

    [LibraryImport("libc", EntryPoint = "tcgetpgrp")]
    private static partial int GetForegroundGroup(int terminal);

    [LibraryImport("libc", EntryPoint = "getpgid")]
    private static partial int GetProcessGroup(int process);
}
