using System.Text.Json;

namespace Casemate.Admission;

/// <summary>Reads members of a pod: absent and null are the same, and another type than Kubernetes gives is an error of its own.</summary>
internal static class PodShape
{
    public static JsonElement? Object(JsonElement? parent, string name) => Member(parent, name, JsonValueKind.Object, "mapping");

    public static IReadOnlyList<JsonElement> Items(JsonElement? parent, string name)
    {
        if (Member(parent, name, JsonValueKind.Array, "list") is not { } list)
        {
            return [];
        }

        var items = new JsonElement[list.GetArrayLength()];
        var count = 0;
        foreach (var item in list.EnumerateArray())
        {
            items[count++] = item.ValueKind is JsonValueKind.Object or JsonValueKind.String or JsonValueKind.Null
                ? item : throw new MalformedPodException(name, "list of mappings");
        }

        return items;
    }

    /// <summary>The items of a list that have this name, found without making anything of the others.</summary>
    public static IReadOnlyList<JsonElement> Named(JsonElement? parent, string list, ReadOnlySpan<byte> name)
    {
        List<JsonElement>? found = null;
        if (Member(parent, list, JsonValueKind.Array, "list") is { } items)
        {
            foreach (var item in items.EnumerateArray())
            {
                if (item.ValueKind is not (JsonValueKind.Object or JsonValueKind.Null))
                {
                    throw new MalformedPodException(list, "list of mappings");
                }

                if (item.ValueKind is JsonValueKind.Object && item.TryGetProperty("name"u8, out var value)
                    && Checked(value, "name", JsonValueKind.String, "text") is { } text && text.ValueEquals(name))
                {
                    (found ??= []).Add(item);
                }
            }
        }

        return found ?? (IReadOnlyList<JsonElement>)[];
    }

    public static bool Has(JsonElement? parent, string name) =>
        parent is { ValueKind: JsonValueKind.Object } element && element.TryGetProperty(name, out var value)
            && value.ValueKind is not JsonValueKind.Null;

    public static string? Text(JsonElement? parent, string name) => Member(parent, name, JsonValueKind.String, "text")?.GetString();

    public static string? Text(JsonElement value) => value.ValueKind is JsonValueKind.String ? value.GetString() : null;

    public static bool? Truth(JsonElement? parent, string name)
    {
        if (!Has(parent, name))
        {
            return null;
        }

        return parent!.Value.GetProperty(name).ValueKind switch
        {
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            _ => throw new MalformedPodException(name, "yes or no"),
        };
    }

    /// <summary>The text of a quantity: Kubernetes takes a text or a number.</summary>
    public static string? Amount(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString(),
        JsonValueKind.Number => value.GetRawText(),
        _ => null,
    };

    private static JsonElement? Member(JsonElement? parent, string name, JsonValueKind kind, string expected) =>
        parent is { ValueKind: JsonValueKind.Object } element && element.TryGetProperty(name, out var value)
            ? Checked(value, name, kind, expected) : null;

    private static JsonElement? Checked(JsonElement value, string name, JsonValueKind kind, string expected) =>
        value.ValueKind is JsonValueKind.Null ? null
        : value.ValueKind == kind ? value : throw new MalformedPodException(name, expected);
}
