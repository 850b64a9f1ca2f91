using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Casemate.Primitives.Sockets;

/// <summary>Who connected to a Unix socket, as the kernel says (SO_PEERCRED, unix(7)): the state when the peer connected.</summary>
/// <param name="ProcessId">Process id; 0 when the peer lives in a process namespace that this process does not see.</param>
/// <param name="UserId">Effective user id, in this process's user namespace.</param>
/// <param name="GroupId">Effective group id.</param>
public readonly record struct PeerCredential(int ProcessId, uint UserId, uint GroupId)
{
    private const int SolSocket = 1;                                       // unix(7), socket(7): the values of Linux
    private const int SoPeerCred = 17;

    /// <summary>Asks the kernel who the peer of a connection is.</summary>
    /// <param name="socket">A connected Unix socket.</param>
    /// <param name="credential">The peer.</param>
    /// <returns>False when the kernel cannot name it.</returns>
    public static bool TryRead(Socket socket, out PeerCredential credential)
    {
        ArgumentNullException.ThrowIfNull(socket);
        Span<byte> ucred = stackalloc byte[12];                            // pid_t, uid_t, gid_t
        try
        {
            if (socket.GetRawSocketOption(SolSocket, SoPeerCred, ucred) == ucred.Length)
            {
                credential = new PeerCredential(
                    MemoryMarshal.Read<int>(ucred), MemoryMarshal.Read<uint>(ucred[4..]), MemoryMarshal.Read<uint>(ucred[8..]));
                return true;
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // A connection that the kernel cannot name the peer of is none that is served.
        }

        credential = default;
        return false;
    }
}
