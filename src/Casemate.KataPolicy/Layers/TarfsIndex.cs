using System.Buffers.Binary;
using System.Text;

namespace Casemate.KataPolicy.Layers;

/// <summary>Writes the index of a tarfs device: what follows the plain archive. Source: kata-containers, tardev-snapshotter, tarindex and tarfs-defs.</summary>
internal sealed class TarfsIndex
{
    private const int InodeBytes = 32;
    private const int EntryBytes = 32;
    private const int SectorBytes = 512;
    private const int PageBytes = 4096;

    private readonly LayerProfile _profile;
    private readonly ulong _archiveBytes;
    private readonly List<TarfsNode> _nodes = [];
    private readonly List<(TarfsNode Child, byte[] Name)> _entries = [];
    private readonly ulong _inodes;
    private readonly ulong _names;
    private readonly ulong _nameBytes;

    /// <summary>Lays the index out.</summary>
    /// <param name="root">The tree.</param>
    /// <param name="profile">Which form of tarfs.</param>
    /// <param name="archiveBytes">The size of the plain archive, with all that stands behind its end mark.</param>
    public TarfsIndex(TarfsNode root, LayerProfile profile, long archiveBytes)
    {
        (_profile, _archiveBytes) = (profile, (ulong)archiveBytes);
        _nodes.Add(root);
        for (var i = 0; i < _nodes.Count; i++)
        {
            var node = _nodes[i];
            if (node.Number == 0)
            {
                node.Number = ++_inodes;
            }

            var children = node.Children.Select(child => (child.Value, Encoding.UTF8.GetBytes(child.Key))).ToList();
            children.Sort((one, other) => one.Item2.AsSpan().SequenceCompareTo(other.Item2));
            foreach (var (child, childName) in children)
            {
                _nodes.Add(child);
                if (node.IsDirectory)
                {
                    _entries.Add((child, childName));
                    _nameBytes += (ulong)childName.Length;
                }
            }
        }

        var offset = _archiveBytes + InodeBytes * _inodes;
        foreach (var node in _nodes.Where(node => node.IsDirectory))
        {
            (node.Offset, node.Size) = (offset, (ulong)(EntryBytes * node.Children.Count));
            offset += node.Size;
        }

        _names = offset;
    }

    /// <summary>Writes the index.</summary>
    public void Write(Stream output)
    {
        WriteInodes(output);
        WriteEntries(output);
        foreach (var (_, childName) in _entries)
        {
            output.Write(childName);
        }

        Span<byte> superblock = stackalloc byte[SectorBytes];
        superblock.Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(superblock, _archiveBytes);
        BinaryPrimitives.WriteUInt64LittleEndian(superblock[8..], _inodes);

        // The newer form counts the names a second time before it aligns; the gap is zeros, and the root is of it all.
        var end = _names + _nameBytes;
        var place = _profile is LayerProfile.Tarfs ? Aligned(end + _nameBytes, PageBytes) + PageBytes - SectorBytes : Aligned(end, SectorBytes);
        WriteZeros(output, place - end);
        output.Write(superblock);
    }

    private void WriteInodes(Stream output)
    {
        Span<byte> inode = stackalloc byte[InodeBytes];
        foreach (var node in _nodes)
        {
            if (node.Written)
            {
                continue;
            }

            node.Written = true;
            BinaryPrimitives.WriteUInt16LittleEndian(inode, node.Mode);
            inode[2] = (byte)(node.Opaque ? 1 : 0);
            inode[3] = (byte)(node.Modified >> 32 & 0xF);
            BinaryPrimitives.WriteUInt32LittleEndian(inode[4..], node.Owner);
            BinaryPrimitives.WriteUInt32LittleEndian(inode[8..], node.Group);
            BinaryPrimitives.WriteUInt32LittleEndian(inode[12..], (uint)node.Modified);
            BinaryPrimitives.WriteUInt64LittleEndian(inode[16..], node.Size);
            BinaryPrimitives.WriteUInt64LittleEndian(inode[24..], node.Offset);
            output.Write(inode);
        }
    }

    private void WriteEntries(Stream output)
    {
        Span<byte> entry = stackalloc byte[EntryBytes];
        entry.Clear();
        var offset = _names;
        foreach (var (child, childName) in _entries)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(entry, child.Number);
            BinaryPrimitives.WriteUInt64LittleEndian(entry[8..], offset);
            BinaryPrimitives.WriteUInt64LittleEndian(entry[16..], (ulong)childName.Length);
            entry[24] = (byte)(child.Mode >> 12);                          // the types of directory entries are those of modes, without the low bits
            output.Write(entry);
            offset += (ulong)childName.Length;
        }
    }

    private static ulong Aligned(ulong value, ulong alignment) => (value + alignment - 1) / alignment * alignment;

    private static void WriteZeros(Stream output, ulong count)
    {
        Span<byte> zeros = stackalloc byte[PageBytes];
        zeros.Clear();
        for (; count > 0; count -= Math.Min(count, PageBytes))
        {
            output.Write(zeros[..(int)Math.Min(count, PageBytes)]);
        }
    }
}
