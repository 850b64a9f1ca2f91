using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace Casemate.Rpc.Server;

/// <summary>
/// A listening Unix socket with its file. The file appears under its path complete: bound and given its mode under a hidden name in the
/// same directory, then renamed, so that neither the umask nor a moment in between shows. The kubelet's plugin watcher passes over
/// hidden names.
/// </summary>
internal sealed class SocketFile
{
    private const int MaximumPath = 107;                                   // unix(7): 108 bytes with the NUL at the end
    private const string TemporaryPrefix = ".rpc-";
    private const int Backlog = 128;

    private readonly string _path;
    private readonly FileIdentity _identity;

    private SocketFile(string path, Socket socket, FileIdentity identity) => (_path, Socket, _identity) = (path, socket, identity);

    /// <summary>The socket, listening. Whoever takes it over closes it.</summary>
    public Socket Socket { get; }

    /// <summary>True while the path leads to this socket.</summary>
    public bool IsInPlace => FileIdentity.TryRead(_path) == _identity;

    /// <summary>Makes the socket; a dead one of an earlier process gives way, a live one and anything that is no socket do not.</summary>
    /// <exception cref="RpcEndpointException">The path cannot be used, or another process listens on it.</exception>
    public static SocketFile Listen(string path, UnixFileMode mode)
    {
        if (!OperatingSystem.IsLinux())
        {
            throw new RpcEndpointException("Unix sockets are served on Linux only.", "Run this on the node.");
        }

        var temporary = Path.Combine(
            Path.GetDirectoryName(path)!, TemporaryPrefix + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4)));
        RequireShort(path);
        RequireShort(temporary);
        Socket? socket = null;
        try
        {
            RequireFree(path);
            socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            socket.Bind(new UnixDomainSocketEndPoint(temporary));
            File.SetUnixFileMode(temporary, mode);
            socket.Listen(Backlog);
            var identity = FileIdentity.TryRead(temporary) ?? throw new IOException($"{temporary} vanished");
            File.Move(temporary, path, overwrite: true);
            return new SocketFile(path, socket, identity);
        }
        catch (Exception e) when (e is IOException or SocketException or UnauthorizedAccessException)
        {
            socket?.Dispose();                                             // which also removes the temporary file
            throw new RpcEndpointException(
                $"Cannot listen on {path}: {e.Message.TrimEnd('.')}.",
                "Check that the directory is there, writable for this user and not read-only.", e);
        }
    }

    /// <summary>
    /// Removes the file if it is still this socket's. The kernel has no call for both at once; the moment between is accepted.
    /// </summary>
    public void Remove()
    {
        if (!IsInPlace)
        {
            return;
        }

        try
        {
            File.Delete(_path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A file that stays is harmless: connects to it are refused, and the next start replaces it.
        }
    }

    private static void RequireShort(string path)
    {
        if (Encoding.UTF8.GetByteCount(path) > MaximumPath)
        {
            throw new RpcEndpointException(
                $"The socket path {path} is too long: the kernel takes {MaximumPath} bytes.", "Use a shorter directory or name.");
        }
    }

    private static void RequireFree(string path)
    {
        if (FileIdentity.TryRead(path) is not { } present)
        {
            return;
        }

        if (!present.IsSocket)
        {
            throw new RpcEndpointException($"{path} is there and is not a socket.", "Move it away, or name another path.");
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

        throw new RpcEndpointException($"Another process listens on {path}.", "Stop it first, or name another path.");
    }
}
