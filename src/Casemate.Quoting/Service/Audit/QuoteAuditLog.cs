using System.Globalization;
using System.Security.Cryptography;
using System.Threading.Channels;
using Casemate.Primitives.Files;

namespace Casemate.Quoting.Service.Audit;

/// <summary>
/// An append-only file of quotes, one JSON object a line. Each line carries the SHA-256 of the line before it, also across files, so
/// that a record that is changed, taken out or moved breaks the chain.
/// </summary>
/// <remarks>
/// A full file <c>quotes.jsonl</c> becomes <c>quotes.jsonl.FIRST</c>, with the number of its first record in twenty digits. While the
/// disk is full every record fails, and <see cref="QuoteServiceOptions.RequireAudit"/> says what becomes of the quotes; nothing is left
/// half written, and recording goes on by itself when there is room. After a crash a torn last line is cut off, and a record says so.
/// The newest records can be cut off unnoticed by whoever can write the file: ship the lines elsewhere as well.
/// </remarks>
public sealed partial class QuoteAuditLog : IQuoteAudit, IAsyncDisposable
{
    private const int MaximumBatch = 256;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly string _path;
    private readonly QuoteAuditLogOptions _options;
    private readonly FileLock _lock;
    private readonly Channel<Pending> _queue = Channel.CreateBounded<Pending>(new BoundedChannelOptions(1024) { SingleReader = true });
    private readonly Task _writing;
    private readonly ITimer? _flushTimer;
    private readonly Lock _writingLock = new();
    private FileStream _file;
    private Position _at;
    private long _firstOfFile;
    private bool _dirty;
    private bool _halfWritten;

    private QuoteAuditLog(
        string path, QuoteAuditLogOptions options, TimeProvider time, FileLock fileLock, FileStream file, Position at, long first)
    {
        (_path, _options, _lock, _file, _at, _firstOfFile) = (path, options, fileLock, file, at, first);
        _writing = Task.Run(WriteAllAsync);
        _flushTimer = options.Flush is AuditFlush.Interval
            ? time.CreateTimer(_ => FlushIfDirty(), null, options.FlushInterval, options.FlushInterval)
            : null;
    }

    /// <summary>Opens or makes a log, for this process alone.</summary>
    /// <param name="path">The file; its directory must exist. A file <c>.lock</c> is kept beside it.</param>
    /// <param name="options">Size and safety.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="IOException">The file cannot be opened, or another process has it.</exception>
    /// <exception cref="InvalidDataException">The last whole line is no record, so that the chain cannot be continued.</exception>
    public static QuoteAuditLog Open(string path, QuoteAuditLogOptions options, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaximumFileBytes, 4096);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.FilesKept, 1);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(options.FlushInterval, TimeSpan.Zero);
        path = Path.GetFullPath(path);
        var fileLock = FileLock.TryAcquire(path + ".lock")
            ?? throw new IOException($"The audit log '{path}' is in use by another process. One quote helper writes one log.");
        FileStream? file = null;
        try
        {
            file = OpenFile(path);
            var (at, first, torn) = ReadEnd(path, file);
            if (torn > 0)
            {
                file.SetLength(at.Length);
                at = Append(file, at, QuoteAuditLine.WriteRecovery(at.Sequence, at.Hash, time.GetUtcNow(), torn));
            }

            return new QuoteAuditLog(path, options, time, fileLock, file, at, first);
        }
        catch
        {
            file?.Dispose();
            fileLock.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask RecordAsync(QuoteAuditRecord record, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(record);
        var pending = new Pending(record);
        try
        {
            await _queue.Writer.WriteAsync(pending, cancellationToken).ConfigureAwait(false);
        }
        catch (ChannelClosedException)
        {
            throw new IOException("The audit log is closed.");
        }

        await pending.Written.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Writes what is waiting, forces it to disk and closes the file.</summary>
    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await _writing.ConfigureAwait(false);
        if (_halfWritten)
        {
            CutOffHalfWritten();
        }

        if (_flushTimer is not null)
        {
            await _flushTimer.DisposeAsync().ConfigureAwait(false);
        }

        FlushIfDirty();
        await _file.DisposeAsync().ConfigureAwait(false);
        _lock.Dispose();
    }

    private async Task WriteAllAsync()
    {
        var batch = new List<Pending>(MaximumBatch);
        while (await _queue.Reader.WaitToReadAsync().ConfigureAwait(false))
        {
            batch.Clear();
            while (batch.Count < MaximumBatch && _queue.Reader.TryRead(out var pending))
            {
                batch.Add(pending);
            }

            Exception? failure = null;
            try
            {
                lock (_writingLock)
                {
                    WriteBatch(batch);
                }
            }
            catch (Exception e)
            {
                // Whatever it is, every waiting caller must hear of it, and the next batch must find the loop alive.
                failure = new IOException($"The audit log cannot be written: {e.Message}", e);
            }

            foreach (var pending in batch)
            {
                _ = failure is null ? pending.Written.TrySetResult() : pending.Written.TrySetException(failure);
            }
        }
    }

    private void WriteBatch(List<Pending> batch)
    {
        if (_at.Length >= _options.MaximumFileBytes)
        {
            Rotate();
        }

        using var bytes = new MemoryStream();
        var (sequence, hash) = (_at.Sequence, _at.Hash);
        foreach (var pending in batch)
        {
            var line = QuoteAuditLine.Write(pending.Record, sequence, hash);
            (sequence, hash) = (sequence + 1, HashOf(line));
            bytes.Write(line);
            bytes.WriteByte((byte)'\n');
        }

        if (_halfWritten)
        {
            _file.SetLength(_at.Length);                                   // what a failed write left must not follow the next one
        }

        _halfWritten = true;
        RandomAccess.Write(_file.SafeFileHandle, bytes.GetBuffer().AsSpan(0, (int)bytes.Length), _at.Length);
        if (_options.Flush is AuditFlush.EachRecord)
        {
            RandomAccess.FlushToDisk(_file.SafeFileHandle);
        }

        _halfWritten = false;
        _at = new Position(_at.Length + bytes.Length, sequence, hash);
        _dirty = true;
    }

    // The new file is named before the old one is let go: a failure at any step leaves a log that can be opened and continued.
    private void Rotate()
    {
        RandomAccess.FlushToDisk(_file.SafeFileHandle);
        var full = _path + "." + _firstOfFile.ToString("D20", CultureInfo.InvariantCulture);
        File.Move(_path, full, overwrite: false);
        FileStream next;
        try
        {
            next = OpenFile(_path);
        }
        catch
        {
            File.Move(full, _path, overwrite: false);
            throw;
        }

        _file.Dispose();
        _file = next;
        _firstOfFile = _at.Sequence;
        _at = _at with { Length = 0 };
        foreach (var old in FullFiles(_path).SkipLast(_options.FilesKept))
        {
            File.Delete(old);
        }
    }

    private void CutOffHalfWritten()
    {
        try
        {
            _file.SetLength(_at.Length);
        }
        catch (Exception e) when (e is IOException or ArgumentException or NotSupportedException)
        {
            // Opening cuts off what is torn, and says so in a record.
        }
    }

    private void FlushIfDirty()
    {
        lock (_writingLock)
        {
            if (!_dirty || _file.SafeFileHandle.IsClosed)
            {
                return;
            }

            try
            {
                RandomAccess.FlushToDisk(_file.SafeFileHandle);
                _dirty = false;
            }
            catch (IOException)
            {
                // The records stay marked: the next interval tries again, and the next write reports a disk that fails.
            }
        }
    }

    private static FileStream OpenFile(string path)
    {
        var options = new FileStreamOptions
        {
            Mode = FileMode.OpenOrCreate,
            Access = FileAccess.ReadWrite,
            Share = FileShare.ReadWrite | FileShare.Delete,
            BufferSize = 0,
        };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = OwnerOnly;
        }

        return new FileStream(path, options);
    }

    private static string HashOf(ReadOnlySpan<byte> line) => Convert.ToHexStringLower(SHA256.HashData(line));

    private readonly record struct Position(long Length, long Sequence, string Hash);

    private sealed class Pending(QuoteAuditRecord record)
    {
        public QuoteAuditRecord Record { get; } = record;

        public TaskCompletionSource Written { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
