using Casemate.Primitives.Sockets;

namespace Casemate.Quoting.Aesm;

/// <summary>Makes the files of sockets, and says what is wrong in the words of the quote helper.</summary>
internal static class AesmSocketFile
{
    /// <summary>Makes a listening socket with its file, and its directory if need be.</summary>
    /// <exception cref="AesmEndpointException">The path cannot be used, or another process listens on it.</exception>
    public static SocketFile Listen(string path, UnixFileMode mode, int backlog, bool makeDirectory = true)
    {
        try
        {
            return SocketFile.Listen(path, mode, backlog, makeDirectory);
        }
        catch (SocketFileException problem)
        {
            throw AesmEndpointException.From(problem);
        }
    }
}
