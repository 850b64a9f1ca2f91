using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Casemate.Node.Health;

/// <summary>
/// The kernel's log, <c>/dev/kmsg</c>, from its oldest record on, without waiting. Reading it takes CAP_SYSLOG where
/// <c>kernel.dmesg_restrict</c> is set; without it the agent does without.
/// </summary>
public sealed partial class KernelLogDevice : IKernelLogSource
{
    private const int WorkingDirectory = -100;                             // AT_FDCWD
    private const int ReadWithoutWaiting = 0x800 | 0x80000;                // O_RDONLY | O_NONBLOCK | O_CLOEXEC
    private const int Overwritten = 32;                                    // EPIPE: older records are gone, the next read goes on
    private const int Interrupted = 4;                                     // EINTR
    private const int MostRetries = 16;

    private readonly SafeFileHandle _handle;

    private KernelLogDevice(SafeFileHandle handle) => _handle = handle;

    /// <summary>Opens it.</summary>
    /// <param name="path">Usually <c>/dev/kmsg</c>.</param>
    /// <param name="problem">Why it cannot be opened, for the log; empty after success.</param>
    /// <returns>The log; null when it cannot be opened.</returns>
    public static KernelLogDevice? TryOpen(string path, out string problem)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var descriptor = OpenAt(WorkingDirectory, path, ReadWithoutWaiting, 0);
        if (descriptor < 0)
        {
            problem = $"{path}: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}";
            return null;
        }

        problem = "";
        return new KernelLogDevice(new SafeFileHandle(descriptor, ownsHandle: true));
    }

    /// <inheritdoc/>
    public bool TryRead(Span<byte> buffer, out int length)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(buffer.Length, KernelLog.LongestRecord);
        for (var i = 0; i < MostRetries; i++)
        {
            var count = ReadBytes(_handle, buffer, (nuint)buffer.Length);
            if (count > 0)
            {
                length = (int)count;
                return true;
            }

            if (count == 0 || Marshal.GetLastPInvokeError() is not (Overwritten or Interrupted))
            {
                break;
            }
        }

        length = 0;
        return false;
    }

    /// <inheritdoc/>
    public void Dispose() => _handle.Dispose();

    [LibraryImport("libc", EntryPoint = "openat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenAt(int directory, string path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    private static partial nint ReadBytes(SafeFileHandle handle, Span<byte> destination, nuint count);
}
