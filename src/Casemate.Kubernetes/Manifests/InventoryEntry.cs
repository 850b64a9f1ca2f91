using System.Text.Json;
using System.Text.Json.Nodes;

namespace Casemate.Kubernetes;

/// <summary>One object in the list of an inventory.</summary>
internal sealed record InventoryEntry(KubeResource Resource, string? Namespace, string Name)
{
    private const int MaxEntries = 5000;

    /// <exception cref="KubeException">The list is none.</exception>
    public static IReadOnlyList<InventoryEntry> Read(string json)
    {
        var root = KubeObject.ParseElement(System.Text.Encoding.UTF8.GetBytes(json), "the list of the inventory");
        if (root.ValueKind is not JsonValueKind.Array || root.GetArrayLength() > MaxEntries)
        {
            throw KubeObject.Malformed($"the inventory is no list of at most {MaxEntries} objects");
        }

        return [.. root.EnumerateArray().Select(Read)];
    }

    public static string Write(IEnumerable<InventoryEntry> entries)
    {
        var list = new JsonArray();
        foreach (var entry in entries)
        {
            var (resource, node) = (entry.Resource, new JsonObject());
            (node["group"], node["version"], node["resource"], node["kind"]) =
                (resource.Group, resource.Version, resource.Plural, resource.Kind);
            if (entry.Namespace is not null)
            {
                node["namespace"] = entry.Namespace;
            }

            node["name"] = entry.Name;
            list.Add((JsonNode)node);
        }

        return list.ToJsonString();
    }

    private static InventoryEntry Read(JsonElement item)
    {
        var space = KubeObject.Text(item, "namespace");
        var resource = new KubeResource(
            KubeObject.Text(item, "group"), KubeObject.Text(item, "version"), KubeObject.Text(item, "resource"),
            KubeObject.Text(item, "kind"), space.Length > 0);
        var entry = new InventoryEntry(resource, space.Length > 0 ? space : null, KubeObject.Text(item, "name"));
        var parts = (string[])[resource.Version, resource.Plural, resource.Kind, entry.Name];
        return parts.All(KubeResource.IsSegment) && (resource.Group.Length == 0 || KubeResource.IsSegment(resource.Group))
            && !parts.Append(resource.Group).Any(part => part.AsSpan().ContainsAny('?', '#'))
            ? entry
            : throw KubeObject.Malformed(
                $"the inventory lists something that is no object: {StatusAnswer.Clean(item.GetRawText() is { Length: <= 200 } text ? text : item.GetRawText()[..200])}");
    }
}
