using System.Buffers.Binary;
using System.Text;

namespace Casemate.KataPolicy.Layers;

/// <summary>
/// Writes a compact, read-only ext4 file system: data in the order in which files arrive, then directories, inodes and bitmaps. It makes
/// the choices of microsoft/hcsshim's writer, because its image is hashed. Source of the format: Linux, Documentation/filesystems/ext4.
/// </summary>
/// <remarks>Files arrive one at a time: <see cref="Create"/>, then exactly its size of bytes with <see cref="Write"/>.</remarks>
internal sealed partial class Ext4Writer
{
    public const int BlockBytes = 4096;

    private const int RootNumber = 2;
    private const int FirstNumber = 11;
    private const int MaxLinks = 65000;
    private const int MaxNameBytes = 255;
    private const int ShortLinkBytes = 59;
    private const long MaxFileBytes = 128L << 30;
    private const int NodeBytes = 400;

    private readonly IExt4Device _device;
    private readonly string _name;
    private readonly long _maxTreeBytes;
    private readonly List<Ext4Inode?> _inodes = [null];
    private Ext4Inode? _current;
    private long _treeBytes;
    private long _position;
    private long _written;
    private long _expected;

    /// <summary>Begins an image.</summary>
    /// <param name="device">Where it goes.</param>
    /// <param name="maxTreeBytes">What its directory may take in memory.</param>
    /// <param name="name">How the layer is named in messages.</param>
    public Ext4Writer(IExt4Device device, long maxTreeBytes, string name)
    {
        (_device, _maxTreeBytes, _name) = (device, maxTreeBytes, name);
        Root = new Ext4Inode(RootNumber) { Children = new(StringComparer.Ordinal), Links = 2 };
        _inodes.Add(Root);
        Describe(Root, new Ext4File(UnixMode.Directory | 0x1ED, 0, 0, 0));
        while (_inodes.Count < FirstNumber - 1)
        {
            _inodes.Add(null);
        }

        // Room for the superblock and the descriptors of the largest image: they are known last.
        AppendZeros((1 + DescriptorBlocks) * (long)BlockBytes);
        Create(["lost+found"], new Ext4File(UnixMode.Directory | 0x1C0, 0, 0, 0), "lost+found");
    }

    public Ext4Inode Root { get; }

    /// <summary>Makes the directories above a path that are not there yet.</summary>
    public void MakeParents(List<string> path, string shown)
    {
        Finish();
        var directory = Root;
        for (var i = 0; i < path.Count - 1; i++)
        {
            RequireDirectory(directory, shown);
            if (!directory.Children!.TryGetValue(path[i], out var child))
            {
                Create(path[..(i + 1)], new Ext4File(directory.Mode, directory.Owner, directory.Group, 0), shown);
                child = directory.Children[path[i]];
                child.IsImplied = true;
            }

            directory = child;
        }
    }

    /// <summary>Adds a file, or gives a directory or an empty file a new description.</summary>
    /// <exception cref="LayerException">The writer whose image this should be refuses it.</exception>
    public void Create(List<string> path, Ext4File file, string shown)
    {
        Finish();
        var (directory, existing, name) = Find(path, shown);
        var isDirectory = (file.Mode & UnixMode.TypeMask) == UnixMode.Directory;
        if (existing is not null && existing.IsDirectory != isDirectory)
        {
            throw Refused($"'{Shown.Of(shown)}' is a directory in one entry and not in another");
        }

        if (existing is null && isDirectory && directory.Links >= MaxLinks)
        {
            throw new LayerException(LayerError.LimitExceeded, $"{_name}: a directory has more than {MaxLinks} directories in it");
        }

        var child = existing is not null && (isDirectory || existing.Links < 2) ? existing : NewInode(isDirectory, name);
        if ((child.Flags & Ext4Inode.HasExtents) != 0)
        {
            throw Refused($"'{Shown.Of(shown)}' is there twice with content");
        }

        Describe(child, file);
        if (child != existing)
        {
            if (existing is not null)
            {
                existing.Links--;
            }

            directory.Children![name] = child;
            child.Links++;
            directory.Links += isDirectory ? 1u : 0;
        }

        if (child.Type == UnixMode.Regular)
        {
            Begin(child, file.Size);
        }
    }

    /// <summary>Gives a file another name.</summary>
    /// <exception cref="LayerException">The writer whose image this should be refuses it.</exception>
    public void Link(List<string> target, List<string> path, string shown)
    {
        Finish();
        var (directory, existing, name) = Find(path, shown);
        if (existing is not null && (existing.IsDirectory || existing.Links < 2))
        {
            throw Refused($"the link '{Shown.Of(shown)}' would take the place of the only name of something");
        }

        var file = Find(target, shown).Child;
        if (file is null or { IsDirectory: true })
        {
            throw Refused($"the link '{Shown.Of(shown)}' leads to {(file is null ? "nothing" : "a directory")}");
        }

        if (existing != file && file.Links >= MaxLinks)
        {
            throw new LayerException(LayerError.LimitExceeded, $"{_name}: a file has more than {MaxLinks} names");
        }

        if (existing is not null)
        {
            existing.Links--;
        }

        Spend(NodeBytes / 4 + name.Length);
        file.Links++;
        directory.Children![name] = file;
    }

    /// <summary>Marks a directory as hiding what the layers below have in it.</summary>
    public void MakeOpaque(List<string> path, string shown)
    {
        Finish();
        var directory = path.Count == 0 ? Root : Find(path, shown).Child;
        if (directory is not { IsDirectory: true })
        {
            throw Refused($"'{Shown.Of(shown)}' is not in a directory");
        }

        // The reference reads the directory's description and gives it again, with one attribute more.
        var attributes = new Dictionary<string, byte[]>(directory.InBlock, StringComparer.Ordinal);
        foreach (var (attribute, value) in directory.Inline)
        {
            attributes[attribute] = value;
        }

        attributes["trusted.overlay.opaque"] = "y"u8.ToArray();
        var implied = directory.IsImplied;
        Describe(directory, new Ext4File(directory.Mode, directory.Owner, directory.Group, 0)
        {
            Accessed = Ext4Time.Again(directory.Accessed),
            Changed = Ext4Time.Again(directory.Changed),
            Modified = Ext4Time.Again(directory.Modified),
            Created = Ext4Time.Again(directory.Created),
            Attributes = attributes,
        });
        directory.IsImplied = implied;
    }

    /// <summary>Takes content of the file that was created last.</summary>
    public void Write(ReadOnlySpan<byte> content)
    {
        Append(content);
        _written += content.Length;
    }

    private void Describe(Ext4Inode inode, Ext4File file)
    {
        inode.Mode = file.Mode;
        inode.IsImplied = false;
        (inode.Owner, inode.Group, inode.Flags, inode.Data, inode.Size) = (file.Owner, file.Group, Ext4Inode.HugeFile, [], 0);
        (inode.Accessed, inode.Changed, inode.Modified, inode.Created) = (file.Accessed, file.Changed, file.Modified, file.Created);
        inode.Device = (file.DeviceMinor & 0xFF) | (file.DeviceMajor << 8) | ((file.DeviceMinor & 0xFFFFFF00) << 12);
        switch (inode.Type)
        {
            case UnixMode.Regular:
                inode.Size = file.Size <= MaxFileBytes
                    ? file.Size
                    : throw new LayerException(LayerError.LimitExceeded, $"{_name}: a file has {file.Size} bytes, and {MaxFileBytes} is the limit");
                break;
            case UnixMode.SymbolicLink:
                inode.Mode |= 0x1FF;
                inode.Size = file.LinkTarget.Length;
                inode.Data = file.LinkTarget.Length <= ShortLinkBytes ? file.LinkTarget : [];
                break;
            default:
                break;
        }

        WriteAttributes(inode, file.Attributes);
        if (inode.Type == UnixMode.SymbolicLink && inode.Size > ShortLinkBytes)
        {
            Begin(inode, inode.Size);
            Write(file.LinkTarget);
            Finish();
        }
    }

    private void WriteAttributes(Ext4Inode inode, Dictionary<string, byte[]> given)
    {
        var all = new Dictionary<string, byte[]>(inode.Inline, StringComparer.Ordinal);
        foreach (var (name, value) in given)
        {
            all[name] = value;
        }

        var attributes = new Ext4Attributes();
        if (!attributes.TryAdd(all))
        {
            throw Refused("a file has more extended attributes than an image can hold");
        }

        Spend(all.Sum(attribute => 2L * (attribute.Key.Length + attribute.Value.Length)));
        (inode.InlineAttributes, inode.Inline, inode.InBlock) = (attributes.Inline(), attributes.InInode(), attributes.InBlock());
        if (inode.AttributeBlock != 0)
        {
            _device.Replace(inode.AttributeBlock, attributes.Block());
        }
        else if (attributes.HasBlock)
        {
            inode.AttributeBlock = Block;
            inode.Blocks++;
            Append(attributes.Block());
        }
    }

    private Ext4Inode NewInode(bool isDirectory, string name)
    {
        Spend(NodeBytes + name.Length);
        var inode = new Ext4Inode((uint)_inodes.Count + 1);
        if (isDirectory)
        {
            (inode.Children, inode.Links) = (new(StringComparer.Ordinal), 1);
        }

        _inodes.Add(inode);
        return inode;
    }

    private (Ext4Inode Directory, Ext4Inode? Child, string Name) Find(List<string> path, string shown)
    {
        if (path.Count == 0)
        {
            return (Root, Root, "");
        }

        var directory = Root;
        for (var i = 0; i < path.Count - 1; i++)
        {
            RequireDirectory(directory, shown);
            directory = directory.Children!.GetValueOrDefault(path[i]) ?? throw Refused($"'{Shown.Of(shown)}' lies in a directory that is not there");
        }

        RequireDirectory(directory, shown);
        if (Encoding.UTF8.GetByteCount(path[^1]) > MaxNameBytes)
        {
            throw Refused($"'{Shown.Of(shown)}' has a name with more than {MaxNameBytes} bytes");
        }

        return (directory, directory.Children!.GetValueOrDefault(path[^1]), path[^1]);
    }

    private void RequireDirectory(Ext4Inode inode, string shown)
    {
        if (inode.Children is null)
        {
            throw Refused($"'{Shown.Of(shown)}' lies below something that is not a directory");
        }
    }

    private void Spend(long bytes)
    {
        _treeBytes += bytes;
        if (_treeBytes > _maxTreeBytes)
        {
            throw new LayerException(LayerError.LimitExceeded, $"{_name}: the directory of the layer takes more than {_maxTreeBytes} bytes");
        }
    }

    private LayerException Refused(string what) => new(
        LayerError.UnsupportedEntry, $"{_name}: {what}, and so it does not become an ext4 image", "Build the image again without it.");

    private static void PutExtent(Span<byte> at, uint first, uint length, uint start)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(at, first);
        BinaryPrimitives.WriteUInt16LittleEndian(at[4..], (ushort)length);
        BinaryPrimitives.WriteUInt32LittleEndian(at[8..], start);
    }
}
