using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Casemate.Kubernetes;

namespace Casemate.KataPolicy.Manifests;

/// <summary>What a document holds once changes are made: worked out on its values, not on its text.</summary>
internal static class ExpectedDocument
{
    public static JsonNode? Of(ManifestNode root) => JsonNode.Parse(
        ManifestDocument.ToJson(root).Span, null, new JsonDocumentOptions { MaxDepth = 2 * ManifestLimits.MaxDepth });

    /// <returns>False when a change has no place, or two of them have the same.</returns>
    public static bool TryMake(ManifestNode root, IReadOnlyList<ManifestEdit> edits, out JsonNode? document)
    {
        document = Of(root);
        var places = new List<(JsonNode Parent, string Step, ManifestEdit Edit)>();
        foreach (var edit in edits)
        {
            if (Find(document, edit.Path) is not { } place)
            {
                return false;
            }

            places.Add((place.Parent, place.Step, edit));
        }

        // Items from the end, so that those before keep their numbers; names before values are gone.
        foreach (var (parent, step, edit) in places.OrderBy(place => place.Edit.Verb)
            .ThenByDescending(place => int.TryParse(place.Step, NumberStyles.None, CultureInfo.InvariantCulture, out var index) ? index : -1))
        {
            if (!TryMake(parent, step, edit))
            {
                return false;
            }
        }

        return true;
    }

    private static bool TryMake(JsonNode parent, string step, ManifestEdit edit)
    {
        switch (edit.Verb, parent)
        {
            case (ManifestEditVerb.Set, JsonObject map) when map.ContainsKey(step):
                map[step] = JsonNode.Parse(edit.Value);
                return true;
            case (ManifestEditVerb.Rename, JsonObject map) when map.TryGetPropertyValue(step, out var value) && !map.ContainsKey(edit.Value):
                map.Remove(step);
                map.Add(edit.Value, value);
                return true;
            case (ManifestEditVerb.Remove, JsonObject map):
                return map.Remove(step);
            case (ManifestEditVerb.Remove, JsonArray list)
                when int.TryParse(step, NumberStyles.None, CultureInfo.InvariantCulture, out var index) && index < list.Count:
                list.RemoveAt(index);
                return true;
            default:
                return false;
        }
    }

    private static (JsonNode Parent, string Step)? Find(JsonNode? root, string path)
    {
        var steps = ManifestPath.Steps(path).ToList();
        for (var i = 0; i < steps.Count - 1; i++)
        {
            root = root switch
            {
                JsonObject map => map[steps[i]],
                JsonArray list when int.TryParse(steps[i], NumberStyles.None, CultureInfo.InvariantCulture, out var index)
                    && index < list.Count => list[index],
                _ => null,
            };
        }

        return root is not null && steps.Count > 0 ? (root, steps[^1]) : null;
    }
}
