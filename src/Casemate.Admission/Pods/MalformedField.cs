using System.Text.Json;

namespace Casemate.Admission;

/// <summary>Finds the field that made a pod malformed.</summary>
internal static class MalformedField
{
    /// <summary>The path of the first field of that name with another type than Kubernetes gives it; empty when none is found.</summary>
    public static string PlaceOf(JsonElement pod, MalformedPodException exception)
    {
        foreach (var part in (ReadOnlySpan<string>)["metadata", "spec"])
        {
            if (pod.ValueKind is JsonValueKind.Object && pod.TryGetProperty(part, out var value)
                && Search(value, part, part, exception) is { } place)
            {
                return place;
            }
        }

        return "";
    }

    // The pod was read with a bounded depth, and each of its values is visited once.
    private static string? Search(JsonElement value, string name, string path, MalformedPodException exception)
    {
        if (name == exception.Field && !Fits(value, exception.Expected))
        {
            return path;
        }

        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (var member in value.EnumerateObject())
                {
                    if (Search(member.Value, member.Name, PodPath.Member(path, member.Name), exception) is { } place)
                    {
                        return place;
                    }
                }

                return null;
            case JsonValueKind.Array:
                var index = 0;
                foreach (var item in value.EnumerateArray())
                {
                    if (Search(item, "", PodPath.Item(path, index++), exception) is { } place)
                    {
                        return place;
                    }
                }

                return null;
            default:
                return null;
        }
    }

    private static bool Fits(JsonElement value, string expected) => value.ValueKind switch
    {
        JsonValueKind.Null => true,
        JsonValueKind.Object => expected == "mapping",
        JsonValueKind.Array => expected == "list"
            || (expected == "list of mappings" && value.EnumerateArray().All(item => item.ValueKind is JsonValueKind.Object)),
        JsonValueKind.String => expected == "text",
        JsonValueKind.True or JsonValueKind.False => expected == "yes or no",
        _ => false,
    };
}
