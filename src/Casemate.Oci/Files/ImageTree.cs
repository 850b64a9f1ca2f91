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

    private long _entries;

    public ImageEntry Root { get; } = new("", null, new TarEntry("/", TarEntryKind.Directory), -1, null);

    /// <summary>Puts one entry of a layer on the tree.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="content">A file's content; null for anything else.</param>
    /// <param name="layer">The layer's number, from 0 for the lowest.</param>
    /// <param name="name">How the layer is named in messages.</param>
    public void Apply(TarEntry entry, FileContent? content, int layer, string name)
    {
        var parts = entry.Path.Split('/').Where(part => part is not ("" or ".")).ToList();
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
    public ImageEntry? Find(string path, bool followLast) => Walk(Root, path.Split('/'), followLast, createIn: null);

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
            existing.Update(entry, layer);
            return;
        }

        if (entry.Kind == TarEntryKind.HardLink)
        {
            if (entry.LinkTarget.Split('/').Contains(".."))
            {
                throw Malformed(layerName, entry.Path, "is a hard link that climbs with '..'");
            }

            var target = Find(entry.LinkTarget, followLast: false);
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
        parent.Put(added);
        return added;
    }

    // With a layer to create in, missing directories are made, as the container engines do.
    private ImageEntry? Walk(ImageEntry start, IEnumerable<string> path, bool followLast, int? createIn, Action? climbed = null)
    {
        var pending = new Stack<string>(path.Reverse());
        var current = start;
        for (var hops = 0; pending.TryPop(out var part);)
        {
            if (part is "" or ".")
            {
                continue;
            }

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

            if (child.Kind == TarEntryKind.SymbolicLink && (followLast || pending.Any(next => next is not ("" or "."))))
            {
                if (++hops > MaxLinks)
                {
                    return null;
                }

                current = child.LinkTarget.StartsWith('/') ? Root : current;
                foreach (var next in child.LinkTarget.Split('/').Reverse())
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
}
