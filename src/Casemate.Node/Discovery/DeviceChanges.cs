namespace Casemate.Node.Discovery;

/// <summary>
/// Changes below <c>/dev</c> by inotify, of the names that matter here. Events can be lost, which is why the watcher looks from time
/// to time as well.
/// </summary>
public sealed class DeviceChanges : IDeviceChanges
{
    private static readonly string[] Prefixes = ["sgx", "isgx", "gsgx", "sev", "tdx"];

    private readonly SemaphoreSlim _changed = new(0, 1);
    private readonly List<FileSystemWatcher> _watchers = [];

    /// <summary>Starts to watch; a directory that cannot be watched is left to the timer.</summary>
    /// <param name="roots">Where <c>/dev</c> is mounted.</param>
    public DeviceChanges(NodeRoots roots)
    {
        ArgumentNullException.ThrowIfNull(roots);
        Watch(roots.Dev, "");
        Watch(Path.Combine(roots.Dev, "sgx"), "sgx/");
    }

    /// <summary>Whether a name below <c>/dev</c> can be one of the device nodes that a scan looks at.</summary>
    internal static bool Matters(string name) => Prefixes.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal));

    /// <inheritdoc/>
    public Task WaitAsync(CancellationToken cancellationToken) => _changed.WaitAsync(cancellationToken);

    /// <inheritdoc/>
    public void Dispose()
    {
        _watchers.ForEach(watcher => watcher.Dispose());
        _changed.Dispose();
    }

    private void Watch(string directory, string prefix)
    {
        try
        {
            if (!Directory.Exists(directory))
            {
                return;
            }

            var watcher = new FileSystemWatcher(directory) { NotifyFilter = NotifyFilters.FileName | NotifyFilters.DirectoryName };
            watcher.Created += (_, change) => Tell(prefix + change.Name);
            watcher.Deleted += (_, change) => Tell(prefix + change.Name);
            watcher.Renamed += (_, change) =>
            {
                Tell(prefix + change.Name);
                Tell(prefix + change.OldName);
            };
            watcher.Error += (_, _) => Tell("sgx");
            watcher.EnableRaisingEvents = true;
            _watchers.Add(watcher);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            // No inotify instance is left, or the directory went away: the timer finds changes later.
        }
    }

    private void Tell(string name)
    {
        if (!Matters(name))
        {
            return;
        }

        try
        {
            _changed.Release();
        }
        catch (Exception e) when (e is SemaphoreFullException or ObjectDisposedException)
        {
            // A change is waiting to be seen already, or nobody looks any more.
        }
    }
}
