using System.Buffers.Binary;
using Casemate.Oci.Tar;

namespace Casemate.KataPolicy.Layers;

/// <summary>
/// The tree of a tarfs index, made from the entries of an archive. It follows the tardev snapshotter in what it does with entries that
/// are out of order or odd, because the index is hashed. Source: kata-containers, tardev-snapshotter, tarindex.
/// </summary>
internal sealed class TarfsTree(LayerProfile profile, long maxBytes, string name)
{
    // What a node and its place in the directory take in memory, roughly.
    private const int NodeBytes = 200;
    private const int LinkField = 157;
    private const int LinkFieldLength = 100;

    private long _bytes;

    public TarfsNode Root { get; } = new() { Mode = UnixMode.Directory | 0x16D };      // 0555

    private bool KnowsWhiteouts => profile is LayerProfile.Tarfs;

    /// <summary>Takes an entry.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="header">Its header block as it stands in the archive.</param>
    /// <param name="position">Where that block begins.</param>
    /// <exception cref="LayerException">It cannot be part of such an index, or the tree grows too large.</exception>
    public void Add(TarEntry entry, ReadOnlySpan<byte> header, long position)
    {
        if (entry.Kind is TarEntryKind.HardLink)
        {
            AddHardLink(entry);
        }
        else if (Describe(entry, header, position) is { } node && LayerPath.Split(entry.Path) is { } path)
        {
            Place(path, node, entry, header);
        }
    }

    private void Place(List<string> path, (ushort Type, ulong Size, ulong Offset) node, TarEntry entry, ReadOnlySpan<byte> header)
    {
        if (KnowsWhiteouts && path is [.., var last] && last.StartsWith(LayerPath.Whiteout, StringComparison.Ordinal))
        {
            path.RemoveAt(path.Count - 1);
            if (last == LayerPath.Opaque)
            {
                Walk(path, path.Count, entry.Path).Opaque = true;
                return;
            }

            path.Add(last[LayerPath.Whiteout.Length..]);
            Walk(path, path.Count, entry.Path).BecomeWhiteout();
            return;
        }

        // A directory that comes a second time loses what it had; so the reference does it.
        Walk(path, path.Count, entry.Path).Replace(
            (ushort)((entry.Mode & 0x1FF) | node.Type), node.Size, node.Offset, Modified(header), (uint)entry.UserId, (uint)entry.GroupId);
    }

    // Null for entries that the reference leaves out.
    private (ushort Type, ulong Size, ulong Offset)? Describe(TarEntry entry, ReadOnlySpan<byte> header, long position)
    {
        switch (header[156])
        {
            case 0 or (byte)'0':
                return (UnixMode.Regular, (ulong)entry.Size, (ulong)position + 512);
            case (byte)'5':
                return (UnixMode.Directory, 0, 0);
            case (byte)'2':
                // The index points into the header for the target, so a target from an extended header has no place in it.
                var field = header.Slice(LinkField, LinkFieldLength);
                var end = field.IndexOf((byte)0);
                var target = System.Text.Encoding.UTF8.GetBytes(entry.LinkTarget);
                return field[..(end < 0 ? field.Length : end)].SequenceEqual(target)
                    ? (UnixMode.SymbolicLink, (ulong)target.Length, (ulong)position + LinkField)
                    : null;
            case (byte)'6' when KnowsWhiteouts:
                return (UnixMode.Fifo, 0, 0);
            case (byte)'3' or (byte)'4' when KnowsWhiteouts && header.Slice(257, 5).SequenceEqual("ustar"u8):
                return (
                    header[156] == (byte)'3' ? UnixMode.CharacterDevice : UnixMode.BlockDevice, 0,
                    (uint)entry.DeviceMinor | ((ulong)(uint)entry.DeviceMajor << 32));
            default:
                return null;
        }
    }

    private void AddHardLink(TarEntry entry)
    {
        if (LayerPath.Split(entry.LinkTarget) is not { } target)
        {
            return;
        }

        // Looking for the target makes what is missing of it: names without a type, as the reference leaves them.
        var existing = Walk(target, target.Count, entry.LinkTarget);
        if (!existing.IsRegular || LayerPath.Split(entry.Path) is not { } path)
        {
            return;
        }

        if (path.Count == 0)
        {
            throw Refused($"the root of the layer is a link to '{Shown.Of(entry.LinkTarget)}'");
        }

        var directory = Walk(path, path.Count - 1, entry.Path);
        RequireNoFile(directory, entry.Path);
        Spend(path[^1]);
        directory.SetChild(path[^1], existing);
    }

    private TarfsNode Walk(List<string> path, int count, string shown)
    {
        var node = Root;
        for (var i = 0; i < count; i++)
        {
            if (!node.Children.TryGetValue(path[i], out var child))
            {
                RequireNoFile(node, shown);
                Spend(path[i]);
                child = new TarfsNode();
                node.SetChild(path[i], child);
            }

            node = child;
        }

        return node;
    }

    // A file that has children could, with links, come to lie below itself.
    private void RequireNoFile(TarfsNode node, string path)
    {
        if (node.IsRegular)
        {
            throw Refused($"'{Shown.Of(path)}' lies below a file");
        }
    }

    private void Spend(string childName)
    {
        _bytes += NodeBytes + childName.Length;
        if (_bytes > maxBytes)
        {
            throw new LayerException(LayerError.LimitExceeded, $"{name}: the directory of the layer takes more than {maxBytes} bytes");
        }
    }

    private LayerException Refused(string what) => new(
        LayerError.UnsupportedEntry, $"{name}: {what}, which no block device of the form tarfs can show", "Build the image again without it.");

    // The time in the header itself: what an extended header says of it does not count. Octal digits, or a number in base 256 of which
    // the last eight bytes count.
    private static ulong Modified(ReadOnlySpan<byte> header)
    {
        var field = header.Slice(136, 12);
        if ((field[0] & 0x80) != 0)
        {
            return BinaryPrimitives.ReadUInt64BigEndian(field[4..]);
        }

        var value = 0UL;
        foreach (var digit in field)
        {
            value = digit is >= (byte)'0' and <= (byte)'7' ? value * 8 + (ulong)(digit & 7) : value;
        }

        return value;
    }
}
