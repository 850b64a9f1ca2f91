using System.Net.Sockets;
using Casemate.Primitives.Sockets;

namespace Casemate.Cli.Doctor;

/// <summary>Whether somebody listens on a Unix socket. Connects and says nothing.</summary>
internal static class SocketProbe
{
    /// <summary>Connects.</summary>
    /// <param name="path">The socket.</param>
    /// <param name="cancellationToken">Stops the wait.</param>
    /// <returns>Null when somebody listens; else what is wrong, without the path, and whether it is a matter of rights.</returns>
    public static async Task<(string Problem, bool IsDenied)?> TryAsync(string path, CancellationToken cancellationToken)
    {
        if (Directory.Exists(path))
        {
            return ("is a directory", false);
        }

        try
        {
            await using var stream = await UnixSocketStream.ConnectAsync(path, cancellationToken);
            return null;
        }
        catch (SocketException exception)
        {
            return exception.SocketErrorCode switch
            {
                SocketError.AccessDenied => ("may not be opened by this user", true),
                SocketError.ConnectionRefused => (File.Exists(path) ? "is there, and nobody listens" : "is not there", false),
                _ => (File.Exists(path) ? $"cannot be connected to: {exception.Message}" : "is not there", false),
            };
        }
        catch (ArgumentException)
        {
            return ("is longer than a socket's path may be", false);
        }
    }
}
