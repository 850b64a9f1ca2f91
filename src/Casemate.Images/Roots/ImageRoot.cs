using Casemate.Oci.Files;
using Casemate.Oci.Tar;

namespace Casemate.Images.Roots;

/// <summary>The merged layers of an image as a root.</summary>
public sealed class ImageRoot : IRootFileSystem
{
    private readonly ImageFileSystem _files;

    /// <summary>Makes the root.</summary>
    /// <param name="files">The image's files, read with their contents; not disposed here.</param>
    public ImageRoot(ImageFileSystem files)
    {
        ArgumentNullException.ThrowIfNull(files);
        _files = files;
    }

    /// <inheritdoc/>
    public RootEntry? Look(string path) => _files.Find(path, followLast: false) is not { } entry ? null : new RootEntry(
        entry.Kind switch
        {
            TarEntryKind.File => RootEntryKind.File,
            TarEntryKind.Directory => RootEntryKind.Directory,
            TarEntryKind.SymbolicLink => RootEntryKind.Link,
            _ => RootEntryKind.Other,
        },
        entry.Size, (UnixFileMode)entry.Mode, entry.Kind == TarEntryKind.SymbolicLink ? entry.LinkTarget : null, null);

    /// <inheritdoc/>
    public IReadOnlyList<string> List(string path) =>
        _files.Find(path, followLast: false) is not { } entry ? []
            : [.. entry.Children.Select(child => child.Name).Order(StringComparer.Ordinal)];

    /// <inheritdoc/>
    public Stream Open(string path) => _files.OpenRead(
        _files.Find(path, followLast: false) ?? throw new Oci.OciException(Oci.OciError.Storage, $"{Shown.Of(path)} is not in the image"));
}
