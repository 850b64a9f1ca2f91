using System.Globalization;

namespace Casemate.Rego;

/// <summary>RFC 6902 on values. Paths are JSON pointers, or arrays of keys where members are no strings.</summary>
internal static class JsonPatch
{
    /// <summary>Applies operations in order; null with an error when one cannot be applied.</summary>
    public static RegoValue? Apply(RegoValue document, RegoArray operations, out string? error)
    {
        error = null;
        RegoValue? result = document;
        foreach (var operation in operations)
        {
            if (operation is not RegoObject members || members["op"] is not RegoString op || Path(members["path"]) is not { } path)
            {
                error = "an operation is no object with the members op and path";
                return null;
            }

            result = One(result, op.Value, path, members, out error);
            if (result is null)
            {
                error ??= $"operation {op.Value} cannot be applied at {members["path"]}";
                return null;
            }
        }

        return result;
    }

    /// <summary>The keys of a path; null when it is none.</summary>
    public static List<RegoValue>? Path(RegoValue? path)
    {
        if (path is RegoArray keys)
        {
            return [.. keys];
        }

        if (path is not RegoString { Value: var text })
        {
            return null;
        }

        if (text.Length == 0)
        {
            return [];
        }

        return [.. (text.StartsWith('/') ? text[1..] : text).Split('/').Select(
            part => RegoString.Create(part.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal)))];
    }

    private static RegoValue? One(RegoValue document, string op, List<RegoValue> path, RegoObject members, out string? error)
    {
        error = null;
        var value = members["value"];
        var from = Path(members["from"]);
        switch (op)
        {
            case "add" when value is not null:
                return Put(document, path, 0, value, replace: false);
            case "replace" when value is not null:
                return Get(document, path) is null ? null : Put(document, path, 0, value, replace: true);
            case "remove":
                return path.Count == 0 ? null : Remove(document, path, 0);
            case "test" when value is not null:
                return Get(document, path) is { } found && found.Equals(value) ? document : null;
            case "copy" when from is not null:
                return Get(document, from) is { } copied ? Put(document, path, 0, copied, replace: false) : null;
            case "move" when from is not null:
                return Get(document, from) is { } moved && from.Count > 0 && Remove(document, from, 0) is { } rest
                    ? Put(rest, path, 0, moved, replace: false)
                    : null;
            default:
                error = $"operation {op} is unknown, or a member that it needs is missing";
                return null;
        }
    }

    public static RegoValue? Get(RegoValue document, List<RegoValue> path)
    {
        RegoValue? value = document;
        foreach (var key in path)
        {
            value = value switch
            {
                RegoArray array => Index(array, key, array.Count - 1) is { } i ? array[i] : null,
                null => null,
                _ => value.Lookup(key),
            };
        }

        return value;
    }

    private static int? Index(RegoArray array, RegoValue key, int last)
    {
        if (key is RegoNumber { IsSmall: true, Small: var number })
        {
            return number >= 0 && number <= last ? (int)number : null;
        }

        if (key is RegoString { Value: var text })
        {
            if (text == "-")
            {
                return array.Count <= last ? array.Count : null;
            }

            return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var index) && index <= last
                && (text.Length == 1 || text[0] != '0')
                ? index
                : null;
        }

        return null;
    }

    private static RegoValue? Put(RegoValue document, List<RegoValue> path, int depth, RegoValue value, bool replace)
    {
        if (depth == path.Count)
        {
            return value;
        }

        var (key, isLast) = (path[depth], depth + 1 == path.Count);
        switch (document)
        {
            case RegoObject members:
                {
                    var below = isLast ? value : members.Lookup(key) is { } inner ? Put(inner, path, depth + 1, value, replace) : null;
                    if (below is null)
                    {
                        return null;
                    }

                    var map = members.ToDictionary();
                    map[key] = below;
                    return RegoObject.Create(map);
                }

            case RegoArray array:
                {
                    if (Index(array, key, isLast && !replace ? array.Count : array.Count - 1) is not { } index)
                    {
                        return null;
                    }

                    List<RegoValue> items = [.. array];
                    if (isLast && !replace)
                    {
                        items.Insert(index, value);
                    }
                    else if (isLast)
                    {
                        items[index] = value;
                    }
                    else if (Put(items[index], path, depth + 1, value, replace) is { } below)
                    {
                        items[index] = below;
                    }
                    else
                    {
                        return null;
                    }

                    return RegoArray.Own([.. items]);
                }

            case RegoSet set when isLast:
                return replace ? null : RegoSet.Create([.. set, value]);
            default:
                return null;
        }
    }

    public static RegoValue? Remove(RegoValue document, List<RegoValue> path, int depth)
    {
        var (key, isLast) = (path[depth], depth + 1 == path.Count);
        switch (document)
        {
            case RegoObject members:
                {
                    if (members.Lookup(key) is not { } inner)
                    {
                        return null;
                    }

                    var map = members.ToDictionary();
                    if (isLast)
                    {
                        map.Remove(key);
                    }
                    else if (Remove(inner, path, depth + 1) is { } below)
                    {
                        map[key] = below;
                    }
                    else
                    {
                        return null;
                    }

                    return RegoObject.Create(map);
                }

            case RegoArray array:
                {
                    if (Index(array, key, array.Count - 1) is not { } index)
                    {
                        return null;
                    }

                    List<RegoValue> items = [.. array];
                    if (isLast)
                    {
                        items.RemoveAt(index);
                    }
                    else if (Remove(items[index], path, depth + 1) is { } below)
                    {
                        items[index] = below;
                    }
                    else
                    {
                        return null;
                    }

                    return RegoArray.Own([.. items]);
                }

            case RegoSet set when isLast && set.Contains(key):
                return RegoSet.Create(set.Where(member => !member.Equals(key)));
            default:
                return null;
        }
    }
}
