using System.Net.Sockets;
using System.Runtime.InteropServices;
using Casemate.Quoting.Aesm;

namespace Casemate.Quoting.Qgs;

/// <summary>
/// Listens on vsock (vsock(7)). The base library knows no such address family, so that making, binding and accepting go to libc; what is
/// accepted is an ordinary <see cref="Socket"/>. One thread waits for connections.
/// </summary>
internal sealed partial class VsockListener : IDisposable
{
    /// <summary>The port of Intel's service.</summary>
    public const uint DefaultPort = 4050;

    private const int AddressFamily = 40;                                  // AF_VSOCK
    private const uint AnyContext = uint.MaxValue;                         // VMADDR_CID_ANY
    private const int Stream = 1;
    private const int CloseOnExec = 0x80000;
    private const int AddressSize = 16;                                    // family 2, reserved 2, port 4, context id 4, zero 4
    private const short ReadyToRead = 1;
    private const int PollMs = 200;

    private readonly int _descriptor;
    private readonly Action<Socket, uint> _accepted;
    private readonly Thread _thread;
    private volatile bool _stopping;

    private VsockListener(int descriptor, Action<Socket, uint> accepted)
    {
        (_descriptor, _accepted) = (descriptor, accepted);
        _thread = new Thread(AcceptAll) { IsBackground = true, Name = "vsock" };
        _thread.Start();
    }

    /// <summary>Listens.</summary>
    /// <param name="port">The port.</param>
    /// <param name="backlog">Connections that may wait.</param>
    /// <param name="accepted">Gets each connection with the context id of its virtual machine.</param>
    /// <exception cref="AesmEndpointException">The kernel has no vsock, or the port is taken.</exception>
    public static VsockListener Listen(uint port, int backlog, Action<Socket, uint> accepted)
    {
        if (!OperatingSystem.IsLinux())
        {
            throw new AesmEndpointException("vsock is served on Linux only.", "Run the quote helper on the node.");
        }

        var descriptor = Open(AddressFamily, Stream | CloseOnExec, 0);
        if (descriptor < 0)
        {
            throw new AesmEndpointException(
                $"This kernel has no vsock: {Marshal.GetLastPInvokeErrorMessage()}.",
                "Load the module vhost_vsock, or use the Unix socket.");
        }

        if (Bind(descriptor, Address(AnyContext, port), AddressSize) != 0 || StartListening(descriptor, backlog) != 0)
        {
            var problem = Marshal.GetLastPInvokeErrorMessage();
            _ = Close(descriptor);
            throw new AesmEndpointException(
                $"Cannot listen on vsock port {port}: {problem}.", "Stop the other service, usually qgsd, or use another port.");
        }

        return new VsockListener(descriptor, accepted);
    }

    /// <summary>Stops listening.</summary>
    public void Dispose()
    {
        if (!_stopping)
        {
            _stopping = true;
            _thread.Join();
            _ = Close(_descriptor);
        }
    }

    /// <summary>The bytes of <c>sockaddr_vm</c>, in the machine's order.</summary>
    internal static byte[] Address(uint contextId, uint port)
    {
        var address = new byte[AddressSize];
        BitConverter.TryWriteBytes(address, (ushort)AddressFamily);
        BitConverter.TryWriteBytes(address.AsSpan(4), port);
        BitConverter.TryWriteBytes(address.AsSpan(8), contextId);
        return address;
    }

    private void AcceptAll()
    {
        var address = new byte[AddressSize];
        while (!_stopping)
        {
            var wanted = new PollRequest { Descriptor = _descriptor, Events = ReadyToRead };
            if (Poll(ref wanted, 1, PollMs) <= 0)
            {
                continue;
            }

            var size = AddressSize;
            var connection = Accept(_descriptor, address, ref size, CloseOnExec);
            if (connection >= 0)
            {
                _accepted(new Socket(new SafeSocketHandle(connection, ownsHandle: true)), BitConverter.ToUInt32(address, 8));
            }
            else if (!_stopping)
            {
                _ = Poll(ref wanted, 0, PollMs);                           // out of descriptors: a pause, not a busy loop
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    private static partial int Open(int family, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "bind", SetLastError = true)]
    private static partial int Bind(int descriptor, byte[] address, int size);

    [LibraryImport("libc", EntryPoint = "listen", SetLastError = true)]
    private static partial int StartListening(int descriptor, int backlog);

    [LibraryImport("libc", EntryPoint = "accept4", SetLastError = true)]
    private static partial int Accept(int descriptor, [In, Out] byte[] address, ref int size, int flags);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static partial int Poll(ref PollRequest requests, ulong count, int timeoutMs);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int descriptor);

    [StructLayout(LayoutKind.Sequential)]
    private struct PollRequest
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }
}
