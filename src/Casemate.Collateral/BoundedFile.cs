using Casemate.Primitives.Files;

namespace Casemate.Collateral;

/// <summary>Reads whole files up to a limit, so that a wrong path (a disk image, a device) cannot fill the memory.</summary>
internal static class BoundedFile
{
    /// <summary>
    /// Whether a file that nobody named, but that lies in a directory, may be opened. Not without content: pipes, sockets and devices have
    /// no length, and opening one may wait for ever. A link counts as what it leads to; what is not there may be opened, which says so.
    /// </summary>
    public static bool HasContent(string path)
    {
        try
        {
            return (File.ResolveLinkTarget(path, returnFinalTarget: true) as FileInfo ?? new FileInfo(path)) is { Exists: false } or { Length: > 0 };
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return true;                                                    // opening it says what is wrong
        }
    }

    /// <summary>Reads a file.</summary>
    /// <exception cref="MalformedInputException">It is absent, unreadable, a directory, or larger than the limit.</exception>
    public static byte[] Read(string path, int limit)
    {
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
            return Read(stream, path, limit);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new MalformedInputException(path, "no such file", cause: exception);
        }
        catch (UnauthorizedAccessException exception)
        {
            var problem = Directory.Exists(path) ? "is a directory, not a file" : "no permission to read it";
            throw new MalformedInputException(path, problem, cause: exception);
        }
        catch (IOException exception)
        {
            throw new MalformedInputException(path, $"cannot be read: {exception.Message}", cause: exception);
        }
    }

    /// <summary>Reads a stream, such as standard input, to its end.</summary>
    /// <exception cref="MalformedInputException">It holds more than the limit.</exception>
    public static byte[] Read(Stream stream, string name, int limit)
    {
        try
        {
            return WholeFile.Read(stream, limit);
        }
        catch (FileTooLargeException exception)
        {
            throw new MalformedInputException(name, $"larger than {limit / 1024} KiB, the limit for this kind of file", cause: exception);
        }
    }
}
