using System.Text;

namespace Casemate.Cli.Image;

/// <summary>Files that commands about signatures read: small, and named by an option.</summary>
internal static class SignatureFile
{
    private const int MaxBytes = 16 << 20;

    /// <summary>Reads a file as a whole.</summary>
    /// <param name="option">The option that names it.</param>
    /// <param name="path">The file.</param>
    /// <exception cref="CliException">It cannot be read, or is larger than 16 MiB (exit code 3).</exception>
    public static byte[] Read(string option, string path)
    {
        if (path.Length == 0)
        {
            throw CliException.Usage($"{option} is empty", $"Name a file: {option} FILE.");
        }

        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
            var bytes = new byte[MaxBytes + 1];
            var count = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            return count <= MaxBytes
                ? bytes[..count]
                : throw CliException.BadInput($"{option}: '{path}' is larger than {MaxBytes >> 20} MiB", "Name the file that is meant.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw CliException.BadInput($"{option}: '{path}' cannot be read: {e.Message}", $"Name a file that is there: {option} FILE.", e);
        }
    }

    /// <summary>Reads a text file.</summary>
    public static string ReadText(string option, string path) => Encoding.UTF8.GetString(Read(option, path));
}
