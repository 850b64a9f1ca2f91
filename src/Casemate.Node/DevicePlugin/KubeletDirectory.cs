using Microsoft.Extensions.Logging;

namespace Casemate.Node.DevicePlugin;

/// <summary>
/// The directory in which the kubelet and its plugins have their sockets. Tells of changes at once by inotify, and says "look again"
/// after each interval as well, since events can be lost and the directory itself can be replaced.
/// </summary>
internal sealed class KubeletDirectory : IDisposable
{
    private readonly ILogger _logger;
    private readonly ITimer _timer;
    private readonly Lock _watching = new();
    private TaskCompletionSource _change = NewChange();
    private FileSystemWatcher? _watcher;
    private FileStamp? _watched;
    private bool _disposed;

    /// <summary>Starts to watch; the directory need not exist yet.</summary>
    /// <param name="path">Absolute path of the directory.</param>
    /// <param name="interval">How often to say "look again" without an event.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Where to complain when events cannot be had.</param>
    public KubeletDirectory(string path, TimeSpan interval, TimeProvider time, ILogger logger)
    {
        (Path, _logger) = (path, logger);
        Watch();
        _timer = time.CreateTimer(_ => Tick(), null, interval, interval);
    }

    /// <summary>The directory.</summary>
    public string Path { get; }

    /// <summary>The kubelet's socket.</summary>
    public string KubeletSocket => System.IO.Path.Combine(Path, "kubelet.sock");

    /// <summary>Which file the kubelet's socket is; null when it is not there.</summary>
    public FileStamp? Kubelet => FileStamp.TryRead(KubeletSocket);

    /// <summary>Ends with the next change or interval. Take it before looking, so that nothing is missed in between.</summary>
    public Task NextChange => Volatile.Read(ref _change).Task;

    /// <summary>Watches no more.</summary>
    public void Dispose()
    {
        lock (_watching)
        {
            _disposed = true;
            _watcher?.Dispose();
            _watcher = null;
        }

        _timer.Dispose();
    }

    private static TaskCompletionSource NewChange() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void Tick()
    {
        Watch();
        Pulse();
    }

    // Without the lock: a watcher's thread must not wait for whoever disposes of that watcher.
    private void Pulse() => Interlocked.Exchange(ref _change, NewChange()).TrySetResult();

    // A watch is on an inode: a directory that was made anew needs a new one.
    private void Watch()
    {
        lock (_watching)
        {
            var present = Directory.Exists(Path) ? FileStamp.TryRead(Path) : null;
            if (_disposed || (_watcher is not null && present?.Inode == _watched?.Inode && present?.Born == _watched?.Born))
            {
                return;
            }

            _watcher?.Dispose();
            _watcher = null;
            if (present is null)
            {
                return;
            }

            try
            {
                var watcher = new FileSystemWatcher(Path) { NotifyFilter = NotifyFilters.FileName };
                watcher.Created += (_, _) => Pulse();
                watcher.Deleted += (_, _) => Pulse();
                watcher.Renamed += (_, _) => Pulse();
                watcher.Error += (_, _) => Pulse();
                watcher.EnableRaisingEvents = true;
                (_watcher, _watched) = (watcher, present);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
            {
                DevicePluginLog.NoEvents(_logger, Path, e.Message);
            }
        }
    }
}
