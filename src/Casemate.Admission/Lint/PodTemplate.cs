using System.Text.Json;

namespace Casemate.Admission;

/// <summary>A pod, or the pattern of one, in a document.</summary>
/// <param name="Kind">The kind of the object around it.</param>
/// <param name="Name">The object's name; may be empty.</param>
/// <param name="Namespace">The object's namespace; null when it names none.</param>
/// <param name="Path">Where the pod begins: empty, or as <c>spec.template</c>.</param>
/// <param name="Pod">It; of no use with a <paramref name="Problem"/>. Valid as long as the document is.</param>
/// <param name="Problem">Why there is no pod where one belongs; null when there is one. Its path begins at the document.</param>
public sealed record PodTemplate(
    string Kind, string Name, string? Namespace, string Path, JsonElement Pod, AdmissionFinding? Problem = null)
{
    private const int DeepestList = 4;

    private static readonly string[][] s_places =
        [["spec", "jobTemplate", "spec", "template"], ["spec", "template"], ["template"]];

    // Kinds of Kubernetes that are nothing without a pod.
    private static readonly Dictionary<string, string[]> s_workloads = new(StringComparer.Ordinal)
    {
        ["Pod"] = [],
        ["ReplicationController"] = s_places[1],
        ["ReplicaSet"] = s_places[1],
        ["Deployment"] = s_places[1],
        ["DaemonSet"] = s_places[1],
        ["StatefulSet"] = s_places[1],
        ["Job"] = s_places[1],
        ["CronJob"] = s_places[0],
        ["PodTemplate"] = s_places[2],
    };

    /// <summary>
    /// The pods of an object of any kind: of a Pod itself; of a List those of its items; of everything else what stands at the usual
    /// places of workloads, own kinds included. A workload of Kubernetes without one gives a <see cref="Problem"/>.
    /// </summary>
    /// <param name="document">The document.</param>
    public static IEnumerable<PodTemplate> Find(JsonElement document) => Find(document, "", 0);

    /// <summary>What it is called in messages.</summary>
    public string Title => $"{(Kind.Length > 0 ? Kind : "Object")} {(Name.Length > 0 ? Name : "without a name")}";

    private static IEnumerable<PodTemplate> Find(JsonElement item, string path, int depth)
    {
        if (item.ValueKind is not JsonValueKind.Object)
        {
            return depth == 0 || item.ValueKind is JsonValueKind.Null ? [] : [Malformed(default, "", path, "an item of a List is no mapping")];
        }

        var kind = Text(item, "kind") ?? "";
        if (item.TryGetProperty("items", out var items) && items.ValueKind is JsonValueKind.Array)
        {
            return depth == DeepestList
                ? [Malformed(item, kind, Below(path, "items"), $"Lists in Lists are read {DeepestList} deep")]
                : items.EnumerateArray().SelectMany((inner, index) =>
                    Find(inner, PodPath.Item(Below(path, "items"), index), depth + 1));
        }

        if (kind == "List")
        {
            return items.ValueKind is JsonValueKind.Null or JsonValueKind.Undefined
                ? [] : [Malformed(item, kind, Below(path, "items"), "items is no list")];
        }

        string[][] places = s_workloads.TryGetValue(kind, out var place) ? [place] : s_places;
        foreach (var candidate in places)
        {
            if (At(item, candidate) is { ValueKind: JsonValueKind.Object } pod
                && pod.TryGetProperty("spec", out var spec) && spec.ValueKind is JsonValueKind.Object
                && (place is not null || spec.TryGetProperty("containers", out _)))
            {
                var metadata = At(item, ["metadata"]);
                return
                [
                    new PodTemplate(
                        kind, Text(metadata, "name") ?? Text(metadata, "generateName") ?? "", Text(metadata, "namespace"),
                        Below(path, candidate), pod),
                ];
            }
        }

        return place is null ? [] : [Malformed(item, kind, FirstWrong(item, path, [.. place, "spec"]), $"a {kind} without the spec of a pod")];
    }

    // The nearest field to where the spec of a pod belongs: the one that is there and is no mapping, or the missing one.
    private static string FirstWrong(JsonElement item, string path, string[] way)
    {
        foreach (var member in way)
        {
            path = Below(path, member);
            if (!item.TryGetProperty(member, out item) || item.ValueKind is not JsonValueKind.Object)
            {
                break;
            }
        }

        return path;
    }

    private static PodTemplate Malformed(JsonElement item, string kind, string path, string problem)
    {
        var metadata = At(item, ["metadata"]);
        return new PodTemplate(
            kind, Text(metadata, "name") ?? "", Text(metadata, "namespace"), "", default,
            new AdmissionFinding(
                AdmissionFindingId.MalformedPod, path, char.ToUpperInvariant(problem[0]) + problem[1..] + ".",
                kind.Length == 0 ? "Compare it with the objects around it." : $"Compare it with 'kubectl explain {kind.ToLowerInvariant()}'.",
                Denies: false));
    }

    private static string Below(string path, params ReadOnlySpan<string> members)
    {
        foreach (var member in members)
        {
            path = PodPath.Join(path, member);
        }

        return path;
    }

    private static JsonElement? At(JsonElement item, string[] place)
    {
        foreach (var member in place)
        {
            if (item.ValueKind is not JsonValueKind.Object || !item.TryGetProperty(member, out item))
            {
                return null;
            }
        }

        return item.ValueKind is JsonValueKind.Undefined ? null : item;
    }

    private static string? Text(JsonElement? item, string member) =>
        item is { ValueKind: JsonValueKind.Object } element && element.TryGetProperty(member, out var value)
            && value.ValueKind is JsonValueKind.String ? value.GetString() : null;
}
