namespace Casemate.Measurement.Verity;

public static partial class Verity
{
    /// <summary>Computes a tree and stores it, as <c>veritysetup format</c> does.</summary>
    /// <param name="data">The data, from where it stands to its end; it can seek, and stays open.</param>
    /// <param name="tree">Where the tree goes, from where it stands; it can seek, and stays open behind the tree.</param>
    /// <param name="options">The parameters; null for <see cref="VerityOptions.Default"/>.</param>
    /// <param name="uuid">The identifier of a superblock to write before the tree; null to write none.</param>
    /// <param name="progress">Is told the bytes read so far; null for none.</param>
    /// <param name="cancel">Ends the work; what was written by then is no tree.</param>
    /// <returns>The root hash, which is not in the tree: keep it.</returns>
    /// <exception cref="VerityException">A parameter is out of range, or the data is empty or ends inside a block.</exception>
    /// <exception cref="IOException">A stream cannot be read or written.</exception>
    public static async Task<VerityRoot> WriteTreeAsync(
        Stream data, Stream tree, VerityOptions? options = null, Guid? uuid = null, IProgress<long>? progress = null, CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(tree);
        options = WithBlocks(data, options ?? VerityOptions.Default);
        var geometry = new VerityGeometry(options, options.DataBlocks!.Value);
        var begin = tree.Position;
        var top = begin + (uuid is null ? 0 : Math.Max(VeritySuperblock.Size, options.HashBlockSize));
        using var hasher = new VerityHasher(options, new Writer(tree, top, geometry));
        await FillAsync(hasher, data, progress, cancel).ConfigureAwait(false);
        var root = hasher.Finish();
        if (uuid is { } identifier)
        {
            var superblock = new byte[top - begin];
            VeritySuperblock.Of(root, identifier).ToBytes().CopyTo(superblock, 0);
            tree.Position = begin;
            await tree.WriteAsync(superblock, cancel).ConfigureAwait(false);
        }

        tree.Position = top + geometry.TreeBlocks * options.HashBlockSize;
        return root;
    }

    /// <summary>Holds data against a stored tree and a root, as <c>veritysetup verify</c> does.</summary>
    /// <param name="data">The data, from where it stands to its end; it can seek, and stays open.</param>
    /// <param name="tree">The tree, from where it stands, behind its superblock if it has one; it can seek, and stays open.</param>
    /// <param name="expectedRoot">The root that is trusted.</param>
    /// <param name="options">The parameters, for example <see cref="VeritySuperblock.Options"/>.</param>
    /// <param name="progress">Is told the bytes read so far; null for none.</param>
    /// <param name="cancel">Ends the work.</param>
    /// <exception cref="VerityException">
    /// <see cref="VerityError.TreeMismatch"/> with the first block at fault, <see cref="VerityError.RootMismatch"/>,
    /// <see cref="VerityError.TreeTooShort"/>, or what is wrong with data or parameters.
    /// </exception>
    /// <exception cref="IOException">A stream cannot be read.</exception>
    public static async Task<VerityRoot> VerifyAsync(
        Stream data, Stream tree, ReadOnlyMemory<byte> expectedRoot, VerityOptions options, IProgress<long>? progress = null,
        CancellationToken cancel = default)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(tree);
        ArgumentNullException.ThrowIfNull(options);
        options = WithBlocks(data, options);
        var geometry = new VerityGeometry(options, options.DataBlocks!.Value);
        if (tree.Length - tree.Position < geometry.TreeBlocks * (Int128)options.HashBlockSize)
        {
            throw new VerityException(
                VerityError.TreeTooShort, $"the stored tree has {Math.Max(0, tree.Length - tree.Position)} bytes, and {geometry.TreeBlocks} blocks of "
                + $"{options.HashBlockSize} bytes are needed");
        }

        using var hasher = new VerityHasher(options, new Comparer(tree, tree.Position, geometry));
        await FillAsync(hasher, data, progress, cancel).ConfigureAwait(false);
        var root = hasher.Finish();
        return root.Hash.Span.SequenceEqual(expectedRoot.Span)
            ? root
            : throw new VerityException(
                VerityError.RootMismatch, $"the root hash is {root.Hex}, and {Convert.ToHexStringLower(expectedRoot.Span)} was expected",
                "Salt, sizes or algorithm may be others than those of the expected root; otherwise data and tree were both replaced.");
    }

    // A tree is laid out from its top, so the number of blocks must be known before the first is hashed.
    private static VerityOptions WithBlocks(Stream data, VerityOptions options)
    {
        options.Check();
        var bytes = data.Length - data.Position;
        var blocks = bytes / options.DataBlockSize;
        if (options.DataBlocks is { } wanted)
        {
            return wanted <= blocks
                ? options
                : throw new VerityException(
                    VerityError.DataTooShort, $"the data has {bytes} bytes, and {wanted} blocks of {options.DataBlockSize} bytes were asked for");
        }

        if (bytes % options.DataBlockSize != 0 && !options.AllowUnprotectedTail)
        {
            throw new VerityException(
                VerityError.PartialBlock, $"the data has {bytes} bytes, which is no multiple of the block size {options.DataBlockSize}",
                "Pad the data to whole blocks, or say how many blocks are to be protected: no root covers a part of a block.");
        }

        return blocks > 0
            ? options with { DataBlocks = blocks }
            : throw new VerityException(VerityError.Empty, "there is no data: not one block");
    }

    private sealed class Writer(Stream tree, long top, VerityGeometry geometry) : IVerityTreeSink
    {
        public void Take(int level, long index, ReadOnlySpan<byte> block)
        {
            tree.Position = top + (geometry.OffsetOf(level) + index) * geometry.HashBlockSize;
            tree.Write(block);
        }
    }

    private sealed class Comparer(Stream tree, long top, VerityGeometry geometry) : IVerityTreeSink
    {
        private readonly byte[] _stored = new byte[geometry.HashBlockSize];

        public void Take(int level, long index, ReadOnlySpan<byte> block)
        {
            tree.Position = top + (geometry.OffsetOf(level) + index) * geometry.HashBlockSize;
            tree.ReadExactly(_stored);
            var at = block.CommonPrefixLength(_stored);
            if (at == block.Length)
            {
                return;
            }

            var child = index * geometry.DigestsPerBlock + Math.Min(at / geometry.Stride, geometry.DigestsPerBlock - 1);
            var what = level == 0 ? $"data block {child}" : $"block {child} of hash level {level - 1}";
            throw new VerityException(
                VerityError.TreeMismatch, $"the hash of {what} is not the stored one",
                "One of the two was changed: make the tree again from data that you trust.");
        }
    }
}
