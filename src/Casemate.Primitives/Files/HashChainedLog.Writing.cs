using System.Globalization;

namespace Casemate.Primitives.Files;

/// <content>Writing batches, and beginning new files.</content>
public sealed partial class HashChainedLog
{
    private const int MaximumBatch = 256;

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
                failure = new IOException($"The {_options.Name} cannot be written: {e.Message}", e);
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
            try
            {
                var line = HashChainedLine.Write(sequence, hash, pending.Time, _options.Encoder, pending.WriteMembers);
                (sequence, hash) = (sequence + 1, HashChainedLine.HashOf(line));
                bytes.Write(line);
                bytes.WriteByte((byte)'\n');
            }
            catch (Exception e)
            {
                // One record that cannot be put into words must not take the others of its batch with it.
                pending.Written.TrySetException(new IOException($"The {_options.Subject} cannot be recorded: {e.Message}", e));
            }
        }

        WriteAtEnd(bytes.GetBuffer().AsSpan(0, (int)bytes.Length));
        _at = new Position(_at.Length + bytes.Length, sequence, hash);
    }

    private void WriteAtEnd(ReadOnlySpan<byte> bytes)
    {
        if (_halfWritten)
        {
            _file.SetLength(_at.Length);                                   // what a failed write left must not follow the next one
        }

        _halfWritten = true;
        try
        {
            RandomAccess.Write(_file.SafeFileHandle, bytes, _at.Length);
            if (_options.FlushesEachRecord)
            {
                RandomAccess.FlushToDisk(_file.SafeFileHandle);
            }
            else
            {
                _unflushed = true;
            }

            _halfWritten = false;
        }
        finally
        {
            if (_halfWritten)
            {
                CutOffHalfWritten();
            }
        }
    }

    private void CutOffHalfWritten()
    {
        try
        {
            _file.SetLength(_at.Length);
            _halfWritten = false;
        }
        catch (Exception e) when (e is IOException or ArgumentException or NotSupportedException)
        {
            // The next batch tries again before it writes; opening cuts off what is torn, and says so in a record.
        }
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

    private static Position AppendRecovery(FileStream file, Position at, DateTimeOffset now, long tornBytes)
    {
        var line = HashChainedLine.WriteRecovery(at.Sequence, at.Hash, now, tornBytes);
        RandomAccess.Write(file.SafeFileHandle, (byte[])[.. line, (byte)'\n'], at.Length);
        RandomAccess.FlushToDisk(file.SafeFileHandle);
        return new Position(at.Length + line.Length + 1, at.Sequence + 1, HashChainedLine.HashOf(line));
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
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        var isNew = !File.Exists(path);
        var file = new FileStream(path, options);
        if (!isNew)
        {
            return file;
        }

        try
        {
            AtomicFile.FlushDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
            return file;
        }
        catch
        {
            // Not left behind: whoever tries again must find the directory as it was.
            file.Dispose();
            File.Delete(path);
            throw;
        }
    }
}
