using System.Text.Json;

namespace Casemate.Admission;

/// <summary>Reads documents of unknown shape: what is not there, or is of another type, is simply not there.</summary>
internal static class LooseJson
{
    public static JsonElement? Get(JsonElement? parent, params ReadOnlySpan<string> way)
    {
        foreach (var name in way)
        {
            if (parent is not { ValueKind: JsonValueKind.Object } element || !element.TryGetProperty(name, out var value))
            {
                return null;
            }

            parent = value;
        }

        return parent;
    }

    public static JsonElement? Object(JsonElement? parent, params ReadOnlySpan<string> way) =>
        Get(parent, way) is { ValueKind: JsonValueKind.Object } found ? found : null;

    public static string? Text(JsonElement? parent, params ReadOnlySpan<string> way) => Text(Get(parent, way));

    public static string? Text(JsonElement? value) => value is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;

    public static bool IsTrue(JsonElement? parent, params ReadOnlySpan<string> way) =>
        Get(parent, way) is { ValueKind: JsonValueKind.True };

    public static IEnumerable<(JsonElement Item, int Index)> Items(JsonElement? parent, string name) =>
        Get(parent, name) is { ValueKind: JsonValueKind.Array } list ? list.EnumerateArray().Select((item, index) => (item, index)) : [];

    public static IEnumerable<JsonProperty> Members(JsonElement? map) =>
        map is { ValueKind: JsonValueKind.Object } element ? element.EnumerateObject() : Enumerable.Empty<JsonProperty>();

    /// <summary>How many members or items it has.</summary>
    public static int Count(JsonElement? value) => value switch
    {
        { ValueKind: JsonValueKind.Array } list => list.GetArrayLength(),
        { ValueKind: JsonValueKind.Object } map => map.EnumerateObject().Count(),
        _ => 0,
    };
}
