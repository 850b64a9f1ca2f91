using System.Text.Json.Nodes;

namespace Casemate.Testing.Kubernetes;

/// <summary>
/// An object as its leaves, each with its path in the spelling of <c>fieldsV1</c>. Lists are one leaf, but for conditions, which are
/// keyed by their type.
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

    public static void Set(JsonObject root, string path, JsonNode? value)
    {
        JsonNode at = root;
        var parts = path.Split(Separator);
        for (var i = 0; i < parts.Length; i++)
        {
            var last = i == parts.Length - 1;
            if (parts[i].StartsWith("k:", StringComparison.Ordinal))
            {
                var type = JsonNode.Parse(parts[i][2..])!["type"]!.GetValue<string>();
                var list = (JsonArray)at;
                var item = list.OfType<JsonObject>().FirstOrDefault(o => o["type"]?.GetValue<string>() == type);
                if (item is null)
                {
                    list.Add(item = new JsonObject { ["type"] = type });
                }

                at = item;
                continue;
            }

            var name = parts[i][2..];
            if (last)
            {
                at[name] = value?.DeepClone();
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
                ? (at as JsonArray)?.OfType<JsonObject>().FirstOrDefault(
                    o => o["type"]?.GetValue<string>() == JsonNode.Parse(part[2..])!["type"]!.GetValue<string>())
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
            else if (value is JsonArray { Count: > 0 } list && name == "conditions")
            {
                foreach (var item in list.OfType<JsonObject>())
                {
                    var key = new JsonObject { ["type"] = item["type"]!.DeepClone() };
                    Walk(item, $"{path}{Separator}k:{key.ToJsonString()}", leaves);
                }
            }
            else
            {
                leaves[path] = value;
            }
        }
    }
}
