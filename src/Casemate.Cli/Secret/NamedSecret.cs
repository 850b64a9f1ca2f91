using System.Text;
using Casemate.Broker;

namespace Casemate.Cli.Secret;

/// <summary>A secret as the command line gives it.</summary>
/// <param name="Path">The resource that it becomes.</param>
/// <param name="Content">Its bytes.</param>
internal sealed record NamedSecret(ResourcePath Path, byte[] Content)
{
    /// <summary>The largest secret, in bytes.</summary>
    public const int MaximumSize = DirectoryResourceStore.DefaultMaxResourceSize;

    private static readonly string Limit = $"{MaximumSize / 1024} KiB, the limit for a secret";

    /// <summary>Reads <c>NAME=VALUE</c> or <c>NAME=@FILE</c>.</summary>
    /// <exception cref="CliException">The argument has another form (exit code 2), or the file cannot be read (3).</exception>
    public static NamedSecret Parse(string argument)
    {
        var equals = argument.IndexOf('=');
        if (equals < 0)
        {
            // The argument may be a secret typed without its name: it is not repeated.
            throw CliException.Usage("--secret wants NAME=VALUE or NAME=@FILE, and there is no '='");
        }

        var path = PathOf(argument[..equals]);
        var value = argument[(equals + 1)..];
        if (value.Contains('\uFFFD', StringComparison.Ordinal))
        {
            // The base library puts this character where an argument is not UTF-8: the workload would get another secret than was given.
            throw CliException.Usage($"the secret {path} is not valid UTF-8 text", "Put its bytes into a file and write NAME=@FILE.");
        }

        var content = value.StartsWith('@') ? ReadFile(value[1..]) : Encoding.UTF8.GetBytes(value);
        return content.Length is > 0 and <= MaximumSize
            ? new NamedSecret(path, content)
            : throw CliException.BadInput($"the secret {path} is {(content.Length == 0 ? "empty" : $"larger than {Limit}")}");
    }

    /// <summary>Reads every argument.</summary>
    /// <exception cref="CliException">As for <see cref="Parse"/>; or two arguments name one resource (exit code 2).</exception>
    public static IReadOnlyList<NamedSecret> ParseAll(IEnumerable<string> arguments)
    {
        var secrets = new List<NamedSecret>();
        foreach (var secret in arguments.Select(Parse))
        {
            if (secrets.Any(known => known.Path == secret.Path))
            {
                throw CliException.Usage($"--secret names {secret.Path} twice");
            }

            secrets.Add(secret);
        }

        return secrets;
    }

    /// <summary>
    /// The resource of a name: <c>NAME</c> means <c>default/secret/NAME</c>, a full <c>REPOSITORY/TYPE/TAG</c> means itself.
    /// </summary>
    /// <exception cref="CliException">The name is neither (exit code 2).</exception>
    public static ResourcePath PathOf(string name) =>
        ResourcePath.TryParse(name.Contains('/') ? name : $"default/secret/{name}", out var path)
            ? path
            : throw CliException.Usage(
                $"'{name}' does not name a secret",
                "Write NAME or REPOSITORY/TYPE/TAG; letters, digits, '_', '-' and '.' (not first) are allowed in each part.");

    /// <summary>Reads a secret from a file, or from any stream with an end.</summary>
    /// <exception cref="CliException">It cannot be read, or is larger than <see cref="MaximumSize"/> (exit code 3).</exception>
    public static byte[] ReadFile(string file)
    {
        if (file.Length == 0)
        {
            throw CliException.Usage("no file is named where a secret's file is expected");
        }

        try
        {
            using var stream = File.OpenRead(file);
            return Read(stream, $"'{file}'");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw CliException.BadInput($"the secret in '{file}' cannot be read: {exception.Message}", cause: exception);
        }
    }

    /// <summary>Reads a secret to the end of a stream.</summary>
    /// <exception cref="CliException">It is larger than <see cref="MaximumSize"/> (exit code 3).</exception>
    public static byte[] Read(Stream stream, string name)
    {
        var buffer = new byte[64 * 1024];
        var length = 0;
        int read;
        while ((read = stream.Read(buffer, length, buffer.Length - length)) > 0)
        {
            length += read;
            if (length > MaximumSize)
            {
                throw CliException.BadInput($"the secret in {name} is larger than {Limit}");
            }

            if (length == buffer.Length)
            {
                Array.Resize(ref buffer, buffer.Length * 2);
            }
        }

        return buffer[..length];
    }
}
