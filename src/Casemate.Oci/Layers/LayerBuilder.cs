using System.Text;
using Casemate.Oci.Streams;
using Casemate.Oci.Tar;

namespace Casemate.Oci.Layers;

/// <summary>
/// Writes layers whose bytes depend on what is in them alone: not on the order in which it was named, the machine, the directory, the
/// clock, the user or the umask.
/// </summary>
public static class LayerBuilder
{
    /// <summary>Writes a layer, in one pass.</summary>
    /// <param name="files">What the layer holds, in any order. Each path once.</param>
    /// <param name="output">Where the layer goes; left open.</param>
    /// <param name="options">How; null for <see cref="LayerOptions.Default"/>.</param>
    /// <param name="cancel">Ends the work; what was written is of no use then.</param>
    /// <exception cref="ArgumentException">A path is none, appears twice, or lies below something that is no directory; a hard link names no file.</exception>
    /// <exception cref="OciException"><see cref="OciError.Storage"/>: a content cannot be read, or changed while it was.</exception>
    public static async Task<BuiltLayer> WriteAsync(
        IEnumerable<LayerFile> files, Stream output, LayerOptions? options, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(files);
        options ??= LayerOptions.Default;
        var entries = Arrange(files, options);

        using var compressed = new DigestingStream(output);
        using var gzip = options.Compress ? new ReproducibleGzipStream(compressed) : null;
        using var plain = new DigestingStream(gzip as Stream ?? compressed);
        var tar = new TarWriter(plain);
        foreach (var file in entries.Values)
        {
            await WriteAsync(tar, file, options, cancel).ConfigureAwait(false);
        }

        tar.Finish();
        gzip?.Finish();
        var mediaType = options.Compress ? MediaTypes.LayerGzip : MediaTypes.Layer;
        return new BuiltLayer(new Descriptor(mediaType, compressed.Finish(), compressed.Written), plain.Finish(), plain.Written);
    }

    private static async Task WriteAsync(TarWriter tar, LayerFile file, LayerOptions options, CancellationToken cancel)
    {
        var entry = new TarEntry(file.Path, file.Kind)
        {
            UserId = file.UserId,
            GroupId = file.GroupId,
            Size = file.Kind == TarEntryKind.File ? file.Content.Size : 0,
            ModifiedSeconds = options.ModifiedSeconds,
            LinkTarget = file.LinkTarget,
            ExtendedAttributes = file.ExtendedAttributes,
        };
        entry = file.Mode is { } mode ? entry with { Mode = mode } : entry;
        if (entry.Size == 0)
        {
            await tar.WriteAsync(entry, null, cancel).ConfigureAwait(false);
            return;
        }

        try
        {
            await using var content = await file.Content.OpenAsync(cancel).ConfigureAwait(false);
            await tar.WriteAsync(entry, content, cancel).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new OciException(OciError.Storage, $"'{Quoted.Of(file.Path)}' cannot be packed: {failure.Message}", cause: failure);
        }
    }

    // Sorted by the bytes of the paths: a directory comes before what is in it, because its path is the beginning of theirs.
    private static SortedDictionary<string, LayerFile> Arrange(IEnumerable<LayerFile> files, LayerOptions options)
    {
        var entries = new SortedDictionary<string, LayerFile>(Utf8Order.Instance);
        foreach (var file in files)
        {
            var path = Checked(file.Path);
            var target = file.Kind == TarEntryKind.HardLink ? Checked(file.LinkTarget) : file.LinkTarget;
            if (!entries.TryAdd(path, file with { Path = path, LinkTarget = target }))
            {
                throw new ArgumentException($"The path '{Quoted.Of(path)}' appears twice in a layer.", nameof(files));
            }
        }

        foreach (var path in entries.Keys.ToList())
        {
            for (var slash = path.LastIndexOf('/'); slash > 0; slash = path.LastIndexOf('/', slash - 1))
            {
                var parent = path[..slash];
                if (!entries.TryGetValue(parent, out var above))
                {
                    if (options.AddParents)
                    {
                        entries.Add(parent, LayerFile.Directory(parent));
                    }
                }
                else if (above.Kind != TarEntryKind.Directory)
                {
                    throw new ArgumentException($"'{Quoted.Of(path)}' lies below '{Quoted.Of(parent)}', which is not a directory.", nameof(files));
                }
            }
        }

        return OrderHardLinks(entries);
    }

    // A link must come behind its file. Of all names of a file the first one in order therefore gets the content.
    private static SortedDictionary<string, LayerFile> OrderHardLinks(SortedDictionary<string, LayerFile> entries)
    {
        var groups = entries.Values.Where(file => file.Kind == TarEntryKind.HardLink).GroupBy(file => file.LinkTarget).ToList();
        foreach (var links in groups)
        {
            if (!entries.TryGetValue(links.Key, out var file) || file.Kind != TarEntryKind.File)
            {
                throw new ArgumentException($"The hard link '{Quoted.Of(links.First().Path)}' does not name a file of the same layer.");
            }

            var names = links.Select(link => link.Path).Append(file.Path).Order(Utf8Order.Instance).ToList();
            entries[names[0]] = file with { Path = names[0] };
            foreach (var name in names.Skip(1))
            {
                entries[name] = file with { Path = name, Kind = TarEntryKind.HardLink, LinkTarget = names[0], ExtendedAttributes = s_none };
            }
        }

        return entries;
    }

    private static readonly IReadOnlyDictionary<string, ReadOnlyMemory<byte>> s_none = new Dictionary<string, ReadOnlyMemory<byte>>();

    private static string Checked(string path)
    {
        var relative = path.TrimStart('/').TrimEnd('/');
        if (relative.Length == 0 || relative.Split('/').Any(part => part is "" or "." or "..") || relative.Contains('\0')
            || Encoding.UTF8.GetByteCount(relative) > TarFormat.MaxPathBytes)
        {
            throw new ArgumentException($"'{Quoted.Of(path)}' is not a path in an image.", nameof(path));
        }

        return relative;
    }
}
