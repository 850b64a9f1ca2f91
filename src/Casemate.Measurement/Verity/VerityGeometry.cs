using System.Numerics;

namespace Casemate.Measurement.Verity;

/// <summary>Where the digests of a tree lie: how many fit into a block, how many blocks each level has, and in which order they are stored.</summary>
internal sealed class VerityGeometry
{
    // The lowest level first. A level is at most half as long as the one below it, so 63 are more than there can be.
    private readonly List<long> _blocks = [];

    public VerityGeometry(VerityOptions options, long dataBlocks)
    {
        DigestSize = options.DigestSize;
        Stride = StrideOf(options);
        DigestsPerBlock = DigestsPerBlockOf(options);
        HashBlockSize = options.HashBlockSize;
        var exact = options.Profile is VerityProfile.Cryptsetup;
        var below = dataBlocks;
        while (exact ? below > 1 : _blocks.Count == 0 || below > 1)
        {
            below = exact ? (below - 1) / DigestsPerBlock + 1 : below / DigestsPerBlock + 1;
            _blocks.Add(below);
        }
    }

    public int DigestSize { get; }

    /// <summary>The bytes from one digest to the next.</summary>
    public int Stride { get; }

    public int DigestsPerBlock { get; }

    public int HashBlockSize { get; }

    public int Levels => _blocks.Count;

    public long TreeBlocks => _blocks.Sum();

    /// <summary>How many blocks a level has; the lowest level is 0.</summary>
    public long BlocksOf(int level) => _blocks[level];

    /// <summary>Where a level begins, in blocks from the begin of the tree: the top level is stored first.</summary>
    public long OffsetOf(int level) => _blocks.Skip(level + 1).Sum();

    // The kernel finds a digest by shifting, so a block holds a power of two of them; hash type 0 packs them, and leaves the rest empty.
    public static int DigestsPerBlockOf(VerityOptions options) =>
        1 << BitOperations.Log2((uint)(options.HashBlockSize / options.DigestSize));

    public static int StrideOf(VerityOptions options) =>
        options.HashType == 0 ? options.DigestSize : (int)BitOperations.RoundUpToPowerOf2((uint)options.DigestSize);
}
