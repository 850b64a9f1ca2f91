namespace Casemate.KataPolicy.Layers;

/// <summary>A node of the tree that becomes a tarfs index. Two names of one file share one.</summary>
internal sealed class TarfsNode
{
    private static readonly Dictionary<string, TarfsNode> s_none = [];

    private Dictionary<string, TarfsNode>? _children;

    /// <summary>Type and permission bits; 0 for one that only another's path speaks of.</summary>
    public ushort Mode { get; set; }

    public bool Opaque { get; set; }

    public ulong Modified { get; set; }

    public uint Owner { get; set; }

    public uint Group { get; set; }

    public ulong Size { get; set; }

    public ulong Offset { get; set; }

    /// <summary>The number of the inode; 0 until it has one.</summary>
    public ulong Number { get; set; }

    public bool Written { get; set; }

    public bool IsDirectory => (Mode & UnixMode.TypeMask) == UnixMode.Directory;

    public bool IsRegular => (Mode & UnixMode.TypeMask) == UnixMode.Regular;

    public IReadOnlyDictionary<string, TarfsNode> Children => _children ?? s_none;

    public void SetChild(string name, TarfsNode child) => (_children ??= new Dictionary<string, TarfsNode>(StringComparer.Ordinal))[name] = child;

    /// <summary>Takes the place of what was there: nothing of it is left, the children included.</summary>
    public void Replace(ushort mode, ulong size, ulong offset, ulong modified, uint owner, uint group)
    {
        (Mode, Size, Offset, Modified, Owner, Group, Opaque) = (mode, size, offset, modified, owner, group, false);
        _children = null;
    }

    /// <summary>Becomes the mark that hides what lies below: permission bits, owner and time stay as they were.</summary>
    public void BecomeWhiteout()
    {
        (Mode, Size, Offset) = ((ushort)((Mode & ~UnixMode.TypeMask) | UnixMode.CharacterDevice), 0, 0);
        _children = null;
    }
}
