using System.Buffers.Binary;

namespace Casemate.KataPolicy.Layers;

internal sealed partial class Ext4Writer
{
    private const int ExtentBytes = 12;
    private const int ExtentsPerBlock = BlockBytes / ExtentBytes - 1;
    private const uint ExtentBlocks = 0x8000;
    private const ushort ExtentMagic = 0xF30A;

    private uint Block => (uint)(_position / BlockBytes);

    private void Begin(Ext4Inode inode, long size) => (_current, _written, _expected) = (inode, 0, size);

    // Ends the file that was begun last: its blocks are one run.
    private void Finish()
    {
        if (_current is not { } inode)
        {
            return;
        }

        _current = null;
        if (_written != _expected)
        {
            throw new InvalidOperationException($"A file of {_expected} bytes got {_written}.");
        }

        if (_expected == 0)
        {
            return;
        }

        var start = (uint)((_position - _written) / BlockBytes);
        AppendZeros(-_position & (BlockBytes - 1));
        var blocks = Block - start;
        inode.Data = WriteExtents(start, blocks, out var indexBlocks);
        inode.Flags |= Ext4Inode.HasExtents;
        inode.Blocks += blocks + indexBlocks;
    }

    private byte[] WriteExtents(uint start, uint blocks, out uint indexBlocks)
    {
        var root = new byte[60];
        var extents = (blocks + ExtentBlocks - 1) / ExtentBlocks;
        indexBlocks = 0;
        if (extents <= 4)
        {
            PutExtents(root, 4, extents, start, blocks);
            return root;
        }

        if (extents >= ExtentsPerBlock)
        {
            throw new LayerException(LayerError.LimitExceeded, $"{_name}: a file has {blocks} blocks, more than one block of extents describes");
        }

        indexBlocks = 1;
        PutHeader(root, entries: 1, most: 4, depth: 1);
        BinaryPrimitives.WriteUInt32LittleEndian(root.AsSpan(ExtentBytes + 4), Block);
        var leaf = new byte[BlockBytes];
        PutExtents(leaf, ExtentsPerBlock, extents, start, blocks);
        Append(leaf);
        return root;
    }

    private static void PutExtents(Span<byte> node, int most, uint extents, uint start, uint blocks)
    {
        PutHeader(node, extents, most, depth: 0);
        for (var i = 0u; i < extents; i++)
        {
            var first = i * ExtentBlocks;
            PutExtent(node[(ExtentBytes * (int)(i + 1))..], first, Math.Min(blocks - first, ExtentBlocks), start + first);
        }
    }

    private static void PutHeader(Span<byte> node, uint entries, int most, int depth)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(node, ExtentMagic);
        BinaryPrimitives.WriteUInt16LittleEndian(node[2..], (ushort)entries);
        BinaryPrimitives.WriteUInt16LittleEndian(node[4..], (ushort)most);
        BinaryPrimitives.WriteUInt16LittleEndian(node[6..], (ushort)depth);
    }

    // Depth first, and each directory before those in it.
    private void WriteDirectories()
    {
        var left = new Stack<(Ext4Inode Directory, Ext4Inode Parent)>();
        left.Push((Root, Root));
        while (left.TryPop(out var next))
        {
            if (next.Directory.IsImplied)
            {
                throw Refused(
                    "a directory has no entry of its own, and the tool whose image this should be gives it the time of the day");
            }

            WriteDirectory(next.Directory, next.Parent);
            foreach (var (_, child) in Enumerable.Reverse(next.Directory.Ordered()))
            {
                if (child.IsDirectory)
                {
                    left.Push((child, next.Directory));
                }
            }
        }
    }

    private void WriteDirectory(Ext4Inode directory, Ext4Inode parent)
    {
        var block = new byte[BlockBytes];
        var used = 0;
        Begin(directory, 0);
        Put(directory, "."u8);
        Put(parent, ".."u8);
        foreach (var (name, child) in directory.Ordered())
        {
            Put(child, name);
        }

        FinishBlock();
        (directory.Size, _expected) = (_written, _written);
        Finish();

        void Put(Ext4Inode inode, ReadOnlySpan<byte> name)
        {
            var length = (8 + name.Length + 3) & ~3;
            if (BlockBytes - used < length + 12)
            {
                FinishBlock();
            }

            var entry = block.AsSpan(used);
            BinaryPrimitives.WriteUInt32LittleEndian(entry, inode.Number);
            BinaryPrimitives.WriteUInt16LittleEndian(entry[4..], (ushort)length);
            entry[6] = (byte)name.Length;
            entry[7] = KindOf(inode);
            name.CopyTo(entry[8..]);
            used += length;
        }

        // An unused entry takes the rest.
        void FinishBlock()
        {
            BinaryPrimitives.WriteUInt16LittleEndian(block.AsSpan(used + 4), (ushort)(BlockBytes - used));
            Write(block);
            block.AsSpan().Clear();
            used = 0;
        }
    }

    private static byte KindOf(Ext4Inode inode) => inode.Type switch
    {
        UnixMode.Regular => 1,
        UnixMode.Directory => 2,
        UnixMode.CharacterDevice => 3,
        UnixMode.BlockDevice => 4,
        UnixMode.Fifo => 5,
        UnixMode.SymbolicLink => 7,
        _ => 0,
    };

    private void Append(ReadOnlySpan<byte> bytes)
    {
        RequireRoom(bytes.Length);
        _device.Append(bytes);
        _position += bytes.Length;
    }

    private void AppendZeros(long count)
    {
        RequireRoom(count);
        _device.AppendZeros(count);
        _position += count;
    }

    private void RequireRoom(long count)
    {
        if (_position + count > MaxDeviceBytes)
        {
            throw new LayerException(LayerError.LimitExceeded, $"{_name}: the image is larger than {MaxDeviceBytes} bytes");
        }
    }
}
