namespace Casemate.KataPolicy.Layers;

/// <summary>One file of an ext4 image that is being written.</summary>
internal sealed class Ext4Inode(uint number)
{
    public const uint HugeFile = 0x40000;
    public const uint HasExtents = 0x80000;

    public uint Number { get; } = number;

    public ushort Mode { get; set; }

    public uint Owner { get; set; }

    public uint Group { get; set; }

    public long Size { get; set; }

    /// <summary>Seconds in the low 34 bits, nanoseconds above.</summary>
    public ulong Accessed { get; set; }

    public ulong Changed { get; set; }

    public ulong Modified { get; set; }

    public ulong Created { get; set; }

    public uint Links { get; set; }

    /// <summary>The block with extended attributes that found no room in the inode; 0 for none.</summary>
    public uint AttributeBlock { get; set; }

    public uint Blocks { get; set; }

    public uint Device { get; set; }

    public uint Flags { get; set; }

    /// <summary>The extents, or a short link's target: at most 60 bytes.</summary>
    public byte[] Data { get; set; } = [];

    /// <summary>The attributes in the inode, as they stand there; empty for none.</summary>
    public byte[] InlineAttributes { get; set; } = [];

    /// <summary>The attributes in the inode, and those in the block, by their whole names.</summary>
    public Dictionary<string, byte[]> Inline { get; set; } = [];

    public Dictionary<string, byte[]> InBlock { get; set; } = [];

    /// <summary>The names in a directory; null for anything else.</summary>
    public Dictionary<string, Ext4Inode>? Children { get; set; }

    /// <summary>True for a directory that only another's path spoke of so far: its times are not known.</summary>
    public bool IsImplied { get; set; }

    public bool IsDirectory => Type == UnixMode.Directory;

    public ushort Type => (ushort)(Mode & UnixMode.TypeMask);

    /// <summary>The children in the order of their inodes, then names, as they are written.</summary>
    public List<(byte[] Name, Ext4Inode Child)> Ordered()
    {
        var ordered = Children!.Select(child => (Name: System.Text.Encoding.UTF8.GetBytes(child.Key), Child: child.Value)).ToList();
        ordered.Sort((one, other) => one.Child.Number != other.Child.Number
            ? one.Child.Number.CompareTo(other.Child.Number)
            : one.Name.AsSpan().SequenceCompareTo(other.Name));
        return ordered;
    }
}
