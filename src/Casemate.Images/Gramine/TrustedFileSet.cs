using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using Casemate.Images.Closure;
using Casemate.Images.Roots;
using Casemate.Oci;

namespace Casemate.Images.Gramine;

/// <summary>
/// The files that an enclave may read, by every name under which it can come to them: Gramine compares names as they are used, and lets
/// the host follow links. Files that a container's runtime puts others over are left out: their hashes would never fit.
/// </summary>
internal sealed partial class TrustedFileSet
{
    /// <summary>The most names that are accepted.</summary>
    public const int MaxNames = 100_000;

    private const int MaxRounds = 3;
    private const int MaxDepth = 128;
    private const int BufferBytes = 128 * 1024;

    // What runtimes mount over, in every container.
    private static readonly string[] s_ofTheHost = ["/etc/resolv.conf", "/etc/hosts", "/etc/hostname", "/etc/mtab"];
    private static readonly string[] s_systemLinks = ["/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/var/run", "/var/lock"];

    private readonly RootWalk _walk;
    private readonly Dictionary<string, string> _hashes = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, string> _names = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, string> _links = new(StringComparer.Ordinal);
    private readonly SortedSet<string> _leftOut = new(StringComparer.Ordinal);

    /// <summary>Begins with nothing.</summary>
    public TrustedFileSet(RootWalk walk) => _walk = walk;

    /// <summary>Files that a runtime mounts over, which were asked for and are not in.</summary>
    public IReadOnlyCollection<string> LeftOut => _leftOut;

    /// <summary>Refuses a name that a manifest cannot carry.</summary>
    /// <exception cref="EnclaveImageException"><see cref="EnclaveImageError.UnusableName"/>.</exception>
    public static void RequireUsable(string path)
    {
        if (path.Contains('\uFFFD') || path.Any(c => char.IsControl(c)) || HasLoneSurrogate(path))
        {
            throw new EnclaveImageException(
                EnclaveImageError.UnusableName,
                $"the name '{Shown.Of(path)}' is not UTF-8, or has a line break or another control character, and a manifest cannot "
                    + $"carry it",
                "Remove or rename the file in the image.");
        }
    }

    /// <summary>Adds a file or link under its own name; a directory that a link leads to gives its files other names. What leads nowhere
    /// is passed over.</summary>
    /// <param name="path">Normal form, without links in its directories.</param>
    /// <param name="sha256">The hash if it is known.</param>
    public void Add(string path, string? sha256 = null)
    {
        if (_walk.Resolve(path) is not { } location || location.Entry.Kind is RootEntryKind.Other)
        {
            return;
        }

        if (location.Entry.Kind is RootEntryKind.Directory)
        {
            if (location.Path != path && location.Path != "/" && !IsExcluded(path) && !IsExcluded(location.Path))
            {
                RequireUsable(path);
                _links[path] = location.Path;
            }

            return;
        }

        if (IsOfTheHost(path) || IsOfTheHost(location.Path))
        {
            _leftOut.Add(path);
            return;
        }

        RequireUsable(path);
        if (!_hashes.TryGetValue(location.Path, out var hash))
        {
            _hashes[location.Path] = hash = sha256 ?? Hash(location);
        }

        AddName(path, hash);
        if (location.Path != path)
        {
            AddName(location.Path, hash);
        }
    }

    /// <summary>Adds the files and links of a closure.</summary>
    public void Add(ClosureResult closure)
    {
        foreach (var file in closure.Files)
        {
            Add(file.Path, file.Kind is RootEntryKind.File ? file.Sha256 : null);
        }
    }

    /// <summary>Adds everything that matches a pattern, and everything below it.</summary>
    /// <returns>False when nothing does.</returns>
    public bool AddPattern(string pattern)
    {
        var any = false;
        foreach (var path in FilePattern.Find(_walk, pattern).SelectMany(path => FilePattern.Below(_walk, path)))
        {
            Add(path);
            any = true;
        }

        return any;
    }

    /// <summary>Adds all files but those that no application has business with. The exclusions are those of GSC.</summary>
    public void AddAll() => AddBelow("/", 0);

    /// <summary>All names with their hashes, once with the other names that links give them.</summary>
    /// <exception cref="EnclaveImageException"><see cref="EnclaveImageError.LimitExceeded"/>: they are too many.</exception>
    public ImmutableSortedDictionary<string, string> ToNames()
    {
        foreach (var link in s_systemLinks)
        {
            if (_walk.Look(link) is { Kind: RootEntryKind.Link })
            {
                Add(link);
            }
        }

        var fresh = _names.ToList();
        for (var round = 0; round < MaxRounds && fresh.Count > 0; round++)
        {
            fresh = AddOtherNames(fresh);
        }

        return _names.ToImmutableSortedDictionary(StringComparer.Ordinal);
    }

    /// <summary>The hash of the file that a path leads to; null when it leads to none.</summary>
    public string? HashOf(string path) => _walk.Resolve(path) is { Entry.Kind: RootEntryKind.File } location
        ? _hashes.TryGetValue(location.Path, out var known) ? known : _hashes[location.Path] = Hash(location) : null;

    /// <summary>Whether the full list leaves a path out.</summary>
    public static bool IsExcluded(string path) => Excluded().IsMatch(path);

    // The names below a directory stand together in ordinal order, so that many links and many files do not multiply.
    private List<KeyValuePair<string, string>> AddOtherNames(List<KeyValuePair<string, string>> names)
    {
        names.Sort((one, other) => string.CompareOrdinal(one.Key, other.Key));
        var added = new List<KeyValuePair<string, string>>();
        foreach (var (link, directory) in _links)
        {
            // A link to a directory above itself would give names without end.
            if (link.StartsWith(directory + "/", StringComparison.Ordinal))
            {
                continue;
            }

            for (var i = FirstBelow(names, directory + "/"); i < names.Count
                && names[i].Key.StartsWith(directory + "/", StringComparison.Ordinal); i++)
            {
                var name = link + names[i].Key[directory.Length..];
                if (AddName(name, names[i].Value))
                {
                    added.Add(new(name, names[i].Value));
                }
            }
        }

        return added;
    }

    private static int FirstBelow(List<KeyValuePair<string, string>> names, string prefix)
    {
        var (low, high) = (0, names.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = string.CompareOrdinal(names[middle].Key, prefix) < 0 ? (middle + 1, high) : (low, middle);
        }

        return low;
    }

    private bool AddName(string name, string hash)
    {
        if (_names.Count >= MaxNames)
        {
            throw new EnclaveImageException(
                EnclaveImageError.LimitExceeded, $"the image has more than {MaxNames} names of trusted files",
                "Trust what the program needs alone: --trusted-files minimal, and --trust for what it opens besides.");
        }

        return _names.TryAdd(name, hash);
    }

    private void AddBelow(string directory, int depth)
    {
        if (depth > MaxDepth)
        {
            throw new EnclaveImageException(
                EnclaveImageError.LimitExceeded, $"{Shown.Of(directory)} lies more than {MaxDepth} directories deep");
        }

        foreach (var name in _walk.Root.List(directory))
        {
            var path = directory == "/" ? "/" + name : $"{directory}/{name}";
            if (IsExcluded(path) || _walk.Look(path) is not { } entry)
            {
                continue;
            }

            if (entry.Kind is RootEntryKind.Directory)
            {
                AddBelow(path, depth + 1);
            }
            else if (entry.Kind is not RootEntryKind.Link || (_walk.Resolve(path) is { } target && !IsExcluded(target.Path)))
            {
                Add(path);
            }
        }
    }

    private string Hash(RootLocation location)
    {
        using var stream = _walk.Root.Open(location.Path);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[Math.Min(BufferBytes, Math.Max(location.Entry.Size, 1))];
        try
        {
            int read;
            while ((read = stream.Read(buffer)) > 0)
            {
                hash.AppendData(buffer, 0, read);
            }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new OciException(OciError.Storage, $"{Shown.Of(location.Path)} cannot be read: {failure.Message}", cause: failure);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static bool IsOfTheHost(string path) => s_ofTheHost.Contains(path, StringComparer.Ordinal);

    private static bool HasLoneSurrogate(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
            {
                i++;
            }
            else if (char.IsSurrogate(text[i]))
            {
                return true;
            }
        }

        return false;
    }

    [GeneratedRegex(
        @"^/(?:(?:boot|dev|proc|sys|var|gramine|etc/security|etc/rc[0-9S.]\.d)(?:/|\z)|\.docker(?:env|init)\z"
        + @"|etc/(?:gshadow|shadow)|etc/(?:mtab|\.pwd\.lock)\z)",
        RegexOptions.CultureInvariant)]
    private static partial Regex Excluded();
}
