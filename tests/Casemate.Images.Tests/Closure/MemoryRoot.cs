using Casemate.Images.Roots;

namespace Casemate.Images.Tests.Closure;

/// <summary>
/// A root in memory. Directories exist by what is in them. It fails the test when it is asked below a link, which would be following one.
/// </summary>
internal sealed class MemoryRoot : IRootFileSystem
{
    private readonly SortedDictionary<string, (byte[]? Content, string? Target)> _entries = new(StringComparer.Ordinal);

    public MemoryRoot With(string path, byte[] content)
    {
        _entries[path] = (content, null);
        return this;
    }

    public MemoryRoot With(string path, string content) => With(path, System.Text.Encoding.UTF8.GetBytes(content));

    public MemoryRoot WithLink(string path, string target)
    {
        _entries[path] = (null, target);
        return this;
    }

    public RootEntry? Look(string path)
    {
        for (var slash = path.IndexOf('/', 1); slash > 0; slash = path.IndexOf('/', slash + 1))
        {
            Assert.False(_entries.TryGetValue(path[..slash], out var above) && above.Target is not null, $"{path} was asked for below a link");
        }

        Assert.DoesNotContain("/../", path + "/", StringComparison.Ordinal);
        if (_entries.TryGetValue(path, out var entry))
        {
            return entry.Target is null
                ? new RootEntry(RootEntryKind.File, entry.Content!.Length, UnixFileMode.UserRead, null, path)
                : new RootEntry(RootEntryKind.Link, 0, UnixFileMode.UserRead, entry.Target, path);
        }

        return path == "/" || _entries.Keys.Any(key => key.StartsWith(path + "/", StringComparison.Ordinal))
            ? new RootEntry(RootEntryKind.Directory, 0, UnixFileMode.UserExecute, null, path) : null;
    }

    public IReadOnlyList<string> List(string path) =>
    [
        .. _entries.Keys.Where(key => key.StartsWith(path.TrimEnd('/') + "/", StringComparison.Ordinal))
            .Select(key => key[(path.TrimEnd('/').Length + 1)..].Split('/')[0]).Distinct().Order(StringComparer.Ordinal),
    ];

    public Stream Open(string path) => new MemoryStream(_entries[path].Content!);
}
