using System.Text;

namespace Casemate.KataPolicy.Manifests;

/// <summary>
/// Finds where annotations go in a document's text. New members are put before the first member of their object, so that no comment or
/// line end behind a value needs to be understood.
/// </summary>
internal sealed class AnnotationEdits(string text, string lineEnd)
{
    private readonly List<TextEdit> _edits = [];

    public IReadOnlyList<TextEdit> Edits => _edits;

    /// <summary>Sets annotations below the object that holds <c>metadata</c>, and removes policies that are not among them.</summary>
    public void Set(ManifestNode owner, string ownerPath, IReadOnlyList<KeyValuePair<string, string>> annotations)
    {
        RequireOwn(owner, ownerPath);
        var path = ManifestPath.Member(ownerPath, "metadata");
        if (Own(owner, "metadata", path) is not { } metadata)
        {
            Insert(owner, [("metadata", new Dictionary<string, object> { ["annotations"] = ToMap(annotations) })]);
            return;
        }

        if (metadata.Value.IsNull)
        {
            ReplaceValue(metadata, Flow(new Dictionary<string, object> { ["annotations"] = ToMap(annotations) }));
            return;
        }

        RequireOwn(metadata.Value, path);
        var annotationsPath = ManifestPath.Member(path, "annotations");
        if (Own(metadata.Value, "annotations", annotationsPath) is not { } map)
        {
            Insert(metadata.Value, [("annotations", ToMap(annotations))]);
        }
        else if (map.Value.IsNull)
        {
            ReplaceValue(map, Flow(ToMap(annotations)));
        }
        else if (map.Value.Kind is ManifestNodeKind.Alias)
        {
            var alias = text[map.Value.Start..map.Value.End];
            _edits.Add(new TextEdit(map.Value.Start, alias.Length, $"{{<<: {alias}, {Flow(ToMap(annotations))[1..]}"));
        }
        else
        {
            Merge(map.Value, annotations);
        }
    }

    /// <summary>Replaces a scalar, in its own way of quoting.</summary>
    public void SetScalar((ManifestNode Key, ManifestNode Value) member, string value) =>
        ReplaceValue(member, member.Value is { Style: YamlDotNet.Core.ScalarStyle.Plain, Target: null } ? value : Quoted(value));

    private void Merge(ManifestNode map, IReadOnlyList<KeyValuePair<string, string>> annotations)
    {
        RequireOwn(map, "");
        var missing = new List<KeyValuePair<string, string>>();
        var stale = map.Members.Where(member => PolicyAnnotation.IsPolicy(member.Key.Text)
            && annotations.All(annotation => annotation.Key != member.Key.Text)).ToList();
        foreach (var annotation in annotations)
        {
            var same = map.Members.FirstOrDefault(member => member.Key.Text == annotation.Key);
            if (same.Key is not null)
            {
                ReplaceValue(same, Quoted(annotation.Value));
            }
            else if (stale.Count > 0 && PolicyAnnotation.IsPolicy(annotation.Key))
            {
                // One kind of policy takes the other's place: no member is left without a neighbour.
                var place = stale[0];
                stale.RemoveAt(0);
                _edits.Add(new TextEdit(place.Key.Start, place.Key.End - place.Key.Start, map.IsFlow ? Quoted(annotation.Key) : annotation.Key));
                ReplaceValue(place, Quoted(annotation.Value));
            }
            else
            {
                missing.Add(annotation);
            }
        }

        foreach (var member in stale)
        {
            Remove(map, member);
        }

        if (missing.Count > 0)
        {
            Insert(map, [.. missing.Select(annotation => (annotation.Key, (object)annotation.Value))]);
        }
    }

    private void Insert(ManifestNode map, IReadOnlyList<(string Key, object Value)> members)
    {
        if (!map.IsFlow && map.Members.Count > 0)
        {
            var first = map.Members[0].Key;
            var indent = new string(' ', Math.Max(0, first.Column - 1));
            var block = new StringBuilder();
            foreach (var (key, value) in members)
            {
                AppendBlock(block, key, value, indent);
                block.Append(indent);
            }

            _edits.Add(new TextEdit(first.Start, 0, block.ToString()));
            return;
        }

        var open = text.IndexOf('{', map.Start);
        if (open < 0)
        {
            throw new RewriteRefusedException(map, "", "this object's text has no place for a member");
        }

        var flow = string.Join(", ", members.Select(member => $"{Quoted(member.Key)}: {Flow(member.Value)}"));
        if (map.Members.Count == 0)
        {
            _edits.Add(new TextEdit(open + 1, 0, flow));
            return;
        }

        var space = text[(open + 1)..map.Members[0].Key.Start];
        var gap = space.Length > 0 && string.IsNullOrWhiteSpace(space) ? space : " ";
        _edits.Add(new TextEdit(map.Members[0].Key.Start, 0, $"{flow},{gap}"));
    }

    private void AppendBlock(StringBuilder block, string key, object value, string indent)
    {
        block.Append(key).Append(':');
        if (value is Dictionary<string, object> map)
        {
            block.Append(lineEnd);
            foreach (var (name, inner) in map)
            {
                block.Append(indent).Append("  ");
                AppendBlock(block, name, inner, indent + "  ");
            }
        }
        else
        {
            block.Append(' ').Append(Quoted((string)value)).Append(lineEnd);
        }
    }

    private void ReplaceValue((ManifestNode Key, ManifestNode Value) member, string replacement)
    {
        var value = member.Value;
        var isBlock = value is { Kind: ManifestNodeKind.Scalar, Target: null }
            && value.Style is YamlDotNet.Core.ScalarStyle.Literal or YamlDotNet.Core.ScalarStyle.Folded;
        var end = value.End;
        while (isBlock && end > value.Start && char.IsWhiteSpace(text[end - 1]))
        {
            end--;
        }

        var written = text[value.Start..Math.Max(value.Start, end)];
        if (value.IsNull && value.Target is null && string.IsNullOrWhiteSpace(written))
        {
            // Nothing is written: where the parser places that nothing is its own affair, the colon is ours.
            var colon = text.IndexOf(':', member.Key.End);
            if (colon < 0 || !string.IsNullOrWhiteSpace(text[member.Key.End..colon]))
            {
                throw new RewriteRefusedException(member.Key, "", "no value can be written behind this key");
            }

            _edits.Add(new TextEdit(colon + 1, 0, " " + replacement));
            return;
        }

        var keep = value.IsAnchored && written.StartsWith('&') ? AnchorLength(written) : 0;
        _edits.Add(new TextEdit(value.Start + keep, written.Length - keep, replacement));
    }

    // An anchor stays before the new value: aliases of it exist, or will.
    private static int AnchorLength(string written)
    {
        var at = 0;
        while (at < written.Length && !char.IsWhiteSpace(written[at]))
        {
            at++;
        }

        while (at < written.Length && char.IsWhiteSpace(written[at]))
        {
            at++;
        }

        return at;
    }

    private void Remove(ManifestNode map, (ManifestNode Key, ManifestNode Value) member)
    {
        var index = map.Members.IndexOf(member);
        if (map.IsFlow)
        {
            var (start, end) = index + 1 < map.Members.Count
                ? (member.Key.Start, map.Members[index + 1].Key.Start)
                : index > 0 ? (map.Members[index - 1].Value.End, member.Value.End) : (member.Key.Start, member.Value.End);
            _edits.Add(new TextEdit(start, end - start, ""));
            return;
        }

        var lineStart = text.LastIndexOf('\n', Math.Max(0, member.Key.Start - 1)) + 1;
        var last = Math.Max(member.Key.End, Math.Min(member.Value.End, text.Length)) - 1;
        while (last > member.Key.Start && char.IsWhiteSpace(text[last]))
        {
            last--;
        }

        var lineStop = text.IndexOf('\n', last);
        if (!string.IsNullOrWhiteSpace(text[lineStart..member.Key.Start]))
        {
            throw new RewriteRefusedException(member.Key, "", "the old policy shares its line with something else");
        }

        _edits.Add(new TextEdit(lineStart, (lineStop < 0 ? text.Length : lineStop + 1) - lineStart, ""));
    }

    private static (ManifestNode Key, ManifestNode Value)? Own(ManifestNode map, string name, string path)
    {
        if (map.Find(name) is not { } member)
        {
            return null;
        }

        return map.Holds(member.Key)
            ? member
            : throw new RewriteRefusedException(member.Key, path, $"'{name}' comes from another mapping by '<<'");
    }

    private static void RequireOwn(ManifestNode node, string path)
    {
        if (node.Kind is ManifestNodeKind.Alias)
        {
            throw new RewriteRefusedException(node, path, "an alias stands here: writing into it would change every place it is used");
        }

        if (node.Kind is not ManifestNodeKind.Mapping)
        {
            throw new RewriteRefusedException(node, path, "this is no object");
        }
    }

    private static Dictionary<string, object> ToMap(IReadOnlyList<KeyValuePair<string, string>> annotations) =>
        annotations.ToDictionary(annotation => annotation.Key, annotation => (object)annotation.Value);

    private static string Flow(object value) => value is Dictionary<string, object> map
        ? "{" + string.Join(", ", map.Select(member => $"{Quoted(member.Key)}: {Flow(member.Value)}")) + "}"
        : Quoted((string)value);

    // Names, base64 and references hold nothing that needs an escape but for these two.
    private static string Quoted(string value) =>
        "\"" + value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal) + "\"";
}
