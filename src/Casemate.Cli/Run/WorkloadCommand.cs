namespace Casemate.Cli.Run;

/// <summary>The command to run, found but not started.</summary>
/// <param name="Path">The executable, absolute. Symbolic links are not followed: many programs look at the name they are called by.</param>
/// <param name="Arguments">Its arguments, without the name.</param>
internal sealed record WorkloadCommand(string Path, IReadOnlyList<string> Arguments)
{
    /// <summary>The executable's name, for people.</summary>
    public string Name => System.IO.Path.GetFileName(Path);

    private const UnixFileMode Executable = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <summary>Finds a command as a shell does: a name with a slash is a path, any other is looked up in <c>PATH</c>.</summary>
    /// <param name="command">Name and arguments, at least the name.</param>
    /// <param name="environment">Reads an environment variable.</param>
    /// <exception cref="CliException">There is no such executable file (exit code 3).</exception>
    public static WorkloadCommand Find(IReadOnlyList<string> command, Func<string, string?> environment)
    {
        var found = Locate(command, environment);
        return MissingInterpreter(found.Path) is { } interpreter
            ? throw CliException.BadInput($"command '{command[0]}' is a script for '{interpreter}', which does not exist")
            : found;
    }

    private static WorkloadCommand Locate(IReadOnlyList<string> command, Func<string, string?> environment)
    {
        var name = command[0];
        if (name.Contains('/'))
        {
            return new WorkloadCommand(Check(System.IO.Path.GetFullPath(name), name), [.. command.Skip(1)]);
        }

        string? almost = null;
        foreach (var directory in (environment("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries))
        {
            var candidate = System.IO.Path.Combine(System.IO.Path.GetFullPath(directory), name);
            if (File.Exists(candidate))
            {
                if (IsExecutable(candidate))
                {
                    return new WorkloadCommand(candidate, [.. command.Skip(1)]);
                }

                almost ??= candidate;
            }
        }

        throw almost is not null
            ? CliException.BadInput($"command '{name}' was found at {almost}, but that file is not executable", $"Try: chmod +x {almost}")
            : CliException.BadInput(
                $"command '{name}' was not found in PATH",
                File.Exists(name) ? $"For the file in this directory write ./{name}" : null);
    }

    private static string Check(string path, string name)
    {
        if (Directory.Exists(path))
        {
            throw CliException.BadInput($"command '{name}' is a directory");
        }

        if (!File.Exists(path))
        {
            throw CliException.BadInput($"command '{name}' does not exist");
        }

        return IsExecutable(path)
            ? path
            : throw CliException.BadInput($"command '{name}' is not executable", $"Try: chmod +x {name}");
    }

    // Found out here, because the kernel says of the script itself that it does not exist.
    private static string? MissingInterpreter(string path)
    {
        var start = new byte[256];
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
            start = start[..stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;                                       // Measuring it will tell.
        }

        var end = start.AsSpan().IndexOf((byte)'\n');
        if (end < 0 || !start.AsSpan().StartsWith("#!"u8))
        {
            return null;
        }

        var interpreter = System.Text.Encoding.UTF8.GetString(start, 2, end - 2).Trim(' ', '\t').Split(' ', '\t')[0];
        return interpreter.StartsWith('/') && !File.Exists(interpreter) ? interpreter : null;
    }

    private static bool IsExecutable(string path) =>
        OperatingSystem.IsWindows() || (File.GetUnixFileMode(System.IO.Path.GetFullPath(Resolve(path))) & Executable) != 0;

    private static string Resolve(string path) => File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path;
}
