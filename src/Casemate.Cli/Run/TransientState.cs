using System.Security.Cryptography;
using Casemate.Primitives.Files;

namespace Casemate.Cli.Run;

/// <summary>
/// A directory for what a broker keeps during one run, gone when the run ends. In the user's runtime directory, which is memory on
/// most systems, where there is one. What a killed run left behind is removed by the next.
/// </summary>
internal sealed class TransientState : IDisposable
{
    private const string LockExtension = ".lock";
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

        // The lock lies beside the directory and is held before the directory is there and until it is gone: whoever finds a
        // directory can tell from its lock whether somebody still uses it.
        var path = System.IO.Path.Combine(parent, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8)));
        var inUse = FileLock.TryAcquire(path + LockExtension) ?? throw new IOException($"'{path}' is in use by another process.");
        MakePrivate(path);
        return new TransientState(path, inUse);
    }

    public void Dispose()
    {
        try
        {
            Directory.Delete(Path, recursive: true);
            File.Delete(Path + LockExtension);
        }
        catch (IOException)
        {
            // Not worth an error at the end of a good run: the next run tries again.
        }
        finally
        {
            _inUse.Dispose();
        }
    }

    private static void RemoveAbandoned(string parent)
    {
        foreach (var directory in Directory.EnumerateDirectories(parent))
        {
            try
            {
                using var abandoned = FileLock.TryAcquire(directory + LockExtension);
                if (abandoned is not null)
                {
                    Directory.Delete(directory, recursive: true);
                    File.Delete(directory + LockExtension);
                }
            }
            catch (IOException)
            {
                // Its user, or another process that tidies up, was faster. What stays is tried again by the next run.
                continue;
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
