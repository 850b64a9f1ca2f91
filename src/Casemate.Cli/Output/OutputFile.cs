using Casemate.Primitives.Files;

namespace Casemate.Cli.Output;

/// <summary>
/// Files that commands write for their users: the one place that says why one cannot be written, which option named it, and what to do.
/// </summary>
internal static class OutputFile
{
    /// <summary>Everybody may read it, its owner may write it.</summary>
    public const UnixFileMode Readable =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    /// <summary>Its owner alone may read and write it.</summary>
    public const UnixFileMode OwnerAlone = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Writes a file as a whole, or not at all.</summary>
    /// <param name="option">The option that named it, such as <c>--out</c>.</param>
    /// <param name="path">The file.</param>
    /// <param name="content">All of it.</param>
    /// <param name="mode">Permission bits.</param>
    /// <exception cref="CliException">It cannot be written (exit code 3).</exception>
    public static void Write(string option, string path, ReadOnlySpan<byte> content, UnixFileMode mode)
    {
        Require(option, path);
        try
        {
            AtomicFile.Write(path, content, mode);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Refused(option, path, exception);
        }
    }

    /// <summary>Says before any work is done that a file cannot be written, as far as that can be seen.</summary>
    /// <exception cref="CliException">It is a directory, or its directory is missing (exit code 3).</exception>
    public static void Require(string option, string path)
    {
        if (path.Length == 0)
        {
            throw CliException.Usage($"{option} is empty", $"Name a file: {option} FILE.");
        }

        if (Directory.Exists(path))
        {
            throw CliException.BadInput($"{option}: '{path}' is a directory", $"Name a file in it: {option} {Path.Combine(path, "FILE")}.");
        }

        if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } directory && !Directory.Exists(directory))
        {
            throw CliException.BadInput(
                $"{option}: '{path}' is not a file in a directory that exists: there is no directory '{directory}'",
                $"Make it first (mkdir -p), or name another file with {option}.");
        }
    }

    /// <summary>Does work that writes below a path, and puts what stops it into the reader's words.</summary>
    /// <param name="option">The option that named it.</param>
    /// <param name="path">The file or directory.</param>
    /// <param name="write">Writes.</param>
    /// <exception cref="CliException">It cannot be written (exit code 3).</exception>
    public static T Guard<T>(string option, string path, Func<T> write)
    {
        try
        {
            return write();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Refused(option, path, exception);
        }
    }

    /// <summary>Says that something cannot be written, and what to do about it.</summary>
    /// <param name="option">The option that named it; several as in <c>--audit or --state-dir</c>.</param>
    /// <param name="path">The file or directory.</param>
    /// <param name="exception">Why.</param>
    public static CliException Refused(string option, string path, Exception exception) =>
        CliException.BadInput(
            $"{option}: '{path}' cannot be written: {ReasonOf(Beneath(exception), path)}", RemedyFor(option, exception), exception);

    /// <summary>What to do where something cannot be written.</summary>
    /// <param name="option">The option that named it.</param>
    /// <param name="exception">Why.</param>
    public static string RemedyFor(string option, Exception exception) => Beneath(exception) switch
    {
        UnauthorizedAccessException => $"Name a place that this user may write to with {option}, or change the permissions of this one.",
        IOException io when IsFull(io) => $"Make room on its disk, or name a place on another one with {option}.",
        _ => $"Name another place with {option}.",
    };

    // The system's messages name the path, or the temporary file that nobody asked for.
    private static string ReasonOf(Exception exception, string path) => exception switch
    {
        UnauthorizedAccessException => "no permission",
        IOException io when IsFull(io) => "no space left on its disk",
        DirectoryNotFoundException => $"there is no directory '{DirectoryOf(path)}'",
        PathTooLongException => "its name is too long",
        IOException io when IsReadOnly(io) => "its file system is mounted read-only",

        // So the base library tells where the directory is there and takes no new file, such as one of the kernel.
        FileNotFoundException => $"no file can be made in '{DirectoryOf(path)}'",
        IOException io when !IsOwn(io) => Told(io),
        _ => exception.Message,
    };

    // The system's words stand before the path; what has none is the base library's own sentence, which names parts of it.
    private static string Told(IOException exception) =>
        exception.Message.IndexOf(" : '", StringComparison.Ordinal) is > 0 and var end ? $"the system says: {exception.Message[..end]}"
        : "the system refuses it";

    private static string? DirectoryOf(string path) => Path.GetDirectoryName(Path.GetFullPath(path));

    // What writes files as a whole puts its own words around the system's failure; the reason is beneath them.
    private static Exception Beneath(Exception exception) =>
        exception.GetType() == typeof(IOException) && exception.InnerException is IOException beneath ? beneath : exception;

    // Messages of the system carry its number, those of Casemate the default one.
    private static bool IsOwn(IOException exception) => exception.HResult == new IOException().HResult;

    private static bool IsReadOnly(IOException exception)
    {
        const int unixReadOnly = 30, windowsWriteProtected = unchecked((int)0x80070013);
        return exception.HResult is unixReadOnly or windowsWriteProtected;
    }

    private static bool IsFull(IOException exception)
    {
        const int linuxNoSpace = 28, linuxQuota = 122, windowsDiskFull = unchecked((int)0x80070070);
        return exception.HResult is linuxNoSpace or linuxQuota or windowsDiskFull;
    }
}
