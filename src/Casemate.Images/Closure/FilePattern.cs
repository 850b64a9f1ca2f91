using System.IO.Enumeration;
using Casemate.Images.Roots;
using Casemate.Oci;

namespace Casemate.Images.Closure;

/// <summary>Patterns of paths: <c>*</c> and <c>?</c> stand for characters of one component, as in a shell.</summary>
internal static class FilePattern
{
    private const int MaxMatches = 100_000;

    /// <summary>The paths inside the root that match, in ordinal order; a pattern without wildcards matches itself if it is there.</summary>
    public static IReadOnlyList<string> Find(RootWalk walk, string pattern)
    {
        var found = new List<string> { "" };
        foreach (var part in pattern.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            var next = new List<string>();
            foreach (var directory in found)
            {
                if (!part.AsSpan().ContainsAny('*', '?'))
                {
                    if (walk.Resolve($"{directory}/{part}") is not null)
                    {
                        next.Add($"{directory}/{part}");
                    }

                    continue;
                }

                // A leading dot is matched by a dot alone.
                if (walk.Resolve(directory + "/") is { Entry.Kind: RootEntryKind.Directory } place)
                {
                    next.AddRange(walk.Root.List(place.Path)
                        .Where(name => (name[0] != '.' || part[0] == '.') && FileSystemName.MatchesSimpleExpression(part, name, ignoreCase: false))
                        .Select(name => $"{directory}/{name}"));
                }

                if (next.Count > MaxMatches)
                {
                    throw new OciException(OciError.LimitExceeded, $"{Shown.Of(pattern)} matches more than {MaxMatches} files", "Write a narrower pattern.");
                }
            }

            found = next;
        }

        return found is [""] ? [] : found;
    }

    /// <summary>Every file and link below a directory, by path, in ordinal order; the path itself when it is no directory.</summary>
    public static IEnumerable<string> Below(RootWalk walk, string path)
    {
        var waiting = new Stack<string>([path]);
        for (var count = 0; waiting.TryPop(out var at); count++)
        {
            if (count > MaxMatches)
            {
                throw new OciException(OciError.LimitExceeded, $"{Shown.Of(path)} holds more than {MaxMatches} files", "Name fewer of them.");
            }

            // A link to a directory is kept as a link; what is behind it is not walked again.
            var isLink = at != path && walk.Look(at) is { Kind: RootEntryKind.Link };
            if (!isLink && walk.Resolve(at) is { Entry.Kind: RootEntryKind.Directory } directory)
            {
                foreach (var name in walk.Root.List(directory.Path).Reverse())
                {
                    waiting.Push(directory.Path == "/" ? "/" + name : $"{directory.Path}/{name}");
                }
            }
            else
            {
                yield return at;
            }
        }
    }
}
