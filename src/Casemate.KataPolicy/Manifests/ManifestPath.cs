using System.Globalization;

namespace Casemate.KataPolicy.Manifests;

/// <summary>Paths inside a document, as <c>spec.containers[0].env[2]</c> and <c>metadata.annotations['a.b/c']</c>.</summary>
internal static class ManifestPath
{
    public static string Member(string path, string key)
    {
        if (key.Length > 0 && key.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '$'))
        {
            return path.Length == 0 ? key : $"{path}.{key}";
        }

        return $"{path}['{ShownText.Of(key)}']";
    }

    public static string Item(string path, int index) => string.Create(CultureInfo.InvariantCulture, $"{path}[{index}]");

    /// <summary>The nearest node to a path that exists: a member's key, an item, or the root.</summary>
    public static ManifestNode Nearest(ManifestNode root, string path)
    {
        var (shown, at) = (root, root.Resolved);
        foreach (var step in Steps(path))
        {
            if (at.Kind is ManifestNodeKind.Sequence && int.TryParse(step, NumberStyles.None, CultureInfo.InvariantCulture, out var index)
                && index < at.Items.Count)
            {
                shown = at.Items[index];
                at = shown.Resolved;
            }
            else if (at.Kind is ManifestNodeKind.Mapping && at.Find(step) is { } member)
            {
                (shown, at) = (member.Key, member.Value.Resolved);
            }
            else
            {
                break;
            }
        }

        return shown;
    }

    /// <summary>The value at a path, or null.</summary>
    public static ManifestNode? Find(ManifestNode root, string path)
    {
        var at = root;
        foreach (var step in Steps(path))
        {
            var node = at.Resolved;
            if (node.Kind is ManifestNodeKind.Sequence && int.TryParse(step, NumberStyles.None, CultureInfo.InvariantCulture, out var index)
                && index < node.Items.Count)
            {
                at = node.Items[index];
            }
            else if (node.Kind is ManifestNodeKind.Mapping && node.Find(step) is { } member)
            {
                at = member.Value;
            }
            else
            {
                return null;
            }
        }

        return at;
    }

    public static IEnumerable<string> Steps(string path)
    {
        var at = 0;
        while (at < path.Length)
        {
            if (path[at] == '[' && path.IndexOf(']', at) is var close and > 0)
            {
                var quoted = at + 1 < path.Length && path[at + 1] == '\'';
                if (quoted && path.IndexOf("']", at + 2, StringComparison.Ordinal) is var end and > 0)
                {
                    yield return path[(at + 2)..end];
                    at = end + 2;
                    continue;
                }

                yield return path[(at + 1)..close];
                at = close + 1;
                continue;
            }

            at += path[at] == '.' ? 1 : 0;
            var next = path.AsSpan(at).IndexOfAny('.', '[');
            var stop = next < 0 ? path.Length : at + next;
            if (stop == at)
            {
                yield break;                                               // not one of our paths
            }

            yield return path[at..stop];
            at = stop;
        }
    }
}
