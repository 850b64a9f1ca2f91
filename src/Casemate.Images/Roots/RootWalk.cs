using System.Collections.Immutable;
using Casemate.Oci;

namespace Casemate.Images.Roots;

/// <summary>
/// Resolves paths inside a root as the kernel does after chroot(2): an absolute link starts at the root again, and <c>..</c> of the root is
/// the root, so that no path and no link leads out of it. Remembers what it saw.
/// </summary>
public sealed class RootWalk
{
    /// <summary>Links that one path may lead through, as in the kernel.</summary>
    public const int MaxLinks = 40;

    private const int MaxPathBytes = 4096;                                 // PATH_MAX
    private readonly Dictionary<string, RootEntry?> _seen = new(StringComparer.Ordinal);
    private readonly Dictionary<string, RootLocation?> _resolved = new(StringComparer.Ordinal);

    /// <summary>Makes a walk through a root.</summary>
    public RootWalk(IRootFileSystem root)
    {
        ArgumentNullException.ThrowIfNull(root);
        Root = root;
    }

    /// <summary>The root.</summary>
    public IRootFileSystem Root { get; }

    /// <summary>Where a path leads; null when it leads nowhere: nothing there, a loop, or a file where a directory is wanted.</summary>
    /// <param name="path">An absolute path; a relative one is taken from the root.</param>
    public RootLocation? Resolve(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (path.Length > MaxPathBytes || path.Contains('\0'))
        {
            return null;
        }

        if (_resolved.TryGetValue(path, out var known))
        {
            return known;
        }

        return _resolved[path] = Walk(path);
    }

    /// <summary>What is at a path without following a link at its end; null when nothing is.</summary>
    /// <param name="path">Normal form.</param>
    public RootEntry? Look(string path) => _seen.TryGetValue(path, out var entry) ? entry : _seen[path] = Root.Look(path);

    /// <summary>Reads a whole file.</summary>
    /// <param name="location">Where it is.</param>
    /// <param name="maxBytes">The most that it may have.</param>
    /// <exception cref="OciException">
    /// <see cref="OciError.Storage"/>: it cannot be read; <see cref="OciError.LimitExceeded"/>: it is larger.
    /// </exception>
    public byte[] Read(RootLocation location, long maxBytes)
    {
        ArgumentNullException.ThrowIfNull(location);
        if (location.Entry.Kind is not RootEntryKind.File)
        {
            throw new OciException(OciError.Storage, $"{Shown.Of(location.Path)} is not a regular file");
        }

        if (location.Entry.Size > maxBytes)
        {
            throw new OciException(OciError.LimitExceeded, $"{Shown.Of(location.Path)} has {location.Entry.Size} bytes, the limit is {maxBytes}");
        }

        var bytes = new byte[location.Entry.Size];
        return Read(location, bytes) == bytes.Length
            ? bytes : throw new OciException(OciError.Storage, $"{Shown.Of(location.Path)} became shorter while it was read");
    }

    /// <summary>Reads the first bytes of a file.</summary>
    /// <param name="location">Where it is.</param>
    /// <param name="count">How many, fewer when the file has fewer.</param>
    /// <exception cref="OciException"><see cref="OciError.Storage"/>: it cannot be read.</exception>
    public byte[] ReadStart(RootLocation location, int count)
    {
        ArgumentNullException.ThrowIfNull(location);
        var bytes = new byte[Math.Min(count, location.Entry.Size)];
        return bytes[..Read(location, bytes)];
    }

    private int Read(RootLocation location, Span<byte> bytes)
    {
        using var stream = Root.Open(location.Path);
        try
        {
            return stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new OciException(OciError.Storage, $"{Shown.Of(location.Path)} cannot be read: {e.Message}", cause: e);
        }
    }

    private RootLocation? Walk(string path)
    {
        var links = ImmutableArray.CreateBuilder<string>();
        var waiting = new Stack<string>();
        Push(waiting, path);
        var (at, entry) = ("/", Look("/"));
        while (entry is not null && waiting.TryPop(out var part))
        {
            if (entry.Kind is not RootEntryKind.Directory)
            {
                return null;
            }

            if (part == "..")
            {
                at = at.LastIndexOf('/') is > 0 and var slash ? at[..slash] : "/";
                entry = Look(at);
                continue;
            }

            var next = at == "/" ? "/" + part : at + "/" + part;
            entry = next.Length > MaxPathBytes ? null : Look(next);
            if (entry is not { Kind: RootEntryKind.Link })
            {
                at = next;
                continue;
            }

            if (links.Count == MaxLinks || string.IsNullOrEmpty(entry.LinkTarget))
            {
                return null;
            }

            links.Add(next);
            Push(waiting, entry.LinkTarget);
            at = entry.LinkTarget[0] == '/' ? "/" : at;
            entry = Look(at);
        }

        return entry is null ? null : new RootLocation(at, entry, links.DrainToImmutable());
    }

    private static void Push(Stack<string> waiting, string path)
    {
        var parts = path.Split('/');
        for (var i = parts.Length - 1; i >= 0; i--)
        {
            if (parts[i] is not ("" or "."))
            {
                waiting.Push(parts[i]);
            }
        }
    }
}
