using System.Text.Json;

namespace Casemate.Cli.Doctor;

/// <summary>Members of objects that others wrote: what has another type than it should counts as missing.</summary>
internal static class JsonText
{
    /// <summary>A text; empty when it is missing.</summary>
    public static string Of(JsonElement value, string name) =>
        value.ValueKind is JsonValueKind.Object && value.TryGetProperty(name, out var member) && member.ValueKind is JsonValueKind.String
            ? member.GetString()! : "";

    /// <summary>A member; null when it is missing.</summary>
    public static JsonElement? At(JsonElement value, params ReadOnlySpan<string> path)
    {
        foreach (var name in path)
        {
            if (value.ValueKind is not JsonValueKind.Object || !value.TryGetProperty(name, out value))
            {
                return null;
            }
        }

        return value.ValueKind is JsonValueKind.Null ? null : value;
    }

    /// <summary>The items of a list; none when it is missing.</summary>
    public static IReadOnlyList<JsonElement> Items(JsonElement value, params ReadOnlySpan<string> path) =>
        At(value, path) is { ValueKind: JsonValueKind.Array } list ? [.. list.EnumerateArray()] : [];

    /// <summary>Whether a member is true.</summary>
    public static bool IsTrue(JsonElement value, params ReadOnlySpan<string> path) => At(value, path) is { ValueKind: JsonValueKind.True };
}
