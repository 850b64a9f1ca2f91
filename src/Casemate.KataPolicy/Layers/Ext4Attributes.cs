using System.Buffers.Binary;
using System.Text;

namespace Casemate.KataPolicy.Layers;

/// <summary>
/// Extended attributes in an ext4 image: in the inode while there is room, then in one block. Source: Linux, Documentation/filesystems/ext4,
/// "Extended Attributes"; the choice of places is that of microsoft/hcsshim, compactext4.
/// </summary>
internal sealed class Ext4Attributes
{
    public const int InodeBytes = 104;

    private const uint Magic = 0xEA020000;
    private const int BlockBytes = 4096;
    private const int BlockHeader = 32;
    private const int EntryHeader = 16;

    // The reference sorts those of a block by an order that contradicts itself, and up to here the outcome is that of plain insertion.
    private const int MostInBlock = 12;

    private static readonly (byte Index, string Prefix)[] s_prefixes =
    [
        (2, "system.posix_acl_access"), (3, "system.posix_acl_default"), (8, "system.richacl"), (7, "system."), (1, "user."), (4, "trusted."),
        (6, "security."),
    ];

    private readonly List<Entry> _inInode = [];
    private readonly List<Entry> _inBlock = [];
    private int _inodeLeft = InodeBytes - 8;
    private int _blockLeft = BlockBytes - BlockHeader - 4;

    public bool HasBlock => _inBlock.Count > 0;

    /// <summary>Takes the attributes of a file; false when they do not fit, or their order in the image would be in doubt.</summary>
    public bool TryAdd(Dictionary<string, byte[]> attributes)
    {
        foreach (var (name, value) in attributes.OrderBy(attribute => Encoding.UTF8.GetBytes(attribute.Key), ByteOrder.Instance))
        {
            var entry = Entry.Of(name, value);
            var length = entry.EntryLength + entry.ValueLength;
            if (entry.Name.Length > byte.MaxValue)
            {
                return false;
            }

            if (_inodeLeft >= length)
            {
                _inInode.Add(entry);
                _inodeLeft -= length;
            }
            else if (_blockLeft >= length && _inBlock.Count < MostInBlock)
            {
                _inBlock.Add(entry);
                _blockLeft -= length;
            }
            else
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The attributes in the inode; empty for none.</summary>
    public byte[] Inline()
    {
        if (_inInode.Count == 0)
        {
            return [];
        }

        var bytes = new byte[InodeBytes];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, Magic);
        Put(_inInode, bytes.AsSpan(4), 0);
        return bytes;
    }

    /// <summary>The block of attributes.</summary>
    public byte[] Block()
    {
        for (var i = 1; i < _inBlock.Count; i++)
        {
            for (var j = i; j > 0 && Before(_inBlock[j], _inBlock[j - 1]); j--)
            {
                (_inBlock[j], _inBlock[j - 1]) = (_inBlock[j - 1], _inBlock[j]);
            }
        }

        var bytes = new byte[BlockBytes];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, Magic);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(4), 1);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(8), 1);
        Put(_inBlock, bytes.AsSpan(BlockHeader), BlockHeader);
        return bytes;
    }

    /// <summary>What a reader of the inode finds there, by whole names.</summary>
    public Dictionary<string, byte[]> InInode() => Found(_inInode);

    /// <summary>What a reader of the block finds there, by whole names.</summary>
    public Dictionary<string, byte[]> InBlock() => Found(_inBlock);

    // An empty name looks like the end of the list to the reference's reader.
    private static Dictionary<string, byte[]> Found(List<Entry> entries) => entries.TakeWhile(entry => entry.Name.Length > 0)
        .ToDictionary(entry => entry.WholeName, entry => entry.Value, StringComparer.Ordinal);

    private static bool Before(Entry one, Entry other) =>
        one.Index < other.Index || one.Name.Length < other.Name.Length || one.Name.AsSpan().SequenceCompareTo(other.Name) < 0;

    // Entries from the front, values from the back.
    private static void Put(List<Entry> entries, Span<byte> area, int delta)
    {
        var (front, back) = (0, area.Length);
        foreach (var entry in entries)
        {
            back -= entry.ValueLength;
            var header = area[front..];
            header[0] = (byte)entry.Name.Length;
            header[1] = entry.Index;
            BinaryPrimitives.WriteUInt16LittleEndian(header[2..], (ushort)(back + delta));
            BinaryPrimitives.WriteUInt32LittleEndian(header[8..], (uint)entry.Value.Length);
            BinaryPrimitives.WriteUInt32LittleEndian(header[12..], Hash(entry.Name, entry.Value));
            entry.Name.CopyTo(header[EntryHeader..]);
            entry.Value.CopyTo(area[back..]);
            front += entry.EntryLength;
        }
    }

    private static uint Hash(byte[] name, byte[] value)
    {
        var hash = 0u;
        foreach (var character in name)
        {
            hash = (hash << 5) ^ (hash >> 27) ^ character;
        }

        Span<byte> word = stackalloc byte[4];
        for (var at = 0; at < value.Length; at += 4)
        {
            word.Clear();
            value.AsSpan(at, Math.Min(4, value.Length - at)).CopyTo(word);
            hash = (hash << 16) ^ (hash >> 16) ^ BinaryPrimitives.ReadUInt32LittleEndian(word);
        }

        return hash;
    }

    private sealed record Entry(string WholeName, byte Index, byte[] Name, byte[] Value)
    {
        public int EntryLength => ((Name.Length + 3) & ~3) + EntryHeader;

        public int ValueLength => (Value.Length + 3) & ~3;

        public static Entry Of(string name, byte[] value)
        {
            foreach (var (index, prefix) in s_prefixes)
            {
                if (name.StartsWith(prefix, StringComparison.Ordinal))
                {
                    return new Entry(name, index, Encoding.UTF8.GetBytes(name[prefix.Length..]), value);
                }
            }

            return new Entry(name, 0, Encoding.UTF8.GetBytes(name), value);
        }
    }

    private sealed class ByteOrder : IComparer<byte[]>
    {
        public static ByteOrder Instance { get; } = new();

        public int Compare(byte[]? x, byte[]? y) => x.AsSpan().SequenceCompareTo(y);
    }
}
