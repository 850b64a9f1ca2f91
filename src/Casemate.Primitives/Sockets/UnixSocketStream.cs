using System.Net.Sockets;

namespace Casemate.Primitives.Sockets;

/// <summary>A client's connection to a Unix socket.</summary>
public static class UnixSocketStream
{
    /// <summary>Connects to whoever listens at a path.</summary>
    /// <param name="path">Path of the socket, at most 107 bytes.</param>
    /// <param name="cancellationToken">Gives the attempt up.</param>
    /// <returns>The connection; who closes it closes the socket.</returns>
    /// <exception cref="SocketException">
    /// Nobody listens there, or it may not be connected to. Where nothing is at the path, the platform says that an address cannot be assigned:
    /// the code stays (<see cref="SocketError.AddressNotAvailable"/>), the message says what is meant.
    /// </exception>
    /// <exception cref="ArgumentException">The path is empty or longer than the kernel takes.</exception>
    /// <exception cref="OperationCanceledException">It was given up.</exception>
    public static async ValueTask<Stream> ConnectAsync(string path, CancellationToken cancellationToken)
    {
        var address = new UnixDomainSocketEndPoint(path);
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(address, cancellationToken).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch (Exception e)
        {
            socket.Dispose();
            if (e is SocketException { SocketErrorCode: SocketError.AddressNotAvailable } nothing)
            {
                throw new SocketException((int)nothing.SocketErrorCode, "there is no such socket");
            }

            throw;
        }
    }
}
