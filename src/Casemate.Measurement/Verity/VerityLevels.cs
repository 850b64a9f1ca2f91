namespace Casemate.Measurement.Verity;

/// <summary>The levels above the data: digests come in at the bottom, in order, and the root comes out. One block of memory for each level.</summary>
internal sealed class VerityLevels(VerityOptions options, VerityBlockHasher hasher, IVerityTreeSink? sink)
{
    private readonly List<Level> _levels = [];
    private readonly int _perBlock = VerityGeometry.DigestsPerBlockOf(options);
    private readonly int _stride = VerityGeometry.StrideOf(options);
    private readonly byte[] _first = new byte[hasher.DigestSize];

    /// <summary>The digests of data blocks that came in.</summary>
    public long DataBlocks { get; private set; }

    /// <summary>Takes digests of data blocks.</summary>
    public void Add(ReadOnlySpan<byte> digests)
    {
        for (; !digests.IsEmpty; digests = digests[hasher.DigestSize..])
        {
            var digest = digests[..hasher.DigestSize];
            if (DataBlocks++ == 0)
            {
                digest.CopyTo(_first);
            }

            Add(0, digest);
        }
    }

    /// <summary>Completes all levels.</summary>
    /// <returns>The root hash.</returns>
    public byte[] Finish()
    {
        if (DataBlocks == 1 && options.Profile is VerityProfile.Cryptsetup)
        {
            return _first;
        }

        var exact = options.Profile is VerityProfile.Cryptsetup;
        for (var level = 0; ; level++)
        {
            var current = _levels[level];

            // Those of hcsshim: when the last block is exactly full, one of zeros follows.
            if (current.Used > 0 || (!exact && current.Completed * (long)_perBlock == current.Digests))
            {
                Complete(level);
            }

            if (current.Completed == 1)
            {
                return current.Last!;
            }
        }
    }

    private void Add(int level, ReadOnlySpan<byte> digest)
    {
        if (level == _levels.Count)
        {
            _levels.Add(new Level(new byte[options.HashBlockSize], new byte[hasher.DigestSize]));
        }

        var current = _levels[level];
        digest.CopyTo(current.Block.AsSpan(current.Used * _stride));
        current.Digests++;
        if (++current.Used == _perBlock)
        {
            Complete(level);
        }
    }

    // The digest of a level's first block goes up only when a second follows: a level of one block is the top, and its digest the root.
    private void Complete(int level)
    {
        var current = _levels[level];
        sink?.Take(level, current.Completed, current.Block);
        if (current.Completed == 1)
        {
            Add(level + 1, current.Last);
        }

        hasher.Hash(current.Block, current.Block.Length, current.Last);
        current.Block.AsSpan().Clear();
        current.Used = 0;
        if (++current.Completed > 1)
        {
            Add(level + 1, current.Last);
        }
    }

    private sealed class Level(byte[] block, byte[] last)
    {
        public byte[] Block { get; } = block;

        public byte[] Last { get; } = last;

        public int Used { get; set; }

        public long Digests { get; set; }

        public long Completed { get; set; }
    }
}
