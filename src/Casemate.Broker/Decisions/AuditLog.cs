using System.Security.Cryptography;
using System.Text.Json;
using System.Threading.Channels;
using Casemate.Primitives.Files;
using Casemate.Primitives.Json;

namespace Casemate.Broker;

/// <summary>
/// An append-only file of decisions, one JSON object a line. Each line carries the SHA-256 of the line before it, so that a record
/// that is changed, taken out or moved breaks the chain. A record is on disk before the decision takes effect.
/// </summary>
/// <remarks>
/// Records that arrive together are written and flushed together. After a crash the last line may be torn: opening cuts it off and
/// says so in a record. The end of the file can be cut off unnoticed by whoever can write it: ship the lines elsewhere as well.
/// </remarks>
public sealed class AuditLog : IAuditSink, IAsyncDisposable
{
    /// <summary>What the first line carries in place of a hash.</summary>
    public const string FirstPrevious = "0000000000000000000000000000000000000000000000000000000000000000";

    /// <summary>The longest line that is read, in bytes.</summary>
    public const int MaxLineLength = 256 * 1024;

    private const int MaxBatch = 256;

    private readonly FileLock _lock;
    private readonly FileStream _file;
    private readonly Channel<Pending> _queue = Channel.CreateBounded<Pending>(new BoundedChannelOptions(1024) { SingleReader = true });
    private readonly Task _writing;
    private long _length;
    private long _sequence;
    private string _previousHash;

    private AuditLog(FileLock fileLock, FileStream file, Tail tail)
    {
        (_lock, _file) = (fileLock, file);
        (_length, _sequence, _previousHash) = (tail.Length, tail.NextSequence, tail.Hash);
        _writing = Task.Run(WriteAllAsync);
    }

    /// <summary>Opens or makes a log, for this process alone.</summary>
    /// <param name="path">The file; its directory must exist. A file <c>.lock</c> is kept beside it.</param>
    /// <param name="now">The time that stands in a record of recovery.</param>
    /// <exception cref="IOException">The file cannot be opened, or another process has it.</exception>
    /// <exception cref="InvalidDataException">The last whole line is no record, so that the chain cannot be continued.</exception>
    public static AuditLog Open(string path, DateTimeOffset now)
    {
        var fileLock = FileLock.TryAcquire(path + ".lock")
            ?? throw new IOException($"The audit log '{path}' is in use by another process. One broker writes one log.");
        FileStream? file = null;
        try
        {
            _ = AtomicFile.TryCreate(path, []);
            file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, bufferSize: 0);
            var tail = ReadTail(path, file);
            if (tail.TornBytes > 0)
            {
                file.SetLength(tail.Length);
                tail = Append(file, tail, AuditRecord.WriteRecovery(tail.NextSequence, tail.Hash, now, tail.TornBytes));
            }

            return new AuditLog(fileLock, file, tail);
        }
        catch
        {
            file?.Dispose();
            fileLock.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask RecordAsync(Decision decision, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(decision);
        var pending = new Pending(decision);
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

    /// <summary>Writes what is waiting and closes the file.</summary>
    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await _writing.ConfigureAwait(false);
        await _file.DisposeAsync().ConfigureAwait(false);
        _lock.Dispose();
    }

    /// <summary>Checks the whole chain of a log, also of one that a broker is writing to.</summary>
    /// <param name="path">The file.</param>
    /// <returns>The number of records, and the first line that breaks the chain.</returns>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static AuditChain Verify(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var expected = FirstPrevious;
        long records = 0;
        foreach (var (line, isWhole) in ReadLines(file))
        {
            if (!isWhole)
            {
                return new AuditChain(records, records + 1, "the line is torn or too long");
            }

            if (ReadLink(line) is not { } link)
            {
                return new AuditChain(records, records + 1, "the line is no record");
            }

            if (link.Previous != expected || link.Sequence != records)
            {
                return new AuditChain(records, records + 1, "the line does not follow the one before it");
            }

            expected = Convert.ToHexStringLower(SHA256.HashData(line));
            records++;
        }

        return new AuditChain(records, null, null);
    }

    private async Task WriteAllAsync()
    {
        var batch = new List<Pending>(MaxBatch);
        while (await _queue.Reader.WaitToReadAsync().ConfigureAwait(false))
        {
            batch.Clear();
            while (batch.Count < MaxBatch && _queue.Reader.TryRead(out var pending))
            {
                batch.Add(pending);
            }

            WriteBatch(batch);
        }
    }

    private void WriteBatch(List<Pending> batch)
    {
        using var bytes = new MemoryStream();
        var (sequence, hash) = (_sequence, _previousHash);
        foreach (var pending in batch)
        {
            try
            {
                var line = AuditRecord.Write(pending.Decision, sequence, hash);
                (sequence, hash) = (sequence + 1, Convert.ToHexStringLower(SHA256.HashData(line)));
                bytes.Write(line);
                bytes.WriteByte((byte)'\n');
            }
            catch (Exception e)
            {
                // One decision that cannot be put into words must not take the others of its batch with it.
                pending.Written.TrySetException(new IOException($"The decision cannot be recorded: {e.Message}", e));
            }
        }

        try
        {
            RandomAccess.Write(_file.SafeFileHandle, bytes.GetBuffer().AsSpan(0, (int)bytes.Length), _length);
            RandomAccess.FlushToDisk(_file.SafeFileHandle);
            (_length, _sequence, _previousHash) = (_length + bytes.Length, sequence, hash);
            batch.ForEach(p => p.Written.TrySetResult());
        }
        catch (Exception e)
        {
            // Whatever it is, every waiting caller must hear of it, and the next batch must find the loop alive.
            var failure = new IOException($"The audit log cannot be written: {e.Message}", e);
            try
            {
                _file.SetLength(_length);                                  // what was half written must not stand before the next try
            }
            catch (IOException)
            {
                // The next batch overwrites the same place; opening cuts off what is torn.
            }

            batch.ForEach(p => p.Written.TrySetException(failure));
        }
    }

    private static Tail Append(FileStream file, Tail tail, byte[] line)
    {
        RandomAccess.Write(file.SafeFileHandle, (byte[])[.. line, (byte)'\n'], tail.Length);
        RandomAccess.FlushToDisk(file.SafeFileHandle);
        return new Tail(tail.Length + line.Length + 1, tail.NextSequence + 1, Convert.ToHexStringLower(SHA256.HashData(line)), 0);
    }

    // Only the end is read: a log may be large, and the whole chain is Verify's business.
    private static Tail ReadTail(string path, FileStream file)
    {
        var length = file.Length;
        var window = new byte[Math.Min(length, 2L * MaxLineLength)];
        file.Position = length - window.Length;
        file.ReadExactly(window);
        var end = window.AsSpan().LastIndexOf((byte)'\n');
        var torn = window.Length - 1 - end;
        if (end < 0)
        {
            return length <= MaxLineLength ? new Tail(0, 0, FirstPrevious, torn) : throw Damaged(path);
        }

        var start = window.AsSpan(0, end).LastIndexOf((byte)'\n') + 1;
        if (start == 0 && window.Length < length)
        {
            throw Damaged(path);                                           // the line begins before the window
        }

        var line = window.AsSpan(start, end - start);
        return ReadLink(line.ToArray()) is { } link
            ? new Tail(length - torn, link.Sequence + 1, Convert.ToHexStringLower(SHA256.HashData(line)), torn)
            : throw Damaged(path);
    }

    private static InvalidDataException Damaged(string path) =>
        new($"The last record of the audit log '{path}' is damaged, so that its chain cannot be continued. "
            + "Keep the file under another name; a new chain starts.");

    private static IEnumerable<(byte[] Line, bool IsWhole)> ReadLines(FileStream file)
    {
        var line = new List<byte>(4096);
        var buffer = new byte[64 * 1024];
        int read;
        while ((read = file.Read(buffer)) > 0)
        {
            var rest = buffer.AsMemory(0, read);
            int end;
            while ((end = rest.Span.IndexOf((byte)'\n')) >= 0)
            {
                line.AddRange(rest.Span[..end]);
                yield return ([.. line], true);
                line.Clear();
                rest = rest[(end + 1)..];
            }

            line.AddRange(rest.Span);
            if (line.Count > MaxLineLength)
            {
                yield return ([], false);
                yield break;
            }
        }

        if (line.Count > 0)
        {
            yield return ([.. line], false);
        }
    }

    private static (long Sequence, string Previous)? ReadLink(byte[] line)
    {
        if (!StrictJson.TryParse(line, out var document, out _, maxDepth: 8))
        {
            return null;
        }

        using (document)
        {
            var root = document.RootElement;
            return root.ValueKind is JsonValueKind.Object
                && root.TryGetProperty("seq", out var sequence) && sequence.ValueKind is JsonValueKind.Number
                && sequence.TryGetInt64(out var number)
                && root.TryGetProperty("prev", out var previous) && previous.ValueKind is JsonValueKind.String
                ? (number, previous.GetString()!)
                : null;
        }
    }

    private readonly record struct Tail(long Length, long NextSequence, string Hash, long TornBytes);

    private sealed class Pending(Decision decision)
    {
        public Decision Decision { get; } = decision;

        public TaskCompletionSource Written { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
