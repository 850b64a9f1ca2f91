using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Casemate.Quoting.Devices;

/// <summary>A connection to a vsock, which the framework's sockets do not know. Reads and writes on it block. vsock(7).</summary>
internal static partial class VsockConnection
{
    private const int Family = 40;                                         // AF_VSOCK
    private const int StreamCloseOnExec = 1 | 0x80000;                     // SOCK_STREAM | SOCK_CLOEXEC
    private const int SocketLevel = 1;                                     // SOL_SOCKET, x86-64 and arm64
    private const int ReceiveLimit = 20;                                   // SO_RCVTIMEO
    private const int SendLimit = 21;                                      // SO_SNDTIMEO
    private const int AddressSize = 16;

    /// <summary>Connects.</summary>
    /// <param name="contextId">Whom to.</param>
    /// <param name="port">Where to.</param>
    /// <param name="limit">How long each read and write may take.</param>
    /// <exception cref="IOException">It does not work out.</exception>
    public static SafeFileHandle Open(uint contextId, uint port, TimeSpan limit)
    {
        var descriptor = MakeSocket(Family, StreamCloseOnExec, 0);
        if (descriptor < 0)
        {
            throw Failed("the kernel offers no vsock");
        }

        var handle = new SafeFileHandle(descriptor, ownsHandle: true);
        Span<byte> time = stackalloc byte[16];
        BinaryPrimitives.WriteInt64LittleEndian(time, (long)Math.Ceiling(limit.TotalSeconds));
        BinaryPrimitives.WriteInt64LittleEndian(time[8..], 0);

        // struct sockaddr_vm: family, 2 reserved bytes, port, context id, flags and padding.
        Span<byte> address = stackalloc byte[AddressSize];
        address.Clear();
        BinaryPrimitives.WriteUInt16LittleEndian(address, Family);
        BinaryPrimitives.WriteUInt32LittleEndian(address[4..], port);
        BinaryPrimitives.WriteUInt32LittleEndian(address[8..], contextId);
        if (SetOption(handle, SocketLevel, ReceiveLimit, time, (uint)time.Length) != 0
            || SetOption(handle, SocketLevel, SendLimit, time, (uint)time.Length) != 0
            || Connect(handle, address, AddressSize) != 0)
        {
            var failure = Failed("no connection");
            handle.Dispose();
            throw failure;
        }

        return handle;
    }

    private static IOException Failed(string what) => new($"{what}: {ErrorNumber.Text(Marshal.GetLastPInvokeError())}");

    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    private static partial int MakeSocket(int family, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "setsockopt", SetLastError = true)]
    private static partial int SetOption(SafeFileHandle socket, int level, int name, ReadOnlySpan<byte> value, uint size);

    [LibraryImport("libc", EntryPoint = "connect", SetLastError = true)]
    private static partial int Connect(SafeFileHandle socket, ReadOnlySpan<byte> address, uint size);
}
