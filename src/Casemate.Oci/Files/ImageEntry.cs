using System.Text;
using Casemate.Oci.Tar;

namespace Casemate.Oci.Files;

/// <summary>A file, directory or link of an image, as a container sees it.</summary>
public sealed class ImageEntry
{
    private readonly SortedDictionary<string, ImageEntry>? _children;
    private TarEntry _attributes;
    private int _cleared = -1;

    internal ImageEntry(string name, ImageEntry? parent, TarEntry attributes, int layer, FileContent? content)
    {
        (Name, Parent, _attributes, Layer, Content) = (name, parent, attributes, layer, content);
        Depth = parent is null ? 0 : parent.Depth + 1;
        PathBytes = parent is null ? 0 : parent.PathBytes + 1 + Encoding.UTF8.GetByteCount(name);
        _children = attributes.Kind == TarEntryKind.Directory ? new SortedDictionary<string, ImageEntry>(Utf8Order.Instance) : null;
    }

    /// <summary>The last component of the path; empty for the root.</summary>
    public string Name { get; }

    /// <summary>The directory that it lies in; null for the root.</summary>
    public ImageEntry? Parent { get; }

    /// <summary>What it is; never <see cref="TarEntryKind.HardLink"/>: all names of a file are files.</summary>
    public TarEntryKind Kind => _attributes.Kind;

    /// <summary>Permission bits with set-user-id, set-group-id and sticky bit: 0 to 0xFFF.</summary>
    public int Mode => _attributes.Mode;

    /// <summary>The owner's number.</summary>
    public long UserId => _attributes.UserId;

    /// <summary>The group's number.</summary>
    public long GroupId => _attributes.GroupId;

    /// <summary>The size of a file's content in bytes; 0 for anything else.</summary>
    public long Size => _attributes.Size;

    /// <summary>The time of modification, in seconds since 1970.</summary>
    public long ModifiedSeconds => _attributes.ModifiedSeconds;

    /// <summary>Where a symbolic link leads, as it is written; empty for anything else.</summary>
    public string LinkTarget => _attributes.LinkTarget;

    /// <summary>The major number of a device.</summary>
    public int DeviceMajor => _attributes.DeviceMajor;

    /// <summary>The minor number of a device.</summary>
    public int DeviceMinor => _attributes.DeviceMinor;

    /// <summary>Extended attributes by name; empty where there are none.</summary>
    public IReadOnlyDictionary<string, ReadOnlyMemory<byte>> ExtendedAttributes => _attributes.ExtendedAttributes;

    /// <summary>The SHA-256 digest of a file's content; null for anything else.</summary>
    public Digest? ContentDigest => Content?.Digest;

    /// <summary>The layer that it comes from, counted from 0 for the lowest.</summary>
    public int Layer { get; private set; }

    /// <summary>What a directory holds, in the order of the names' bytes; empty for anything else.</summary>
    public IReadOnlyCollection<ImageEntry> Children => _children is null ? [] : _children.Values;

    /// <summary>The path in the image, with a slash in front: <c>/usr/bin/env</c>; <c>/</c> for the root.</summary>
    public string Path
    {
        get
        {
            if (Parent is null)
            {
                return "/";
            }

            var parts = new List<string>();
            for (var entry = this; entry.Parent is not null; entry = entry.Parent)
            {
                parts.Add(entry.Name);
            }

            parts.Reverse();
            return "/" + string.Join('/', parts);
        }
    }

    internal FileContent? Content { get; }

    internal int Depth { get; }

    /// <summary>The length of the path in bytes; 0 for the root.</summary>
    internal int PathBytes { get; }

    internal TarEntry Attributes => _attributes;

    /// <summary>True when both are names of one file (hard links).</summary>
    public bool IsSameFile(ImageEntry other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return ReferenceEquals(this, other) || (Content is not null && ReferenceEquals(Content, other.Content));
    }

    /// <inheritdoc/>
    public override string ToString() => Path;

    internal ImageEntry? Child(string name) => _children?.GetValueOrDefault(name);

    internal void Put(ImageEntry child) => _children![child.Name] = child;

    /// <summary>Takes over the attributes of an entry that names this directory again.</summary>
    internal void Update(TarEntry attributes, int layer) => (_attributes, Layer) = (attributes, layer);

    /// <summary>Removes what layers below <paramref name="layer"/> put into this directory.</summary>
    internal void RemoveChildrenBelow(int layer)
    {
        // Once a layer: what it adds afterwards is its own, so a second look finds nothing, and a layer of many whiteouts would look
        // through many files for each of them.
        if (_cleared == layer)
        {
            return;
        }

        _cleared = layer;
        foreach (var child in _children!.Values.ToList())
        {
            RemoveBelow(child, layer);
        }
    }

    /// <summary>Removes a child as far as layers below <paramref name="layer"/> put it there.</summary>
    internal void RemoveBelow(ImageEntry child, int layer)
    {
        if (child._children is not null)
        {
            child.RemoveChildrenBelow(layer);
        }

        if (child.Layer < layer && child._children is null or { Count: 0 })
        {
            _children!.Remove(child.Name);
        }
    }
}
