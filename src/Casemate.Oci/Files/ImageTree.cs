using Casemate.Oci.Layers;
using Casemate.Oci.Tar;

namespace Casemate.Oci.Files;

/// <summary>
/// The tree that layers make when they are put on one another. Source: OCI Image Format Specification 1.1, layer.md, "Applying
/// Changesets". Where that page is silent, this does what containerd does.
/// </summary>
/// <remarks>
/// It lives in memory alone: a path that climbs, or a link that leads out, has nothing to lead to. Links are resolved inside the root.
/// </remarks>
internal sealed class ImageTree(OciLimits limits)
{
    private const int MaxLinks = 40;                                       // as Linux
    private const int MaxDepth = 1024;
    private const int StepsPerEntry = 16;

    private long _entries;
    private long _bytes;
    private long _steps;

    public ImageEntry Root { get; } = new("", null, new TarEntry("/", TarEntryKind.Directory), -1, null);

    /// <summary>Puts one entry of a layer on the tree.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="content">A file's content; null for anything else.</param>
    /// <param name="layer">The layer's number, from 0 for the lowest.</param>
    /// <param name="name">How the layer is named in messages.</param>
    public void Apply(TarEntry entry, FileContent? content, int layer, string name)
    {
        var parts = entry.Path.Split('/').Where(IsStep).ToList();
        if (parts.Contains(".."))
        {
            throw Malformed(name, entry.Path, "climbs with '..'");
        }

        if (parts.Count == 0)
        {
            if (entry.Kind != TarEntryKind.Directory)
            {
                throw Malformed(name, entry.Path, "is the root, and not a directory");
            }

            Take(CostOf(entry) - CostOf(Root.Attributes));
            Root.Update(entry, layer);
            return;
        }

        var parent = Walk(Root, parts.SkipLast(1), followLast: true, createIn: layer);
        if (parent?.Kind != TarEntryKind.Directory)
        {
            throw Malformed(name, entry.Path, "lies below something that is not a directory, or below a link that leads nowhere");
        }

        if (parts[^1].StartsWith(WhiteoutNames.Prefix, StringComparison.Ordinal))
        {
            Remove(parent, parts[^1], entry.Path, layer, name);
            return;
        }

        Put(parent, parts[^1], entry, content, layer, name);
    }

    /// <summary>Finds what a path means, following links inside the root; null when there is nothing.</summary>
    public ImageEntry? Find(string path, bool followLast) => Walk(Root, path.Split('/'), followLast, createIn: null, isCounted: false);

    /// <summary>
    /// Finds what a link means. <paramref name="leavesRoot"/>: the text, read on a machine where the tree lies in some directory, leads
    /// out of that directory.
    /// </summary>
    public ImageEntry? FindTarget(ImageEntry link, out bool leavesRoot)
    {
        var climbed = link.LinkTarget.StartsWith('/');
        var found = Walk(climbed ? Root : link.Parent!, link.LinkTarget.Split('/'), followLast: false, createIn: null, () => climbed = true);
        leavesRoot = climbed;
        return found;
    }

    private static OciException Malformed(string layer, string path, string what) =>
        new(OciError.MalformedLayer, $"{layer}: '{Quoted.Of(path)}' {what}");

    private static void Remove(ImageEntry parent, string name, string path, int layer, string layerName)
    {
        if (name == WhiteoutNames.Opaque)
        {
            parent.RemoveChildrenBelow(layer);
        }
        else if (!name.StartsWith(WhiteoutNames.ReservedPrefix, StringComparison.Ordinal))
        {
            var removed = name[WhiteoutNames.Prefix.Length..];
            if (removed is "" or "." or "..")
            {
                throw Malformed(layerName, path, "removes nothing that has a name");
            }

            if (parent.Child(removed) is { } child)
            {
                parent.RemoveBelow(child, layer);
            }
        }
    }

    private void Put(ImageEntry parent, string name, TarEntry entry, FileContent? content, int layer, string layerName)
    {
        var existing = parent.Child(name);
        if (entry.Kind == TarEntryKind.Directory && existing?.Kind == TarEntryKind.Directory)
        {
            Take(CostOf(entry) - CostOf(existing.Attributes));
            existing.Update(entry, layer);
            return;
        }

        if (entry.Kind == TarEntryKind.HardLink)
        {
            if (entry.LinkTarget.Split('/').Contains(".."))
            {
                throw Malformed(layerName, entry.Path, "is a hard link that climbs with '..'");
            }

            var target = Walk(Root, entry.LinkTarget.Split('/'), followLast: false, createIn: null);
            if (target is null or { Kind: TarEntryKind.Directory })
            {
                throw Malformed(layerName, entry.Path, $"is a hard link to '{Quoted.Of(entry.LinkTarget)}', which is {(target is null ? "not there" : "a directory")}");
            }

            if (target != existing)
            {
                Add(parent, name, target.Attributes, layer, target.Content);
            }

            return;
        }

        Add(parent, name, entry, layer, content);
    }

    private ImageEntry Add(ImageEntry parent, string name, TarEntry attributes, int layer, FileContent? content)
    {
        if (++_entries > limits.MaxLayerEntries)
        {
            throw new OciException(OciError.LimitExceeded, $"The image has more than {limits.MaxLayerEntries} files");
        }

        if (parent.Depth >= MaxDepth)
        {
            throw new OciException(OciError.LimitExceeded, $"The image has directories nested deeper than {MaxDepth} levels");
        }

        var added = new ImageEntry(name, parent, attributes, layer, content);
        if (added.PathBytes > TarFormat.MaxPathBytes)
        {
            throw new OciException(
                OciError.LimitExceeded, $"The image has a path of more than {TarFormat.MaxPathBytes} bytes, which nothing can open");
        }

        Take(added.PathBytes + CostOf(attributes));
        parent.Put(added);
        return added;
    }

    // What stays in memory of an entry. The number of entries alone would let each of them hold a megabyte of attributes.
    private static long CostOf(TarEntry entry) =>
        entry.Path.Length + entry.LinkTarget.Length
        + entry.ExtendedAttributes.Sum(attribute => (long)attribute.Key.Length + attribute.Value.Length);

    private void Take(long bytes)
    {
        _bytes += bytes;
        if (_bytes > limits.MaxTreeBytes)
        {
            throw new OciException(
                OciError.LimitExceeded,
                $"The paths, links and extended attributes of the image have more than {limits.MaxTreeBytes} bytes");
        }
    }

    // Forty links of two thousand components each are allowed to one path, as to a program; to all paths of an image together they are not.
    private void TakeSteps(int steps)
    {
        _steps += steps;
        if (_steps > (long)StepsPerEntry * limits.MaxLayerEntries)
        {
            throw new OciException(OciError.LimitExceeded, "The symbolic links of the image take too long to follow");
        }
    }

    // With a layer to create in, missing directories are made, as the container engines do.
    private ImageEntry? Walk(
        ImageEntry start, IEnumerable<string> path, bool followLast, int? createIn, Action? climbed = null, bool isCounted = true)
    {
        var pending = new Stack<string>(path.Where(IsStep).Reverse());
        var current = start;
        for (var hops = 0; pending.TryPop(out var part);)
        {
            if (current.Kind != TarEntryKind.Directory)
            {
                return null;
            }

            if (part == "..")
            {
                if (current.Parent is null)
                {
                    climbed?.Invoke();
                }

                current = current.Parent ?? Root;
                continue;
            }

            var child = current.Child(part);
            if (child is null)
            {
                if (createIn is not { } layer)
                {
                    return null;
                }

                child = Add(current, part, new TarEntry(part, TarEntryKind.Directory), layer, null);
            }

            if (child.Kind == TarEntryKind.SymbolicLink && (followLast || pending.Count > 0))
            {
                if (++hops > MaxLinks)
                {
                    return null;
                }

                current = child.LinkTarget.StartsWith('/') ? Root : current;
                var steps = child.LinkTarget.Split('/');
                TakeSteps(isCounted ? steps.Length : 0);
                foreach (var next in steps.Where(IsStep).Reverse())
                {
                    pending.Push(next);
                }
            }
            else
            {
                current = child;
            }
        }

        return current;
    }

    private static bool IsStep(string part) => part is not ("" or ".");
}
