using System.Text.Json.Nodes;

namespace Casemate.Testing.Kubernetes;

/// <summary>
/// An object as its leaves, each with its path in the spelling of <c>fieldsV1</c>. Lists are one leaf, but for conditions, which are
/// keyed by their type, and webhooks, which are keyed by their name.
/// </summary>
internal static class FieldPaths
{
    public const char Separator = '\u0001';

    public static Dictionary<string, JsonNode?> Leaves(JsonObject root)
    {
        var leaves = new Dictionary<string, JsonNode?>(StringComparer.Ordinal);
        Walk(root, "", leaves);
        return leaves;
    }

    public static void Set(JsonObject root, string path, JsonNode? leaf)
    {
        JsonNode at = root;
        var parts = path.Split(Separator);
        for (var i = 0; i < parts.Length; i++)
        {
            var last = i == parts.Length - 1;
            if (parts[i].StartsWith("k:", StringComparison.Ordinal))
            {
                var (key, value) = Key(parts[i]);
                var list = (JsonArray)at;
                var item = list.OfType<JsonObject>().FirstOrDefault(o => o[key]?.GetValue<string>() == value);
                if (item is null)
                {
                    list.Add(item = new JsonObject { [key] = value });
                }

                at = item;
                continue;
            }

            var name = parts[i][2..];
            if (last)
            {
                at[name] = leaf?.DeepClone();
            }
            else
            {
                at[name] ??= parts[i + 1].StartsWith("k:", StringComparison.Ordinal) ? new JsonArray() : new JsonObject();
                at = at[name]!;
            }
        }
    }

    public static void Remove(JsonObject root, string path)
    {
        JsonNode? at = root;
        var parts = path.Split(Separator);
        foreach (var part in parts[..^1])
        {
            at = part.StartsWith("k:", StringComparison.Ordinal)
                ? (at as JsonArray)?.OfType<JsonObject>().FirstOrDefault(o => o[Key(part).Name]?.GetValue<string>() == Key(part).Value)
                : at?[part[2..]];
        }

        (at as JsonObject)?.Remove(parts[^1][2..]);
    }

    private static void Walk(JsonObject node, string prefix, Dictionary<string, JsonNode?> leaves)
    {
        foreach (var (name, value) in node)
        {
            var path = prefix.Length == 0 ? $"f:{name}" : $"{prefix}{Separator}f:{name}";
            if (value is JsonObject { Count: > 0 } inner)
            {
                Walk(inner, path, leaves);
            }
            else if (value is JsonArray { Count: > 0 } list && (name is "conditions" or "webhooks"))
            {
                var by = name == "conditions" ? "type" : "name";
                foreach (var item in list.OfType<JsonObject>())
                {
                    var key = new JsonObject { [by] = item[by]!.DeepClone() };
                    Walk(item, $"{path}{Separator}k:{key.ToJsonString()}", leaves);
                }
            }
            else
            {
                leaves[path] = value;
            }
        }
    }

    private static (string Name, string Value) Key(string part)
    {
        var (name, value) = ((JsonObject)JsonNode.Parse(part[2..])!).Single();
        return (name, value!.GetValue<string>());
    }
}
