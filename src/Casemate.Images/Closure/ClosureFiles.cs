using System.Collections.Immutable;
using System.Security.Cryptography;
using Casemate.Images.Packages;
using Casemate.Images.Roots;
using Casemate.Oci;

namespace Casemate.Images.Closure;

/// <summary>The files of a closure as they come together, with their reasons.</summary>
internal sealed class ClosureFiles(RootWalk walk, int maxFiles)
{
    private readonly SortedDictionary<string, (RootEntry Entry, List<ClosureReason> Reasons)> _files = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _digests = new(StringComparer.Ordinal);

    /// <summary>Adds where a path leads, and every link on the way; null when it leads nowhere.</summary>
    public RootLocation? Add(string path, ClosureReason reason)
    {
        if (walk.Resolve(path) is not { } location)
        {
            return null;
        }

        Add(location, path, reason);
        return location;
    }

    /// <summary>Adds a place that was found already, and the links on the way to it.</summary>
    public void Add(RootLocation location, string path, ClosureReason reason)
    {
        if (location.Path == "/" || location.Entry.Kind is RootEntryKind.Other)
        {
            return;
        }

        Put(location.Path, location.Entry, reason);
        foreach (var link in location.Links)
        {
            Put(link, walk.Look(link)!, new ClosureReason(ClosureReasonKind.Link, location.Path, $"{Shown.Of(path)} leads through it"));
        }
    }

    /// <summary>Whether a file is in.</summary>
    public bool Contains(string path) => _files.ContainsKey(path);

    /// <summary>The paths of files and links so far, in order.</summary>
    public IReadOnlyList<string> Paths => [.. _files.Keys];

    /// <summary>Keeps a digest that was made while a file was read for another purpose.</summary>
    public void SetDigest(string path, ReadOnlySpan<byte> content) => _digests[path] = Convert.ToHexStringLower(SHA256.HashData(content));

    /// <summary>The files with size, digest and package.</summary>
    public ImmutableArray<ClosureFile> ToFiles(Dictionary<string, PackageOrigin> packages) =>
    [
        .. _files.Select(file => new ClosureFile(
            file.Key, file.Value.Entry.Kind, file.Value.Entry.Size, file.Value.Entry.Mode,
            file.Value.Entry.Kind is RootEntryKind.File ? Digest(file.Key) : null, file.Value.Entry.LinkTarget,
            packages.GetValueOrDefault(file.Key), [.. file.Value.Reasons])),
    ];

    private string Digest(string path)
    {
        if (_digests.TryGetValue(path, out var known))
        {
            return known;
        }

        using var stream = walk.Root.Open(path);
        try
        {
            return Convert.ToHexStringLower(SHA256.HashData(stream));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new OciException(OciError.Storage, $"{Shown.Of(path)} cannot be read: {e.Message}", cause: e);
        }
    }

    private void Put(string path, RootEntry entry, ClosureReason reason)
    {
        if (!_files.TryGetValue(path, out var file))
        {
            if (_files.Count == maxFiles)
            {
                throw new OciException(OciError.LimitExceeded, $"there are more than {maxFiles} files", "Include fewer, or raise the limit.");
            }

            _files[path] = file = (entry, []);
        }

        // A library is needed by many; the same reason twice says nothing.
        if (file.Reasons.Count < 64 && !file.Reasons.Contains(reason))
        {
            file.Reasons.Add(reason);
        }
    }
}
