namespace Casemate.Measurement.Verity;

/// <summary>
/// Computes a root hash from data that is written to it piece by piece, on several cores. Memory: two chunks of 1 MiB for each core, and
/// one block for each level. Not safe for use by several threads.
/// </summary>
public sealed class VerityHasher : IDisposable
{
    /// <summary>What one core hashes at a time: 1 MiB.</summary>
    public const int ChunkBytes = 1 << 20;

    private readonly VerityOptions _options;
    private readonly VerityBlockHasher _hasher;
    private readonly VerityLevels _levels;
    private readonly Queue<Work> _underWay = new();
    private readonly Stack<Work> _idle = new();
    private readonly int _most;
    private readonly List<byte[]>? _kept;
    private readonly Dictionary<long, byte[]> _replaced = [];
    private Work _filling;
    private int _filled;
    private long _blocksLeft;
    private bool _finished;

    /// <summary>Makes the hasher.</summary>
    /// <param name="options">The parameters; null for <see cref="VerityOptions.Default"/>.</param>
    /// <exception cref="VerityException"><see cref="VerityError.InvalidOptions"/>: one is out of range.</exception>
    public VerityHasher(VerityOptions? options = null)
        : this(options ?? VerityOptions.Default, sink: null)
    {
    }

    /// <summary>Makes a hasher whose blocks can be replaced later, for data whose begin is known last.</summary>
    /// <param name="options">The parameters.</param>
    /// <param name="keepDigests">True to keep the digests of all data blocks until the end: 1/128 of the data with the common parameters.</param>
    /// <exception cref="VerityException"><see cref="VerityError.InvalidOptions"/>: one is out of range.</exception>
    public VerityHasher(VerityOptions options, bool keepDigests)
        : this(options ?? throw new ArgumentNullException(nameof(options)), sink: null) => _kept = keepDigests ? [] : null;

    internal VerityHasher(VerityOptions options, IVerityTreeSink? sink)
    {
        options.Check();
        _options = options;
        _hasher = new VerityBlockHasher(options);
        _levels = new VerityLevels(options, _hasher, sink);
        Cores = options.Parallelism == 0 ? Environment.ProcessorCount : Math.Min(options.Parallelism, Environment.ProcessorCount);
        _most = Cores == 1 ? 0 : 2 * Cores;
        _blocksLeft = options.DataBlocks ?? long.MaxValue;
        _filling = NewWork();
    }

    /// <summary>The bytes that came in so far.</summary>
    public long Length { get; private set; }

    /// <summary>Room for more data: fill it from its begin and say with <see cref="Advance"/> how much it became. Empty when all blocks are there.</summary>
    internal Memory<byte> Room => _filling.Chunk.AsMemory(_filled, (int)Math.Min(_filling.Chunk.Length - _filled, RoomLeft));

    /// <summary>How many cores hash.</summary>
    internal int Cores { get; }

    /// <summary>The bytes of a data block.</summary>
    internal int BlockSize => _options.DataBlockSize;

    /// <summary>The bytes of a digest.</summary>
    internal int DigestSize => _hasher.DigestSize;

    /// <summary>The bytes of a chunk.</summary>
    internal int ChunkLength => _filling.Chunk.Length;

    private long RoomLeft => _blocksLeft > int.MaxValue ? int.MaxValue : _blocksLeft * _options.DataBlockSize - _filled;

    /// <summary>Takes more data. What is behind <see cref="VerityOptions.DataBlocks"/> is not looked at.</summary>
    /// <exception cref="InvalidOperationException">The root was taken already.</exception>
    public void Append(ReadOnlySpan<byte> data)
    {
        ObjectDisposedException.ThrowIf(_finished, this);
        while (!data.IsEmpty && !Room.IsEmpty)
        {
            var taken = Math.Min(data.Length, Room.Length);
            data[..taken].CopyTo(Room.Span);
            Advance(taken);
            data = data[taken..];
        }
    }

    /// <summary>Takes zeros.</summary>
    /// <param name="count">How many bytes; not negative.</param>
    public void AppendZeros(long count)
    {
        ObjectDisposedException.ThrowIf(_finished, this);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        while (count > 0 && !Room.IsEmpty)
        {
            var taken = (int)Math.Min(count, Room.Length);
            Room.Span[..taken].Clear();
            Advance(taken);
            count -= taken;
        }
    }

    /// <summary>Replaces a block that was taken already.</summary>
    /// <param name="index">The number of the block.</param>
    /// <param name="block">Its new content: a whole block.</param>
    /// <exception cref="InvalidOperationException">Digests are not kept.</exception>
    /// <exception cref="ArgumentOutOfRangeException">There is no such block yet, or the content is not one.</exception>
    public void Replace(long index, ReadOnlySpan<byte> block)
    {
        ObjectDisposedException.ThrowIf(_finished, this);
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Length / _options.DataBlockSize);
        ArgumentOutOfRangeException.ThrowIfNotEqual(block.Length, _options.DataBlockSize);
        if (_kept is null)
        {
            throw new InvalidOperationException("This hasher does not keep digests, so no block can be replaced.");
        }

        var digest = new byte[_hasher.DigestSize];
        _hasher.Hash(block, block.Length, digest);
        _replaced[index] = digest;
    }

    /// <summary>Ends the data.</summary>
    /// <returns>The root hash.</returns>
    /// <exception cref="VerityException">
    /// <see cref="VerityError.Empty"/>, <see cref="VerityError.PartialBlock"/>, or <see cref="VerityError.DataTooShort"/>.
    /// </exception>
    public VerityRoot Finish()
    {
        ObjectDisposedException.ThrowIf(_finished, this);
        _finished = true;
        if (_options.DataBlocks is { } wanted && Length < wanted * (Int128)_options.DataBlockSize)
        {
            throw new VerityException(
                VerityError.DataTooShort, $"the data has {Length} bytes, and {wanted} blocks of {_options.DataBlockSize} bytes were asked for");
        }

        if (_filled % _options.DataBlockSize != 0 && !_options.AllowUnprotectedTail)
        {
            throw new VerityException(
                VerityError.PartialBlock, $"the data has {Length} bytes, which is no multiple of the block size {_options.DataBlockSize}",
                "Pad the data to whole blocks, or say how many blocks are to be protected: no root covers a part of a block.");
        }

        Submit();
        while (_underWay.Count > 0)
        {
            Collect();
        }

        AddKept();
        if (_levels.DataBlocks == 0)
        {
            throw new VerityException(VerityError.Empty, "there is no data: not one block");
        }

        var hash = _levels.Finish();
        return new VerityRoot(hash, _levels.DataBlocks, new VerityGeometry(_options, _levels.DataBlocks).TreeBlocks, _options);
    }

    /// <summary>Waits for what is under way, and drops it.</summary>
    public void Dispose()
    {
        _finished = true;
        while (_underWay.TryDequeue(out var work))
        {
            work.Task!.Wait();
        }
    }

    /// <summary>How many whole chunks of so much data are to be hashed.</summary>
    internal long WholeChunks(long bytes) =>
        Math.Min(bytes / ChunkLength, _options.DataBlocks is null ? long.MaxValue : _blocksLeft / (ChunkLength / BlockSize));

    /// <summary>Hashes a chunk; any thread may.</summary>
    internal void HashChunk(ReadOnlySpan<byte> chunk, Span<byte> digests) => _hasher.Hash(chunk, BlockSize, digests);

    /// <summary>Takes the digests of whole chunks, before anything else came in.</summary>
    internal void TakeChunks(int count, ReadOnlySpan<byte> digests)
    {
        Length += (long)count * ChunkLength;
        _blocksLeft -= (long)count * (ChunkLength / BlockSize);
        Take(digests);
    }

    internal void Advance(int count)
    {
        _filled += count;
        Length += count;
        if (_filled == _filling.Chunk.Length)
        {
            Submit();
        }
    }

    private void Submit()
    {
        var work = _filling;
        work.Blocks = _filled / _options.DataBlockSize;
        _blocksLeft -= work.Blocks;
        _filled = 0;
        if (_most == 0)
        {
            work.Run();
            Take(work.Result);
            return;
        }

        work.Task = Task.Run(work.Run);
        _underWay.Enqueue(work);
        if (_underWay.Count == _most)
        {
            Collect();
        }

        _filling = _idle.TryPop(out var idle) ? idle : NewWork();
    }

    // Waiting for work that no thread has taken yet does it here, so a busy pool cannot make it stand still.
    private void Collect()
    {
        var work = _underWay.Dequeue();
        work.Task!.Wait();
        Take(work.Result);
        _idle.Push(work);
    }

    private void Take(ReadOnlySpan<byte> digests)
    {
        if (_kept is null)
        {
            _levels.Add(digests);
        }
        else
        {
            _kept.Add(digests.ToArray());
        }
    }

    private void AddKept()
    {
        var perChunk = _filling.Chunk.Length / _options.DataBlockSize;
        foreach (var (index, digest) in _replaced)
        {
            digest.CopyTo(_kept![(int)(index / perChunk)], (int)(index % perChunk) * _hasher.DigestSize);
        }

        foreach (var digests in _kept ?? [])
        {
            _levels.Add(digests);
        }
    }

    private Work NewWork()
    {
        // Small data should not cost large buffers, and the data of a file is mostly longer than one.
        var blocks = Math.Min(ChunkBytes / _options.DataBlockSize, _options.DataBlocks ?? long.MaxValue);
        return new Work(_hasher, _options.DataBlockSize, (int)blocks);
    }

    private sealed class Work(VerityBlockHasher hasher, int blockSize, int mostBlocks)
    {
        private readonly byte[] _digests = new byte[mostBlocks * hasher.DigestSize];

        public byte[] Chunk { get; } = GC.AllocateUninitializedArray<byte>(mostBlocks * blockSize);

        public int Blocks { get; set; }

        public Task? Task { get; set; }

        public ReadOnlySpan<byte> Result => _digests.AsSpan(0, Blocks * hasher.DigestSize);

        public void Run() => hasher.Hash(Chunk.AsSpan(0, Blocks * blockSize), blockSize, _digests);
    }
}
