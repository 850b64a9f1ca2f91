using Casemate.Oci.Tar;

namespace Casemate.Oci.Layers;

/// <summary>Something that a new layer puts into an image.</summary>
/// <param name="Path">The path in the image; a slash in front is allowed. No component may be empty, "." or "..".</param>
/// <param name="Kind">What it is.</param>
public sealed record LayerFile(string Path, TarEntryKind Kind)
{
    /// <summary>The content of a file; empty unless given.</summary>
    public ContentSource Content { get; init; } = ContentSource.Empty;

    /// <summary>Permission bits, up to 0xFFF; null for 0644 (files), 0755 (directories), 0777 (links).</summary>
    public int? Mode { get; init; }

    /// <summary>The owner's number.</summary>
    public long UserId { get; init; }

    /// <summary>The group's number.</summary>
    public long GroupId { get; init; }

    /// <summary>Where a link leads; a hard link names the path of a file of the same layer.</summary>
    public string LinkTarget { get; init; } = "";

    /// <summary>Extended attributes; empty where there are none.</summary>
    public IReadOnlyDictionary<string, ReadOnlyMemory<byte>> ExtendedAttributes { get; init; } = new Dictionary<string, ReadOnlyMemory<byte>>();

    /// <summary>A directory.</summary>
    public static LayerFile Directory(string path, int mode = 0x1ED) => new(path, TarEntryKind.Directory) { Mode = mode };

    /// <summary>A file.</summary>
    public static LayerFile File(string path, ContentSource content, int mode = 0x1A4) => new(path, TarEntryKind.File) { Content = content, Mode = mode };

    /// <summary>A symbolic link.</summary>
    public static LayerFile SymbolicLink(string path, string target) => new(path, TarEntryKind.SymbolicLink) { LinkTarget = target };

    /// <summary>Another name for the file <paramref name="target"/> of the same layer.</summary>
    public static LayerFile HardLink(string path, string target) => new(path, TarEntryKind.HardLink) { LinkTarget = target };

    /// <summary>The mark that removes <paramref name="path"/> of the layers below.</summary>
    public static LayerFile Whiteout(string path)
    {
        var slash = path.LastIndexOf('/');
        return new LayerFile(path[..(slash + 1)] + WhiteoutNames.Prefix + path[(slash + 1)..], TarEntryKind.File);
    }
}
