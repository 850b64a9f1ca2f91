using System.Net.Sockets;
using Casemate.Primitives.Sockets;

namespace Casemate.Quoting.Aesm;

/// <summary>
/// A path that is listened on for as long as its server runs: when the file is deleted, it is made again, with a new socket behind it.
/// Its directory is mounted elsewhere, and what cleans up on a machine does not always ask. Not safe for concurrent use but for
/// <see cref="Socket"/>.
/// </summary>
/// <param name="path">Absolute path of at most 107 bytes.</param>
/// <param name="mode">Permission bits, whatever the umask.</param>
/// <param name="backlog">Connections that may wait to be accepted.</param>
/// <param name="makesDirectory">
/// Whether its directory is made, too, where that is not there; false: it is another's, and the socket goes with it.
/// </param>
/// <exception cref="AesmEndpointException">The path cannot be used, or another process listens on it.</exception>
public sealed class RestoredSocket(string path, UnixFileMode mode, int backlog, bool makesDirectory = true) : IDisposable
{
    private volatile SocketFile _file = AesmSocketFile.Listen(path, mode, backlog, makesDirectory);
    private bool _isLostReported;
    private bool _disposed;

    /// <summary>The path.</summary>
    public string Path { get; } = path;

    /// <summary>The socket that listens now.</summary>
    public Socket Socket => _file.Socket;

    /// <summary>Looks whether the path still leads here, and makes the file again if nothing is there.</summary>
    /// <param name="problem">Why it leads here no longer; told once until that changes, else null.</param>
    /// <returns>
    /// When the file was made again, the socket that was replaced: the caller's to dispose of, once nothing more is accepted from it.
    /// </returns>
    public SocketFile? Restore(out string? problem)
    {
        problem = null;
        var file = _file;
        if (_disposed || file.IsInPlace == true || (!makesDirectory && !Directory.Exists(System.IO.Path.GetDirectoryName(Path))))
        {
            return null;
        }

        if (file.IsInPlace == false)
        {
            problem = Once("another process has put its socket there");
            return null;
        }

        try
        {
            _file = AesmSocketFile.Listen(Path, mode, backlog, makesDirectory);
            _isLostReported = false;
        }
        catch (AesmEndpointException e)
        {
            problem = Once(e.Message);
            return null;
        }

        return file;
    }

    /// <summary>Stops listening; removes the file if it is still this socket's.</summary>
    public void Dispose()
    {
        _disposed = true;
        _file.Dispose();
    }

    private string? Once(string problem)
    {
        var first = !_isLostReported;
        _isLostReported = true;
        return first ? problem : null;
    }
}
