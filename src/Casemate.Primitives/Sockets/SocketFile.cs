using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Runtime.Versioning;
using System.Text;

namespace Casemate.Primitives.Sockets;

/// <summary>
/// A listening Unix socket with its file. The file appears under its path complete: bound and given its mode under a hidden name in
/// the same directory, then moved, so that neither the umask nor a moment in between shows. Linux only.
/// </summary>
/// <remarks>
/// The directory may be mounted where others write. So the mode is given to the socket that was bound and never to what its name leads to
/// by then; nothing that is no socket of a dead process is replaced; and there is no lock file that somebody else could hold, or could lead
/// elsewhere. Whoever writes in the directory can still take the socket away or put another in its place:
/// <see cref="SocketDirectory.Caution"/> says when that may be somebody else.
/// </remarks>
public sealed partial class SocketFile : IDisposable
{
    private const int MaximumPath = 107;                                   // unix(7): 108 bytes with the NUL at the end
    private const string TemporaryPrefix = ".new-";                        // the kubelet's plugin watcher passes over hidden names

    private static readonly TimeSpan s_patience = TimeSpan.FromMilliseconds(100);

    private readonly string _path;
    private readonly FileIdentity _identity;

    private SocketFile(string path, Socket socket, FileIdentity identity) => (_path, Socket, _identity) = (path, socket, identity);

    /// <summary>The socket, listening. Whoever takes it over closes it.</summary>
    public Socket Socket { get; }

    /// <summary>True when the path still leads to this socket; false when to another file; null when nothing is there.</summary>
    public bool? IsInPlace => FileIdentity.TryRead(_path) is { } present ? _identity.IsSameFile(present) : null;

    /// <summary>Makes the socket; a dead one of an earlier process gives way, a live one and anything that is no socket do not.</summary>
    /// <param name="path">Absolute path of at most 107 bytes.</param>
    /// <param name="mode">Permission bits, whatever the umask.</param>
    /// <param name="backlog">Connections that may wait to be accepted.</param>
    /// <param name="makeDirectory">Whether its directory is made, with mode 0755, if it is not there.</param>
    /// <exception cref="SocketFileException">The path cannot be used, or another process listens on it.</exception>
    public static SocketFile Listen(string path, UnixFileMode mode, int backlog, bool makeDirectory)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (!OperatingSystem.IsLinux())
        {
            throw new SocketFileException("Unix sockets are served on Linux only.", "Run this on the node.");
        }

        var directory = Path.GetDirectoryName(path)!;
        var temporary = Path.Combine(directory, TemporaryName());
        if (Math.Max(Encoding.UTF8.GetByteCount(path), Encoding.UTF8.GetByteCount(temporary)) > MaximumPath)
        {
            throw new SocketFileException(
                $"The socket path {path} is too long: the kernel takes {MaximumPath} bytes.", "Use a shorter directory or name.");
        }

        Socket? socket = null;
        try
        {
            if (makeDirectory)
            {
                SocketDirectory.Create(directory);
            }

            RequireFree(path);
            socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            var identity = Bind(socket, temporary, mode);
            socket.Listen(backlog);
            Place(temporary, path, identity);
            return new SocketFile(path, socket, identity);
        }
        catch (Exception e) when (e is IOException or SocketException or UnauthorizedAccessException)
        {
            socket?.Dispose();                                             // which also removes the temporary file
            throw new SocketFileException(
                $"Cannot listen on {path}: {e.Message.TrimEnd('.')}.",
                "Check that the directory is there, writable for this user and not read-only.", e);
        }
        catch (SocketFileException)
        {
            socket?.Dispose();
            throw;
        }
    }

    /// <summary>Looks whether a path can be listened on: nothing is there, or the socket of a process that died.</summary>
    /// <param name="path">Absolute path.</param>
    /// <exception cref="SocketFileException">Another process listens on it, or it is no socket.</exception>
    public static void RequireFree(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        _ = FindDead(path);
    }

    /// <summary>
    /// Removes the file if it is still this socket's. The kernel has no call for both at once; the moment between is accepted.
    /// </summary>
    public void Remove()
    {
        if (IsInPlace != true)
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

    /// <summary>Removes the file if it is still this socket's, and stops listening.</summary>
    public void Dispose()
    {
        Remove();
        Socket.Dispose();
    }

    // No secret: a name that is taken makes the bind fail, and whoever writes here could take the socket itself. The random seed of
    // hash codes comes from the kernel; RandomNumberGenerator would load OpenSSL, which daemons that only listen can do without.
    private static string TemporaryName() =>
        TemporaryPrefix + HashCode.Combine(Environment.ProcessId, Stopwatch.GetTimestamp()).ToString("x8", CultureInfo.InvariantCulture);

    // Never by name after the bind: in a directory where others write, the name may lead to any file of this machine by then.
    [SupportedOSPlatform("linux")]
    private static FileIdentity Bind(Socket socket, string temporary, UnixFileMode mode)
    {
        SocketCalls.LimitMode(socket, mode);                               // so that the file never allows more, at no moment
        socket.Bind(new UnixDomainSocketEndPoint(temporary));
        var descriptor = SocketCalls.OpenPath(temporary);
        try
        {
            if (FileIdentity.TryRead(descriptor) is not { IsSocket: true, Links: 1 } bound || bound.Owner != SocketCalls.EffectiveUser())
            {
                throw new IOException($"somebody else put a file in the place of {temporary} as it was made");
            }

            if (bound.Permissions != mode)
            {
                SocketCalls.SetMode(descriptor, mode);
            }

            return FileIdentity.TryRead(descriptor) is { } made && made.Permissions == mode
                ? made : throw new IOException($"{temporary} does not take the mode {Convert.ToString((int)mode, 8)}");
        }
        finally
        {
            SocketCalls.CloseFile(descriptor);
        }
    }

    // Exchanged and not replaced: what was in the way is looked at afterwards, so that of two processes that start at once neither
    // takes the other's socket away.
    private static void Place(string temporary, string path, FileIdentity identity)
    {
        var placed = false;
        for (var attempt = 0; attempt < 8 && !placed; attempt++)
        {
            if (FindDead(path) is not { } dead)
            {
                placed = SocketCalls.TryMove(temporary, path);
            }
            else if (SocketCalls.TryExchange(temporary, path, out var isSupported))
            {
                if (!dead.IsSameFile(FileIdentity.TryRead(temporary)))
                {
                    _ = SocketCalls.TryExchange(temporary, path, out _);
                    throw Taken($"Another process is just starting to listen on {path}.");
                }

                File.Delete(temporary);
                placed = true;
            }
            else if (!isSupported)
            {
                File.Move(temporary, path, overwrite: true);
                placed = true;
            }
        }

        // Another process that starts at once may have taken the place for the moment in which it sees that it came second.
        if (!placed || !SpinWait.SpinUntil(() => identity.IsSameFile(FileIdentity.TryRead(path)), s_patience))
        {
            throw Taken($"Another process put its file at {path} just now.");
        }
    }

    // The dead socket at a path; null when nothing is there.
    private static FileIdentity? FindDead(string path)
    {
        if (FileIdentity.TryRead(path) is not { } present)
        {
            return null;
        }

        if (!present.IsSocket)
        {
            throw new SocketFileException($"{path} is there and is not a socket.", "Move it away, or name another path.");
        }

        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { Blocking = false };
        try
        {
            probe.Connect(new UnixDomainSocketEndPoint(path));
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionRefused || FileIdentity.TryRead(path) is null)
        {
            return FileIdentity.TryRead(path) is { } still && present.IsSameFile(still)
                ? present : null;                                          // nobody listens: left by a process that died
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
        {
            // Its backlog is full, so somebody listens.
        }
        catch (SocketException e)
        {
            throw new SocketFileException(
                $"Whether anybody listens on {path} cannot be seen: {e.Message.TrimEnd('.')}.", "Move it away, or name another path.", e);
        }

        throw Taken($"Another process listens on {path}.");
    }

    private static SocketFileException Taken(string message) =>
        new(message, "Stop it first, or name another path.") { IsTaken = true };
}
