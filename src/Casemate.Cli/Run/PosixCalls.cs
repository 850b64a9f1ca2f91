using System.Runtime.InteropServices;

namespace Casemate.Cli.Run;

/// <summary>The calls of the C library that the base library does not offer: sending a signal, asking who owns the terminal.</summary>
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
