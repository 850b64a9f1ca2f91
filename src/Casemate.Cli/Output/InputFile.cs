using System.Text;
using Casemate.Cli.Commands;
using Casemate.Primitives.Files;
using Casemate.Primitives.Text;

namespace Casemate.Cli.Output;

/// <summary>Files that users name for commands to read: the one place that says why one cannot be read, and which option named it.</summary>
internal static class InputFile
{
    /// <summary>Reads a file as a whole; see <see cref="WholeFile.ReadRegular"/>.</summary>
    /// <param name="option">The option that named it; null for an argument.</param>
    /// <param name="path">The file.</param>
    /// <param name="limit">The bytes that are read at most.</param>
    /// <param name="remedy">What to do when it cannot be read; null: nothing is added.</param>
    /// <exception cref="CliException">Nothing is named (exit code 2); it cannot be read, or is larger than the limit (3).</exception>
    public static byte[] Read(string? option, string path, long limit, string? remedy = null)
    {
        RequireName(option, path);
        try
        {
            return WholeFile.ReadRegular(path, limit);
        }
        catch (FileTooLargeException failure)
        {
            throw CliException.BadInput($"{NameOf(option, path)} has more than {limit} bytes, which are the most that is read", remedy, failure);
        }
        catch (Exception failure) when (IsRefusal(failure))
        {
            throw Unreadable(option, path, remedy, failure);
        }
    }

    /// <summary>Opens a file that is read from its beginning to its end, and is too large to be held in memory.</summary>
    /// <param name="option">The option that named it; null for an argument.</param>
    /// <param name="path">The file.</param>
    /// <param name="remedy">What to do when it cannot be read; null: nothing is added.</param>
    /// <exception cref="CliException">Nothing is named (exit code 2); it cannot be opened (3).</exception>
    public static FileStream Open(string? option, string path, string? remedy = null)
    {
        RequireName(option, path);
        try
        {
            return new FileStream(path, new FileStreamOptions { BufferSize = 0, Options = FileOptions.SequentialScan });
        }
        catch (Exception failure) when (IsRefusal(failure))
        {
            throw Unreadable(option, path, remedy, failure);
        }
    }

    private static string NameOf(string? option, string path) => option is null ? path : $"{option}: '{path}'";

    private static void RequireName(string? option, string path)
    {
        if (path.Length == 0)
        {
            throw option is null
                ? CliException.Usage("the name of the file is empty", "Name a file.")
                : CliException.Usage($"{option} is empty", $"Name a file: {option} FILE.");
        }
    }

    private static bool IsRefusal(Exception failure) => failure is IOException or UnauthorizedAccessException or ArgumentException;

    private static CliException Unreadable(string? option, string path, string? remedy, Exception failure)
    {
        var problem = failure switch
        {
            _ when Directory.Exists(path) => "it is a directory",
            FileNotFoundException or DirectoryNotFoundException => "no such file",
            UnauthorizedAccessException => "no permission",
            _ => failure.Message,
        };
        return CliException.BadInput($"{NameOf(option, path)} cannot be read: {problem}", remedy, failure);
    }

    /// <summary>Reads a file, or standard input to its end where <c>-</c> is named.</summary>
    /// <exception cref="CliException">As <see cref="Read"/>.</exception>
    public static byte[] ReadOrStandardInput(CommandContext context, string? option, string path, long limit)
    {
        if (path != "-")
        {
            return Read(option, path, limit);
        }

        try
        {
            using var input = context.Invocation.OpenStandardInput();
            return WholeFile.Read(input, limit);
        }
        catch (FileTooLargeException failure)
        {
            throw CliException.BadInput($"standard input has more than {limit} bytes, which are the most that is read", cause: failure);
        }
        catch (Exception failure) when (IsRefusal(failure))
        {
            throw CliException.BadInput(
                "standard input cannot be read", "Give a file, or a pipe that is open for reading, such as 'casemate … - < FILE'.", failure);
        }
    }

    /// <summary>Reads a text.</summary>
    /// <exception cref="CliException">As <see cref="Read"/>; or it is not UTF-8 (exit code 3).</exception>
    public static string ReadText(string? option, string path, long limit)
    {
        try
        {
            return StrictUtf8.GetString(Read(option, path, limit));
        }
        catch (DecoderFallbackException failure)
        {
            throw CliException.BadInput($"{(option is null ? "" : $"{option}: ")}'{path}' is not UTF-8 text", cause: failure);
        }
    }
}
