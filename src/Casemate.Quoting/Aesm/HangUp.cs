using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Casemate.Quoting.Aesm;

/// <summary>
/// Tells a peer that is gone from one that only sends no more. The framework's own ways to ask report both alike; the kernel does not
/// (poll(2): POLLHUP).
/// </summary>
internal static partial class HangUp
{
    private const short PollError = 0x08;
    private const short PollHangUp = 0x10;

    /// <summary>True when the peer of a connected socket has closed it for both directions. Never waits.</summary>
    public static bool IsSeenOn(Socket socket)
    {
        var handle = socket.SafeHandle;
        var held = false;
        try
        {
            handle.DangerousAddRef(ref held);
            var asked = new PollDescriptor { Descriptor = (int)handle.DangerousGetHandle() };
            return Poll(ref asked, 1, 0) > 0 && (asked.Returned & (PollError | PollHangUp)) != 0;
        }
        catch (ObjectDisposedException)
        {
            return false;                                                  // closed by us: whoever did so deals with it
        }
        finally
        {
            if (held)
            {
                handle.DangerousRelease();
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "poll")]
    private static partial int Poll(ref PollDescriptor descriptors, nuint count, int timeout);

    [StructLayout(LayoutKind.Sequential)]
    private struct PollDescriptor
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }
}
