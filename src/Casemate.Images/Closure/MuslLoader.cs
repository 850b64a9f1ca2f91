using System.Text;
using Casemate.Images.Roots;

namespace Casemate.Images.Closure;

/// <summary>
/// The rules of musl's loader: LD_LIBRARY_PATH, then the search paths of the object and of all that loaded it (DT_RUNPATH and DT_RPATH
/// alike), then one list of directories. Source: musl, documentation of the dynamic linker; functional differences from glibc.
/// </summary>
internal sealed class MuslLoader : DynamicLoader
{
    private const int MaxPathFileBytes = 65536;
    private static readonly string[] s_own = ["c", "pthread", "rt", "m", "dl", "util", "xnet"];
    private readonly ClosureOptions _options;
    private readonly string[] _directories;

    /// <summary>Reads the list of directories: /etc/ld-musl-x86_64.path, or the one that musl is built with.</summary>
    public MuslLoader(RootWalk walk, string interpreter, ClosureOptions options)
    {
        _options = options;
        var name = interpreter[(interpreter.LastIndexOf('/') + 1)..];
        PathFile = $"/etc/{name[..^(name.EndsWith(".so.1", StringComparison.Ordinal) ? 5 : 0)]}.path";
        _directories = walk.Resolve(PathFile) is { Entry.Kind: RootEntryKind.File } file
            ? Encoding.UTF8.GetString(walk.Read(file, MaxPathFileBytes)).Split((char[])[':', '\n'], StringSplitOptions.RemoveEmptyEntries)
            : ["/lib", "/usr/local/lib", "/usr/lib"];
    }

    /// <summary>The file that lists the directories; it need not be there.</summary>
    public string PathFile { get; }

    /// <inheritdoc/>
    public override bool ChecksVersions => false;

    /// <inheritdoc/>
    // Never DT_SONAME.
    public override IEnumerable<string> NamesOf(ProcessObject loaded) => [loaded.Name, loaded.RequestedAs];

    /// <inheritdoc/>
    // The C library and its parts are the loader itself.
    public override bool IsLoader(string name) =>
        name.StartsWith("lib", StringComparison.Ordinal) && s_own.Any(own => name.AsSpan(3).StartsWith(own) && name.AsSpan(3 + own.Length) is ['.', ..]);

    /// <inheritdoc/>
    public override string Expand(string name, ProcessObject neededBy) => name;

    /// <inheritdoc/>
    public override IEnumerable<SearchPlace> Places(string name, ProcessObject neededBy, ProcessObject? main)
    {
        foreach (var directory in Split(_options.LibraryPath ?? ""))
        {
            yield return Place(directory, "LD_LIBRARY_PATH", SearchSource.SearchPath);
        }

        for (var at = neededBy; at is not null; at = at.Loader)
        {
            if ((at.Dynamic?.RunPath ?? at.Dynamic?.RPath) is { } path)
            {
                var expanded = SearchPath.Expand(path, new Dictionary<string, string> { ["ORIGIN"] = at.Origin });
                foreach (var directory in expanded.Contains('$') ? [] : Split(expanded))
                {
                    yield return Place(directory, $"search path of {Shown.Of(at.Path)}", SearchSource.SearchPath);
                }
            }
        }

        foreach (var directory in _directories)
        {
            yield return Place(directory, $"default directory {Shown.Of(directory)}", SearchSource.Default);
        }

        SearchPlace Place(string directory, string how, SearchSource source) => new($"{directory.TrimEnd('/')}/{name}", how, false, source);
    }

    private IEnumerable<string> Split(string path) =>
        path.Split((char[])[':', '\n'], StringSplitOptions.RemoveEmptyEntries).Select(directory => SearchPath.Absolute(directory, _options.WorkingDirectory));
}
