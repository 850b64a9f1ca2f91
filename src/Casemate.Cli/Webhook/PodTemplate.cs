using System.Text.Json;

namespace Casemate.Cli.Webhook;

/// <summary>A pod, or the pattern of one, in a document.</summary>
/// <param name="Kind">The kind of the object around it.</param>
/// <param name="Name">The object's name; may be empty.</param>
/// <param name="Namespace">The object's namespace; null when it names none.</param>
/// <param name="Path">Where the pod begins: empty, or as <c>spec.template</c>.</param>
/// <param name="Pod">It.</param>
internal sealed record PodTemplate(string Kind, string Name, string? Namespace, string Path, JsonElement Pod)
{
    private const int DeepestList = 4;

    /// <summary>
    /// The pods of an object of any kind: of a Pod itself; of a List those of its items; of everything else what stands at the usual
    /// places of workloads, own kinds included.
    /// </summary>
    public static IEnumerable<PodTemplate> Find(JsonElement document) => Find(document, "", 0);

    private static IEnumerable<PodTemplate> Find(JsonElement item, string path, int depth)
    {
        if (item.ValueKind is not JsonValueKind.Object)
        {
            return [];
        }

        var kind = Text(item, "kind") ?? "";
        if (item.TryGetProperty("items", out var items) && items.ValueKind is JsonValueKind.Array && depth < DeepestList)
        {
            return items.EnumerateArray().SelectMany((inner, index) =>
                Find(inner, FormattableString.Invariant($"{Prefix(path)}items[{index}]"), depth + 1));
        }

        string[][] places = kind == "Pod" ? [[]] : [["spec", "jobTemplate", "spec", "template"], ["spec", "template"], ["template"]];
        foreach (var place in places)
        {
            if (At(item, place) is { ValueKind: JsonValueKind.Object } pod
                && pod.TryGetProperty("spec", out var spec) && spec.ValueKind is JsonValueKind.Object
                && (spec.TryGetProperty("containers", out _) || kind == "Pod"))
            {
                var metadata = At(item, ["metadata"]);
                return
                [
                    new PodTemplate(
                        kind, Text(metadata, "name") ?? Text(metadata, "generateName") ?? "", Text(metadata, "namespace"),
                        place.Length == 0 ? path : Prefix(path) + string.Join('.', place), pod),
                ];
            }
        }

        return [];
    }

    private static string Prefix(string path) => path.Length == 0 ? "" : path + ".";

    private static JsonElement? At(JsonElement item, string[] place)
    {
        foreach (var member in place)
        {
            if (item.ValueKind is not JsonValueKind.Object || !item.TryGetProperty(member, out item))
            {
                return null;
            }
        }

        return item;
    }

    private static string? Text(JsonElement? item, string member) =>
        item is { ValueKind: JsonValueKind.Object } element && element.TryGetProperty(member, out var value)
            && value.ValueKind is JsonValueKind.String ? value.GetString() : null;
}
