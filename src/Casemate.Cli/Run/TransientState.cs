using System.Security.Cryptography;
using Casemate.Primitives.Files;

namespace Casemate.Cli.Run;

/// <summary>
/// A directory for what a broker keeps during one run, gone when the run ends. In the user's runtime directory, which is memory on
/// most systems, where there is one. What a killed run left behind is removed by the next.
/// </summary>
internal sealed class TransientState : IDisposable
{
    private const string LockName = "run.lock";
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private readonly FileLock _inUse;

    private TransientState(string path, FileLock inUse) => (Path, _inUse) = (path, inUse);

    /// <summary>The directory.</summary>
    public string Path { get; }

    /// <summary>Makes a directory.</summary>
    /// <param name="stateDirectory">Where to make it when the user has no runtime directory.</param>
    /// <param name="environment">Reads an environment variable.</param>
    public static TransientState Create(string stateDirectory, Func<string, string?> environment)
    {
        var parent = environment("XDG_RUNTIME_DIR") is { Length: > 0 } runtime && Directory.Exists(runtime)
            ? System.IO.Path.Combine(runtime, "casemate-run")
            : System.IO.Path.Combine(stateDirectory, "run");
        MakePrivate(parent);
        RemoveAbandoned(parent);
        var path = System.IO.Path.Combine(parent, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8)));
        MakePrivate(path);
        var inUse = FileLock.TryAcquire(System.IO.Path.Combine(path, LockName))
            ?? throw new IOException($"'{path}' was taken by another process the moment it was made.");
        return new TransientState(path, inUse);
    }

    public void Dispose()
    {
        Directory.Delete(Path, recursive: true);
        _inUse.Dispose();
    }

    private static void RemoveAbandoned(string parent)
    {
        foreach (var directory in Directory.EnumerateDirectories(parent))
        {
            // A directory without a lock file is being made this moment; one whose lock is free has lost its process.
            if (!File.Exists(System.IO.Path.Combine(directory, LockName)))
            {
                continue;
            }

            using var free = FileLock.TryAcquire(System.IO.Path.Combine(directory, LockName));
            if (free is not null)
            {
                Directory.Delete(directory, recursive: true);
            }
        }
    }

    private static void MakePrivate(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
        }
        else
        {
            Directory.CreateDirectory(path, Private);
        }
    }
}
