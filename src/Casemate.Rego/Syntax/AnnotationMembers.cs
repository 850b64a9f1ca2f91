namespace Casemate.Rego.Syntax;

/// <summary>The members of an annotation, brought to one form and checked for their types. Names that mean nothing here are passed
/// over, as they are by Open Policy Agent.</summary>
internal static class AnnotationMembers
{
    public static (List<KeyValuePair<RegoValue, RegoValue>> Members, string? Problem) Read(RegoObject written)
    {
        var members = new List<KeyValuePair<RegoValue, RegoValue>>();
        foreach (var (key, value) in written)
        {
            var name = (key as RegoString)?.Value ?? "";
            var read = name switch
            {
                "scope" or "title" or "description" => value as RegoString,
                "entrypoint" => value as RegoBoolean,
                "organizations" => value is RegoArray list && list.All(item => item is RegoString) ? list : null,
                "related_resources" => Each(value, item => item is RegoString ? Object(("ref", item)) : Named(item, "ref", "description")),
                "authors" => Each(value, item => item is RegoString text ? Author(text.Value) : Named(item, "name", "email")),
                "schemas" => Each(value, Schema),
                "custom" => value as RegoObject,
                _ => RegoValue.Null,
            };
            if (read is null)
            {
                return (members, $"'{name}' is {value.TypeName} of another form than it must have");
            }

            // 'false' is what an entrypoint is when nothing is said; the scope is added by the caller.
            if (read is not RegoNull && name != "scope" && read != RegoValue.False)
            {
                members.Add(KeyValuePair.Create(key, read));
            }
        }

        return (members, null);
    }

    private static RegoArray? Each(RegoValue value, Func<RegoValue, RegoValue?> read)
    {
        if (value is not RegoArray list)
        {
            return null;
        }

        var items = list.Select(read).ToList();
        return items.Contains(null) ? null : RegoArray.Create(items!);
    }

    // "Name <address>", where either may be absent.
    private static RegoObject? Author(string text)
    {
        var words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var email = words.Length > 0 && words[^1] is ['<', .., '>'] ? words[^1][1..^1] : null;
        var name = string.Join(' ', email is null ? words : words[..^1]);
        return words.Length == 0 ? null
            : Object(("name", name.Length > 0 ? RegoString.Create(name) : null), ("email", email is null ? null : RegoString.Create(email)));
    }

    private static RegoObject? Named(RegoValue value, string first, string second)
    {
        var (a, b) = (value.Lookup(RegoString.Create(first)), value.Lookup(RegoString.Create(second)));
        return value is RegoObject && (a ?? b) is not null && a is null or RegoString && b is null or RegoString
            ? Object((first, a), (second, b)) : null;
    }

    // One member: the path that is described, and a reference to a schema or the schema itself.
    private static RegoObject? Schema(RegoValue value) => value is RegoObject { Count: 1 } pair && pair.First() is { Key: RegoString path } one
        ? one.Value is RegoString reference
            ? Object(("path", Path(path)), ("schema", Path(reference)))
            : Object(("path", Path(path)), ("definition", one.Value))
        : null;

    private static RegoArray Path(RegoString dotted) => RegoArray.Create(dotted.Value.Split('.').Select(RegoString.Create));

    private static RegoObject Object(params ReadOnlySpan<(string Name, RegoValue? Value)> members)
    {
        var map = new List<KeyValuePair<RegoValue, RegoValue>>();
        foreach (var (name, value) in members)
        {
            if (value is not null)
            {
                map.Add(KeyValuePair.Create<RegoValue, RegoValue>(RegoString.Create(name), value));
            }
        }

        return RegoObject.Create(map);
    }
}
