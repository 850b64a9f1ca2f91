using System.Text.Json;
using System.Threading.Channels;

namespace Casemate.Primitives.Files;

/// <summary>
/// An append-only log, one JSON object a line. Each line carries the SHA-256 of the line before it, also across files, so that a record
/// that is changed, taken out or moved breaks the chain.
/// </summary>
/// <remarks>
/// Every line begins with the members <c>v</c> (1), <c>seq</c> (the record's number, from 0), <c>prev</c> (the hash of the line before,
/// 64 hex digits) and <c>time</c>. Records that arrive together are written and flushed together. While the disk is full every record
/// fails; nothing is left half written, and recording goes on by itself when there is room. After a crash the last line may be torn:
/// opening cuts it off and says so in a record. The newest records can be cut off unnoticed by whoever can write the file: ship the
/// lines elsewhere as well. Safe for concurrent use.
/// </remarks>
public sealed partial class HashChainedLog : IAsyncDisposable
{
    /// <summary>What the first line carries in place of a hash.</summary>
    public const string FirstPrevious = "0000000000000000000000000000000000000000000000000000000000000000";

    private readonly string _path;
    private readonly HashChainedLogOptions _options;
    private readonly FileLock _lock;
    private readonly Channel<Pending> _queue = Channel.CreateBounded<Pending>(new BoundedChannelOptions(1024) { SingleReader = true });
    private readonly Task _writing;
    private readonly Lock _writingLock = new();
    private FileStream _file;
    private Position _at;
    private long _firstOfFile;
    private bool _unflushed;
    private bool _halfWritten;

    private HashChainedLog(string path, HashChainedLogOptions options, FileLock fileLock, FileStream file, Position at, long firstOfFile)
    {
        (_path, _options, _lock, _file, _at, _firstOfFile) = (path, options, fileLock, file, at, firstOfFile);
        _writing = Task.Run(WriteAllAsync);
    }

    /// <summary>Opens or makes a log, for this process alone.</summary>
    /// <param name="path">The file; its directory must exist. A file <c>.lock</c> is kept beside it. Its owner alone may read it.</param>
    /// <param name="options">Names, size and safety.</param>
    /// <param name="now">The time that stands in a record of recovery.</param>
    /// <exception cref="IOException">The file cannot be opened, or another process has it.</exception>
    /// <exception cref="InvalidDataException">The last whole line is no record, so that the chain cannot be continued.</exception>
    public static HashChainedLog Open(string path, HashChainedLogOptions options, DateTimeOffset now)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaximumLineBytes, 1024);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaximumFileBytes ?? long.MaxValue, 4096);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.FilesKept, 1);
        var fileLock = FileLock.TryAcquire(path + ".lock")
            ?? throw new IOException(
                $"The {options.Name} '{path}' is in use by another process. One {options.Writer} writes one log.");
        FileStream? file = null;
        try
        {
            file = OpenFile(path);
            var (at, first, torn) = ReadEnd(path, file, options);
            if (torn > 0)
            {
                file.SetLength(at.Length);
                at = AppendRecovery(file, at, now, torn);
            }

            return new HashChainedLog(path, options, fileLock, file, at, first);
        }
        catch
        {
            file?.Dispose();
            fileLock.Dispose();
            throw;
        }
    }

    /// <summary>Appends a record. It is written when the task has ended; on disk as well if the options say so.</summary>
    /// <param name="time">When it happened.</param>
    /// <param name="writeMembers">
    /// Writes the members after the frame's own. Runs once, on another thread; if it throws, this record alone fails.
    /// </param>
    /// <param name="cancellationToken">Stops the wait; the record may still be written.</param>
    /// <exception cref="IOException">It could not be recorded, or the log is closed.</exception>
    public async ValueTask AppendAsync(DateTimeOffset time, Action<Utf8JsonWriter> writeMembers, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(writeMembers);
        var pending = new Pending(time, writeMembers);
        try
        {
            await _queue.Writer.WriteAsync(pending, cancellationToken).ConfigureAwait(false);
        }
        catch (ChannelClosedException)
        {
            throw new IOException($"The {_options.Name} is closed.");
        }

        await pending.Written.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Forces to disk what is not there yet. Never throws: what could not be flushed is tried again next time.</summary>
    public void Flush()
    {
        lock (_writingLock)
        {
            if (!_unflushed || _file.SafeFileHandle.IsClosed)
            {
                return;
            }

            try
            {
                RandomAccess.FlushToDisk(_file.SafeFileHandle);
                _unflushed = false;
            }
            catch (IOException)
            {
                // The records stay marked, and the next write reports a disk that fails.
            }
        }
    }

    /// <summary>Writes what is waiting, forces it to disk and closes the file.</summary>
    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await _writing.ConfigureAwait(false);
        Flush();
        await _file.DisposeAsync().ConfigureAwait(false);
        _lock.Dispose();
    }

    /// <summary>Where the next line goes, its number, and the hash of the line before it.</summary>
    private readonly record struct Position(long Length, long Sequence, string Hash);

    private sealed record Pending(DateTimeOffset Time, Action<Utf8JsonWriter> WriteMembers)
    {
        public TaskCompletionSource Written { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
