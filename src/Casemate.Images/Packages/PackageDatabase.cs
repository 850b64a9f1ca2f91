using System.Text;
using Casemate.Images.Roots;

namespace Casemate.Images.Packages;

/// <summary>
/// Says which package a file of a root came with: from the databases of dpkg (with its form in images without a package manager,
/// <c>status.d</c>) and of apk. The database of rpm is a binary one that is not read.
/// </summary>
internal sealed class PackageDatabase(RootWalk walk)
{
    private const int MaxDatabaseBytes = 128 * 1024 * 1024;
    private const string DpkgLists = "/var/lib/dpkg/info";

    /// <summary>Whether the root has a database of rpm and none that is read.</summary>
    public bool IsUnread => !Exists("/var/lib/dpkg/status") && !Exists("/lib/apk/db/installed") && !Exists("/var/lib/dpkg/status.d")
        && (Exists("/var/lib/rpm") || Exists("/usr/lib/sysimage/rpm"));

    /// <summary>Finds the packages of some files, by path; a file that no package lists is not in the answer.</summary>
    public Dictionary<string, PackageOrigin> Find(IEnumerable<string> paths)
    {
        // What is in /usr/lib today was often packed as /lib, behind the link that joins them.
        var wanted = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var path in paths)
        {
            wanted.TryAdd(path, path);
            if (path.StartsWith("/usr/", StringComparison.Ordinal))
            {
                wanted.TryAdd(path[4..], path);
            }
        }

        var found = new Dictionary<string, PackageOrigin>(StringComparer.Ordinal);
        if (walk.Resolve("/var/lib/dpkg/status") is { Entry.Kind: RootEntryKind.File } status)
        {
            FindInDpkg(DpkgStatus.Read(walk.Read(status, MaxDatabaseBytes)), wanted, found);
        }

        if (walk.Resolve("/var/lib/dpkg/status.d") is { Entry.Kind: RootEntryKind.Directory } statuses)
        {
            FindInStatusDirectory(statuses.Path, wanted, found);
        }

        if (walk.Resolve("/lib/apk/db/installed") is { Entry.Kind: RootEntryKind.File } installed)
        {
            ApkInstalled.Find(walk.Read(installed, MaxDatabaseBytes), wanted, found);
        }

        return found;
    }

    private void FindInDpkg(IEnumerable<PackageOrigin> packages, Dictionary<string, string> wanted, Dictionary<string, PackageOrigin> found)
    {
        if (walk.Resolve(DpkgLists) is not { Entry.Kind: RootEntryKind.Directory } directory)
        {
            return;
        }

        var byName = packages.GroupBy(package => package.Name, StringComparer.Ordinal).ToDictionary(group => group.Key, group => group.ToList());
        var lines = new WantedLines(wanted);
        foreach (var name in walk.Root.List(directory.Path))
        {
            if (!name.EndsWith(".list", StringComparison.Ordinal) || walk.Resolve($"{directory.Path}/{name}") is not { Entry.Kind: RootEntryKind.File } list)
            {
                continue;
            }

            // name.list, or name:architecture.list where several architectures may be installed beside each other.
            var parts = name[..^5].Split(':');
            if (!byName.TryGetValue(parts[0], out var same)
                || same.Find(package => parts.Length == 1 || package.Architecture == parts[1]) is not { } package)
            {
                continue;
            }

            lines.Find(walk.Read(list, MaxDatabaseBytes), path => found.TryAdd(path, package));
        }
    }

    // One stanza a file, beside it "DIGEST  PATH" of each of its files.
    private void FindInStatusDirectory(string directory, Dictionary<string, string> wanted, Dictionary<string, PackageOrigin> found)
    {
        foreach (var name in walk.Root.List(directory))
        {
            if (walk.Resolve($"{directory}/{name}") is not { Entry.Kind: RootEntryKind.File } stanza
                || walk.Resolve($"{directory}/{name}.md5sums") is not { Entry.Kind: RootEntryKind.File } sums
                || DpkgStatus.Read(walk.Read(stanza, MaxDatabaseBytes)) is not [var package, ..])
            {
                continue;
            }

            foreach (var line in Encoding.UTF8.GetString(walk.Read(sums, MaxDatabaseBytes)).Split('\n'))
            {
                if (line.IndexOf(' ') is > 0 and var space && wanted.TryGetValue("/" + line[space..].Trim().TrimStart('.', '/'), out var path))
                {
                    found.TryAdd(path, package);
                }
            }
        }
    }

    private bool Exists(string path) => walk.Resolve(path) is not null;
}
