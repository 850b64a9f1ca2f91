using System.Buffers.Binary;

namespace Casemate.KataPolicy.Layers;

internal sealed partial class Ext4Writer
{
    private const long MaxDeviceBytes = 128L << 30;
    private const uint GroupBlocks = BlockBytes * 8;
    private const int InodeBytes = 256;
    private const int DescriptorBytes = 32;
    private const int DescriptorsPerBlock = BlockBytes / DescriptorBytes;
    private const int DescriptorBlocks = (int)(MaxDeviceBytes / BlockBytes / GroupBlocks / DescriptorsPerBlock);

    /// <summary>Ends the image.</summary>
    /// <exception cref="LayerException">A time in it would not be known, or it grows too large.</exception>
    public void Complete()
    {
        Finish();
        WriteDirectories();
        var tableBlock = Block;
        var (groups, perGroup) = BestGroups(tableBlock, (uint)_inodes.Count);
        WriteInodes(groups * (long)perGroup);

        var bitmapBlock = Block;
        var used = bitmapBlock + groups * 2;
        var size = Math.Max(used, (groups - 1) * GroupBlocks + 1);
        var usedDescriptorBlocks = (groups - 1) / DescriptorsPerBlock + 1;
        if (usedDescriptorBlocks > DescriptorBlocks)
        {
            throw new LayerException(LayerError.LimitExceeded, $"{_name}: the image is larger than {MaxDeviceBytes} bytes");
        }

        var descriptors = new byte[DescriptorBlocks * BlockBytes];
        var (allUsedBlocks, allUsedInodes) = (0u, 0u);
        for (var group = 0u; group < groups; group++)
        {
            var bitmaps = new byte[2 * BlockBytes];
            var usedBlocks = FillBlocks(bitmaps.AsSpan(0, BlockBytes), group, groups, used, size, usedDescriptorBlocks);
            var (usedInodes, directories) = FillInodes(bitmaps.AsSpan(BlockBytes), group, perGroup);
            Append(bitmaps);

            var descriptor = descriptors.AsSpan((int)group * DescriptorBytes, DescriptorBytes);
            BinaryPrimitives.WriteUInt32LittleEndian(descriptor, bitmapBlock + 2 * group);
            BinaryPrimitives.WriteUInt32LittleEndian(descriptor[4..], bitmapBlock + 2 * group + 1);
            BinaryPrimitives.WriteUInt32LittleEndian(descriptor[8..], tableBlock + group * (perGroup * InodeBytes / BlockBytes));
            BinaryPrimitives.WriteUInt16LittleEndian(descriptor[12..], (ushort)(GroupBlocks - usedBlocks));
            BinaryPrimitives.WriteUInt16LittleEndian(descriptor[14..], (ushort)(perGroup - usedInodes));
            BinaryPrimitives.WriteUInt16LittleEndian(descriptor[16..], (ushort)directories);
            allUsedBlocks += usedBlocks;
            allUsedInodes += usedInodes;
        }

        AppendZeros((long)(size - used) * BlockBytes);
        for (var block = 0; block < DescriptorBlocks; block++)
        {
            _device.Replace(1 + block, descriptors.AsSpan(block * BlockBytes, BlockBytes));
        }

        _device.Replace(0, Superblock(groups, perGroup, size, GroupBlocks * groups - allUsedBlocks, perGroup * groups - allUsedInodes));
    }

    // As few groups as can be, and then as few inodes in each.
    private static (uint Groups, uint PerGroup) BestGroups(uint blocks, uint inodes)
    {
        var (groups, best) = (uint.MaxValue, 0u);
        for (var perGroup = (uint)(BlockBytes / InodeBytes); perGroup <= GroupBlocks; perGroup += BlockBytes / InodeBytes)
        {
            var dataBlocks = GroupBlocks - perGroup * InodeBytes / BlockBytes - 2;
            var least = (inodes - 1) / perGroup * dataBlocks + 1;
            var needed = (Math.Max(blocks, least) + dataBlocks - 1) / dataBlocks;
            if (needed < groups)
            {
                (groups, best) = (needed, perGroup);
            }
        }

        return (groups, best);
    }

    private static uint FillBlocks(Span<byte> bitmap, uint group, uint groups, uint used, uint size, uint usedDescriptorBlocks)
    {
        var count = Math.Min(GroupBlocks, used > group * GroupBlocks ? used - group * GroupBlocks : 0);
        for (var i = 0u; i < count; i++)
        {
            Set(bitmap, i);
        }

        if (group == 0)
        {
            for (var i = 1 + usedDescriptorBlocks; i < 1 + DescriptorBlocks; i++, count--)
            {
                bitmap[(int)i / 8] &= (byte)~(1 << (int)(i % 8));
            }
        }

        // Blocks behind the end of the image count as used.
        if (group == groups - 1 && size % GroupBlocks != 0)
        {
            for (var i = size % GroupBlocks; i < GroupBlocks; i++, count++)
            {
                Set(bitmap, i);
            }
        }

        return count;
    }

    private (uint Used, uint Directories) FillInodes(Span<byte> bitmap, uint group, uint perGroup)
    {
        var (used, directories) = (0u, 0u);
        for (var i = 0u; i < perGroup; i++)
        {
            var number = 1 + group * perGroup + i;
            var inode = number <= _inodes.Count ? _inodes[(int)number - 1] : null;
            if (number < FirstNumber || inode is not null)
            {
                Set(bitmap, i);
                used++;
            }

            directories += inode is { IsDirectory: true } ? 1u : 0;
        }

        return (used, directories);
    }

    private static void Set(Span<byte> bitmap, uint bit) => bitmap[(int)bit / 8] |= (byte)(1 << (int)(bit % 8));

    private void WriteInodes(long count)
    {
        var bytes = new byte[InodeBytes];
        foreach (var inode in _inodes)
        {
            bytes.AsSpan().Clear();
            if (inode is not null)
            {
                Put(bytes, inode);
            }

            Append(bytes);
        }

        AppendZeros((count - _inodes.Count) * InodeBytes);
    }

    private static void Put(Span<byte> at, Ext4Inode inode)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(at, inode.Mode);
        BinaryPrimitives.WriteUInt16LittleEndian(at[2..], (ushort)inode.Owner);
        BinaryPrimitives.WriteUInt32LittleEndian(at[4..], (uint)inode.Size);
        BinaryPrimitives.WriteUInt32LittleEndian(at[8..], (uint)inode.Accessed);
        BinaryPrimitives.WriteUInt32LittleEndian(at[12..], (uint)inode.Changed);
        BinaryPrimitives.WriteUInt32LittleEndian(at[16..], (uint)inode.Modified);
        BinaryPrimitives.WriteUInt16LittleEndian(at[24..], (ushort)inode.Group);
        BinaryPrimitives.WriteUInt16LittleEndian(at[26..], (ushort)inode.Links);
        BinaryPrimitives.WriteUInt32LittleEndian(at[28..], inode.Blocks);
        BinaryPrimitives.WriteUInt32LittleEndian(at[32..], inode.Flags);
        if (inode.Type is UnixMode.CharacterDevice or UnixMode.BlockDevice)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(at[44..], inode.Device);
        }
        else
        {
            inode.Data.CopyTo(at[40..]);
        }

        BinaryPrimitives.WriteUInt32LittleEndian(at[104..], inode.AttributeBlock);
        BinaryPrimitives.WriteUInt32LittleEndian(at[108..], (uint)(inode.Size >> 32));
        BinaryPrimitives.WriteUInt16LittleEndian(at[120..], (ushort)(inode.Owner >> 16));
        BinaryPrimitives.WriteUInt16LittleEndian(at[122..], (ushort)(inode.Group >> 16));
        BinaryPrimitives.WriteUInt16LittleEndian(at[128..], ExtraBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(at[132..], (uint)(inode.Changed >> 32));
        BinaryPrimitives.WriteUInt32LittleEndian(at[136..], (uint)(inode.Modified >> 32));
        BinaryPrimitives.WriteUInt32LittleEndian(at[140..], (uint)(inode.Accessed >> 32));
        BinaryPrimitives.WriteUInt32LittleEndian(at[144..], (uint)inode.Created);
        BinaryPrimitives.WriteUInt32LittleEndian(at[148..], (uint)(inode.Created >> 32));
        inode.InlineAttributes.CopyTo(at[152..]);
    }

    private const ushort ExtraBytes = 24;

    private static byte[] Superblock(uint groups, uint perGroup, uint size, uint freeBlocks, uint freeInodes)
    {
        var block = new byte[BlockBytes];
        var at = block.AsSpan(1024);
        BinaryPrimitives.WriteUInt32LittleEndian(at, perGroup * groups);
        BinaryPrimitives.WriteUInt32LittleEndian(at[4..], size);
        BinaryPrimitives.WriteUInt32LittleEndian(at[12..], freeBlocks);
        BinaryPrimitives.WriteUInt32LittleEndian(at[16..], freeInodes);
        BinaryPrimitives.WriteUInt32LittleEndian(at[24..], 2);                             // blocks of 1024 << 2
        BinaryPrimitives.WriteUInt32LittleEndian(at[28..], 2);
        BinaryPrimitives.WriteUInt32LittleEndian(at[32..], GroupBlocks);
        BinaryPrimitives.WriteUInt32LittleEndian(at[36..], GroupBlocks);
        BinaryPrimitives.WriteUInt32LittleEndian(at[40..], perGroup);
        BinaryPrimitives.WriteUInt16LittleEndian(at[56..], 0xEF53);
        BinaryPrimitives.WriteUInt16LittleEndian(at[58..], 1);                             // cleanly unmounted
        BinaryPrimitives.WriteUInt16LittleEndian(at[60..], 1);                             // go on after errors
        BinaryPrimitives.WriteUInt32LittleEndian(at[76..], 1);                             // inodes of any size
        BinaryPrimitives.WriteUInt32LittleEndian(at[84..], FirstNumber);
        BinaryPrimitives.WriteUInt16LittleEndian(at[88..], InodeBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(at[92..], 0x200 | 0x8);                   // sparse_super2, ext_attr
        BinaryPrimitives.WriteUInt32LittleEndian(at[96..], 0x2 | 0x40 | 0x200);            // filetype, extents, flex_bg
        BinaryPrimitives.WriteUInt32LittleEndian(at[100..], 0x2 | 0x8 | 0x40 | 0x1000);    // large_file, huge_file, extra_isize, read-only
        BinaryPrimitives.WriteUInt16LittleEndian(at[348..], ExtraBytes);
        BinaryPrimitives.WriteUInt16LittleEndian(at[350..], ExtraBytes);
        at[372] = 31;                                                                      // all groups are one flexible group
        BinaryPrimitives.WriteUInt32LittleEndian(at[616..], FirstNumber);                  // lost+found
        return block;
    }
}
