using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Casemate.Rpc.Server;

/// <summary>Asks the kernel who is at the other end of a Unix socket.</summary>
internal static class PeerCredential
{
    private const int SolSocket = 1;                                       // unix(7), socket(7): the values of Linux
    private const int SoPeerCred = 17;

    /// <summary>The peer of a connection; null when the kernel cannot name it.</summary>
    public static RpcPeer? Of(Socket? socket)
    {
        Span<byte> ucred = stackalloc byte[12];                            // pid_t, uid_t, gid_t
        try
        {
            return socket?.GetRawSocketOption(SolSocket, SoPeerCred, ucred) == ucred.Length
                ? new RpcPeer(MemoryMarshal.Read<int>(ucred), MemoryMarshal.Read<uint>(ucred[4..]), MemoryMarshal.Read<uint>(ucred[8..]))
                : null;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return null;
        }
    }
}
