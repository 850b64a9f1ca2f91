using System.Globalization;
using System.Text;
using System.Text.Json;
using Casemate.Kubernetes;
using YamlDotNet.Core;

namespace Casemate.KataPolicy.Manifests;

/// <summary>Finds the letters of a text that one change of a document is about.</summary>
internal static class NodeEdit
{
    private const int DeepestValue = 16;

    /// <returns>Null where the text cannot be changed without understanding more of it: behind aliases, anchors and tags, and where a
    /// value shares its line.</returns>
    public static TextEdit? TryPlan(string text, ManifestNode root, ManifestEdit edit)
    {
        if (FindOwn(root, edit.Path) is not { } place)
        {
            return null;
        }

        return edit.Verb switch
        {
            ManifestEditVerb.Set when place.Key is { } key => Set(text, key, place.Node, place.InFlow, edit.Value),
            ManifestEditVerb.Rename when place.Key is { IsAnchored: false, Tag: "" } key =>
                Covered(text, key) is { } length ? new TextEdit(key.Start, length, Word(edit.Value, key.Style, place.InFlow)) : null,
            ManifestEditVerb.Remove => Remove(text, place),
            ManifestEditVerb.Set or ManifestEditVerb.Rename => null,
            _ => throw new ArgumentOutOfRangeException(nameof(edit), edit.Verb, "It is no change."),
        };
    }

    private sealed record Place(ManifestNode Parent, int Index, ManifestNode? Key, ManifestNode Node, bool InFlow);

    // Down to the place through the document's own text alone.
    private static Place? FindOwn(ManifestNode root, string path)
    {
        var (node, inFlow) = (root, false);
        Place? place = null;
        foreach (var step in ManifestPath.Steps(path))
        {
            inFlow |= node.IsFlow;
            if (node.Kind is ManifestNodeKind.Mapping)
            {
                var index = node.Members.FindIndex(member => member.Key.Text == step);
                if (index < 0)
                {
                    return null;
                }

                place = new Place(node, index, node.Members[index].Key, node.Members[index].Value, inFlow);
            }
            else if (node.Kind is ManifestNodeKind.Sequence
                && int.TryParse(step, NumberStyles.None, CultureInfo.InvariantCulture, out var at) && at < node.Items.Count)
            {
                place = new Place(node, at, null, node.Items[at], inFlow);
            }
            else
            {
                return null;
            }

            node = place.Node;
        }

        return place;
    }

    private static TextEdit? Set(string text, ManifestNode key, ManifestNode value, bool inFlow, string json)
    {
        using var document = JsonDocument.Parse(json);
        if (value.Kind is not ManifestNodeKind.Scalar || value.IsAnchored || value.Tag.Length > 0
            || value.Style is ScalarStyle.Literal or ScalarStyle.Folded)
        {
            return null;
        }

        var isNew = document.RootElement;
        if (value.Style is ScalarStyle.Plain && value.Text.Length == 0)
        {
            // Nothing is written: the place behind the colon is ours.
            var colon = text.IndexOf(':', key.End);
            return colon >= 0 && string.IsNullOrWhiteSpace(text[key.End..colon]) ? new TextEdit(colon + 1, 0, " " + Written(isNew, value.Style, inFlow, 0)) : null;
        }

        return Covered(text, value) is { } length ? new TextEdit(value.Start, length, Written(isNew, value.Style, inFlow, 0)) : null;
    }

    // The length of a scalar on one line, checked against what it says: places of unusual scalars are not relied on.
    private static int? Covered(string text, ManifestNode scalar)
    {
        if (scalar.Start < 0 || scalar.End > text.Length || scalar.End <= scalar.Start)
        {
            return null;
        }

        var written = text[scalar.Start..scalar.End];
        var isWhole = scalar.Style switch
        {
            ScalarStyle.Plain => written == scalar.Text,
            ScalarStyle.SingleQuoted => written.Length >= 2 && written[0] == '\'' && written[^1] == '\'',
            ScalarStyle.DoubleQuoted => written.Length >= 2 && written[0] == '"' && written[^1] == '"',
            _ => false,
        };
        return isWhole && !written.Contains('\n', StringComparison.Ordinal) ? written.Length : null;
    }

    private static string Written(JsonElement value, ScalarStyle style, bool inFlow, int depth) => value.ValueKind switch
    {
        JsonValueKind.String => Word(value.GetString()!, style, inFlow),
        JsonValueKind.Object when depth < DeepestValue => "{" + string.Join(", ", value.EnumerateObject().Select(member =>
            $"{Word(member.Name, style, inFlow)}: {Written(member.Value, style, inFlow, depth + 1)}")) + "}",
        _ => value.GetRawText(),
    };

    // In the way of what stood there; in braces, which may be JSON, always in double quotes.
    private static string Word(string word, ScalarStyle style, bool inFlow)
    {
        var isSimple = word.Length > 0 && word.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '/' or '_' or '-') && word[0] is not ('-' or '.');
        return !inFlow && style is ScalarStyle.SingleQuoted && isSimple ? $"'{word}'"
            : !inFlow && style is ScalarStyle.Plain && isSimple && PlainScalar.TypeOf(word) is ScalarType.Text ? word
            : Quoted(word);
    }

    private static string Quoted(string word)
    {
        var text = new StringBuilder("\"");
        foreach (var c in word)
        {
            _ = c is '"' or '\\' ? text.Append('\\').Append(c)
                : char.IsControl(c) || char.IsSurrogate(c) ? text.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}")
                : text.Append(c);
        }

        return text.Append('"').ToString();
    }

    private static TextEdit? Remove(string text, Place place)
    {
        var siblings = place.Parent.Kind is ManifestNodeKind.Mapping
            ? place.Parent.Members.Select(member => (member.Key.Start, End: LastOf(text, member.Key, member.Value))).ToList()
            : [.. place.Parent.Items.Select(item => (item.Start, End: LastOf(text, item, item)))];
        var (start, end) = siblings[place.Index];
        if (end is not { } stop || place.Node.IsAnchored || (siblings.Count == 1 && !place.InFlow))
        {
            return null;
        }

        if (place.InFlow)
        {
            if (place.Index + 1 < siblings.Count)
            {
                return new TextEdit(start, siblings[place.Index + 1].Start - start, "");
            }

            return place.Index == 0 ? new TextEdit(start, stop - start, "")
                : siblings[place.Index - 1].End is { } before && before <= start ? new TextEdit(before, stop - before, "") : null;
        }

        // Whole lines: before it stands nothing but spaces, and the dash of an item; after it a comment at most.
        var lineStart = text.LastIndexOf('\n', Math.Max(0, start - 1)) + 1;
        var ahead = text[lineStart..start].Trim(' ');
        var lineEnd = text.IndexOf('\n', Math.Max(stop - 1, 0));
        lineEnd = lineEnd < 0 ? text.Length : lineEnd + 1;
        var behind = stop <= lineEnd ? text[stop..lineEnd].Trim() : "";
        var isOwnLine = ahead == (place.Parent.Kind is ManifestNodeKind.Sequence ? "-" : "") && (behind.Length == 0 || behind[0] == '#');
        return isOwnLine && lineStart <= start ? new TextEdit(lineStart, lineEnd - lineStart, "") : null;
    }

    // The end of the last letter that is a value's own: block collections end in YamlDotNet's eyes only where the next thing begins.
    private static int? LastOf(string text, ManifestNode key, ManifestNode value)
    {
        switch (value.Kind)
        {
            case ManifestNodeKind.Alias:
                return value.End;
            case ManifestNodeKind.Mapping when !value.IsFlow && value.Members.Count > 0:
                return LastOf(text, value.Members[^1].Key, value.Members[^1].Value);
            case ManifestNodeKind.Sequence when !value.IsFlow && value.Items.Count > 0:
                return LastOf(text, value.Items[^1], value.Items[^1]);
            case ManifestNodeKind.Scalar when value.Style is ScalarStyle.Plain && value.Text.Length == 0:
                var colon = ReferenceEquals(key, value) ? -1 : text.IndexOf(':', key.End);
                return colon < 0 ? null : colon + 1;
            case ManifestNodeKind.Scalar when value.Style is ScalarStyle.Literal or ScalarStyle.Folded:
                var end = Math.Min(value.End, text.Length);
                while (end > value.Start && char.IsWhiteSpace(text[end - 1]))
                {
                    end--;
                }

                return end;
            case ManifestNodeKind.Mapping or ManifestNodeKind.Sequence:
                // In YamlDotNet's eyes a collection in braces ends before the last of them.
                return value.End < text.Length && text[value.End] is '}' or ']' ? value.End + 1 : null;
            default:
                return value.End <= text.Length && value.End > value.Start ? value.End : null;
        }
    }
}
