using Casemate.Primitives.Sockets;

namespace Casemate.Primitives.Files;

/// <summary>
/// Reads whole files up to a limit, so that a wrong path (a disk image, a device without an end) cannot fill the memory. Pipes and files of
/// the kernel, which do not tell their length, are read as any other.
/// </summary>
public static class WholeFile
{
    private const int ChunkSize = 64 * 1024;

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="limit">The bytes that are read at most.</param>
    /// <exception cref="FileTooLargeException">It has more.</exception>
    /// <exception cref="IOException">It is not there, or cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read, or is a directory.</exception>
    public static byte[] Read(string path, long limit)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        return Read(stream, limit);
    }

    /// <summary>
    /// Reads a regular file, and nothing that may keep a reader waiting for ever: no named pipe, no device, no socket. A descriptor that the
    /// caller's shell handed over (<c>/dev/fd/…</c>, <c>/dev/stdin</c>) is read to its end, whatever it is.
    /// </summary>
    /// <inheritdoc cref="Read(string, long)"/>
    public static byte[] ReadRegular(string path, long limit)
    {
        ArgumentNullException.ThrowIfNull(path);
        return FileIdentity.TryReadThroughLinks(path) is { IsFileOrDirectory: false }
            && path is not "/dev/stdin" && !path.StartsWith("/dev/fd/", StringComparison.Ordinal)
            && !path.StartsWith("/proc/self/fd/", StringComparison.Ordinal)
                ? throw new IOException("it is a pipe, a device or a socket, not a regular file")
                : Read(path, limit);
    }

    /// <summary>Reads a stream, such as standard input, to its end.</summary>
    /// <param name="stream">The stream; it stays open.</param>
    /// <param name="limit">The bytes that are read at most, 0 to <see cref="Array.MaxLength"/>.</param>
    /// <exception cref="FileTooLargeException">It has more.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static byte[] Read(Stream stream, long limit)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentOutOfRangeException.ThrowIfNegative(limit);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(limit, Array.MaxLength);

        // The length is a hint: a pipe has none, and a file may grow. What counts is what arrives.
        var expected = stream.CanSeek ? stream.Length - stream.Position : 0;
        if (expected > limit)
        {
            throw new FileTooLargeException(limit);
        }

        using var content = new MemoryStream((int)Math.Max(expected, 0));
        var chunk = new byte[ChunkSize];
        for (int count; (count = stream.Read(chunk)) > 0;)
        {
            if (content.Length + count > limit)
            {
                throw new FileTooLargeException(limit);
            }

            content.Write(chunk, 0, count);
        }

        return content.ToArray();
    }
}
