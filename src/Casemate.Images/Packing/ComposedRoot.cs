using System.Collections.Immutable;
using Casemate.Images.Roots;

namespace Casemate.Images.Packing;

/// <summary>
/// A root with other things put over it: directories from elsewhere, files from elsewhere, files made here. So an application in some
/// build directory has the place that it will have in the image, whatever the directory is called.
/// </summary>
public sealed class ComposedRoot : IRootFileSystem
{
    private static readonly RootEntry s_directory = new(RootEntryKind.Directory, 0, (UnixFileMode)0x1ED, null, null);

    private readonly IRootFileSystem _below;
    private readonly ImmutableSortedDictionary<string, IRootFileSystem> _directories;
    private readonly ImmutableSortedDictionary<string, (IRootFileSystem Root, string Path)> _files;
    private readonly ImmutableSortedDictionary<string, ReadOnlyMemory<byte>> _made;

    /// <summary>Begins with a root and nothing over it.</summary>
    public ComposedRoot(IRootFileSystem below)
        : this(
            below, ImmutableSortedDictionary.Create<string, IRootFileSystem>(StringComparer.Ordinal),
            ImmutableSortedDictionary.Create<string, (IRootFileSystem, string)>(StringComparer.Ordinal),
            ImmutableSortedDictionary.Create<string, ReadOnlyMemory<byte>>(StringComparer.Ordinal))
    {
        ArgumentNullException.ThrowIfNull(below);
    }

    private ComposedRoot(
        IRootFileSystem below, ImmutableSortedDictionary<string, IRootFileSystem> directories,
        ImmutableSortedDictionary<string, (IRootFileSystem Root, string Path)> files,
        ImmutableSortedDictionary<string, ReadOnlyMemory<byte>> made) =>
        (_below, _directories, _files, _made) = (below, directories, files, made);

    /// <summary>The same with a directory in place of whatever is at a path.</summary>
    /// <param name="path">Normal form, not the root.</param>
    /// <param name="directory">What is there.</param>
    public ComposedRoot WithDirectory(string path, IRootFileSystem directory) =>
        new(_below, _directories.SetItem(path, directory), _files, _made);

    /// <summary>The same with a file in place of whatever is at a path.</summary>
    /// <param name="path">Normal form.</param>
    /// <param name="root">The root that the file is taken from.</param>
    /// <param name="pathThere">Its path there, normal form.</param>
    public ComposedRoot WithFile(string path, IRootFileSystem root, string pathThere) =>
        new(_below, _directories, _files.SetItem(path, (root, pathThere)), _made);

    /// <summary>The same with a file of these bytes in place of whatever is at a path.</summary>
    public ComposedRoot WithFile(string path, ReadOnlyMemory<byte> content) =>
        new(_below, _directories, _files, _made.SetItem(path, content));

    /// <inheritdoc/>
    public RootEntry? Look(string path)
    {
        if (_made.TryGetValue(path, out var made))
        {
            return new RootEntry(RootEntryKind.File, made.Length, (UnixFileMode)0x1A4, null, null);
        }

        if (_files.TryGetValue(path, out var file))
        {
            return file.Root.Look(file.Path);
        }

        var (root, there) = Place(path);
        var entry = root.Look(there);
        return entry is not { Kind: RootEntryKind.Directory } && IsAbove(path) ? s_directory : entry;
    }

    /// <inheritdoc/>
    public IReadOnlyList<string> List(string path)
    {
        var (root, there) = Place(path);
        var prefix = path == "/" ? "/" : path + "/";
        var added = _made.Keys.Concat(_files.Keys).Concat(_directories.Keys)
            .Where(at => at.StartsWith(prefix, StringComparison.Ordinal)).Select(at => at[prefix.Length..].Split('/')[0]);
        var below = root.Look(there) is { Kind: RootEntryKind.Directory } ? root.List(there) : [];
        return [.. below.Concat(added).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
    }

    /// <inheritdoc/>
    public Stream Open(string path)
    {
        if (_made.TryGetValue(path, out var made))
        {
            return new MemoryStream(made.ToArray(), writable: false);
        }

        var (root, there) = _files.TryGetValue(path, out var file) ? file : Place(path);
        return root.Open(there);
    }

    // The innermost directory that was put over.
    private (IRootFileSystem Root, string Path) Place(string path)
    {
        for (var at = path; at.Length > 0; at = at[..Math.Max(at.LastIndexOf('/'), 0)])
        {
            if (_directories.TryGetValue(at, out var root))
            {
                return (root, path.Length == at.Length ? "/" : path[at.Length..]);
            }
        }

        return (_below, path);
    }

    private bool IsAbove(string path) =>
        _made.Keys.Concat(_files.Keys).Concat(_directories.Keys).Any(at => at.StartsWith(path + "/", StringComparison.Ordinal));
}
