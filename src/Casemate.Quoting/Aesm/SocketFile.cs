using System.Net.Sockets;
using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Text;
using Casemate.Primitives.Files;

namespace Casemate.Quoting.Aesm;

/// <summary>
/// A listening Unix socket with its file. The file appears under its path complete: bound and given its mode under another name in
/// the same directory, then renamed, so that neither the umask nor a moment in between shows.
/// </summary>
public sealed partial class SocketFile : IDisposable
{
    private const int MaximumPath = 107;                                   // unix(7): 108 bytes with the NUL at the end
    private const string TemporaryPrefix = ".aesm-";
    private const string LockName = ".aesm.lock";

    private readonly string _path;
    private readonly FileIdentity _identity;

    private SocketFile(string path, Socket socket, FileIdentity identity) => (_path, Socket, _identity) = (path, socket, identity);

    /// <summary>The socket, listening.</summary>
    public Socket Socket { get; }

    /// <summary>True when the path still leads to this socket; null when nothing is there.</summary>
    public bool? IsInPlace => FileIdentity.TryRead(_path) is { } present ? present == _identity : null;

    /// <summary>Makes the socket; a dead one of an earlier process gives way, a live one does not.</summary>
    /// <param name="path">Absolute path of at most 107 bytes; its directory is made if need be.</param>
    /// <param name="mode">Permission bits, whatever the umask.</param>
    /// <param name="backlog">Connections that may wait to be accepted.</param>
    /// <exception cref="AesmEndpointException">The path cannot be used, or another process listens on it.</exception>
    public static SocketFile Listen(string path, UnixFileMode mode, int backlog)
    {
        if (!OperatingSystem.IsLinux())
        {
            throw new AesmEndpointException("Unix sockets are served on Linux only.", "Run the quote helper on the node.");
        }

        var directory = Path.GetDirectoryName(path)!;
        var temporary = Path.Combine(directory, TemporaryPrefix + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4)));
        if (Math.Max(Encoding.UTF8.GetByteCount(path), Encoding.UTF8.GetByteCount(temporary)) > MaximumPath)
        {
            throw new AesmEndpointException(
                $"The socket path {path} is too long: the kernel takes {MaximumPath} bytes.", "Use a shorter directory.");
        }

        Socket? socket = null;
        try
        {
            CreateDirectory(directory);

            // Two processes that start at once must not both find the old socket dead.
            using var starting = FileLock.TryAcquire(Path.Combine(directory, LockName))
                ?? throw new AesmEndpointException(
                    $"Another process is just starting to listen on {path}.", "Start one quote helper only.");
            RequireFree(path);
            socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            socket.Bind(new UnixDomainSocketEndPoint(temporary));
            File.SetUnixFileMode(temporary, mode);
            socket.Listen(backlog);
            var identity = FileIdentity.TryRead(temporary) ?? throw new IOException($"{temporary} vanished");
            File.Move(temporary, path, overwrite: true);
            return new SocketFile(path, socket, identity);
        }
        catch (Exception e) when (e is IOException or SocketException or UnauthorizedAccessException)
        {
            socket?.Dispose();                                             // which also removes the temporary file
            throw new AesmEndpointException(
                $"Cannot listen on {path}: {e.Message.TrimEnd('.')}.",
                "Check that the directory is writable for this user and not read-only.", e);
        }
        catch (AesmEndpointException)
        {
            socket?.Dispose();
            throw;
        }
    }

    /// <summary>Stops listening; removes the file if it is still this socket's.</summary>
    public void Dispose()
    {
        if (IsInPlace == true)
        {
            try
            {
                File.Delete(_path);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // A file that stays is harmless: connects to it are refused, and the next start replaces it.
            }
        }

        Socket.Dispose();
    }

    [SupportedOSPlatform("linux")]
    private static void CreateDirectory(string directory)
    {
        if (!Directory.Exists(directory))
        {
            const UnixFileMode everyoneEnters = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
                | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;
            Directory.CreateDirectory(directory, everyoneEnters);
            File.SetUnixFileMode(directory, everyoneEnters);               // the umask does not apply to this call
        }
    }

    /// <summary>Looks whether a path can be listened on: nothing is there, or the socket of a process that died.</summary>
    /// <param name="path">Absolute path.</param>
    /// <exception cref="AesmEndpointException">Another process listens on it, or it is no socket.</exception>
    public static void RequireFree(string path)
    {
        if (FileIdentity.TryRead(path) is not { } present)
        {
            return;
        }

        if (!present.IsSocket)
        {
            throw new AesmEndpointException($"{path} is there and is not a socket.", "Move it away, or name another path.");
        }

        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { Blocking = false };
        try
        {
            probe.Connect(new UnixDomainSocketEndPoint(path));
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionRefused || FileIdentity.TryRead(path) is null)
        {
            return;                                                        // nobody listens: left by a process that died
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
        {
            // Its backlog is full, so somebody listens.
        }

        throw new AesmEndpointException(
            $"Another process listens on {path}.", "Stop it first (aesmd: systemctl disable --now aesmd), or name another path.");
    }
}
