using System.Text.Json;

namespace Casemate.Kubernetes;

/// <summary>
/// What differs between two forms of an object, the server's own book-keeping left out: status, managed fields, versions, identity. The
/// order of members does not count, that of list items does.
/// </summary>
public static class ManifestDiff
{
    /// <summary>The most differences that are told.</summary>
    public const int MaxDifferences = 1000;

    private static readonly HashSet<string> s_ofServer = new(StringComparer.Ordinal)
    {
        "managedFields", "resourceVersion", "generation", "uid", "creationTimestamp", "selfLink",
    };

    /// <summary>Compares.</summary>
    /// <param name="before">The one form; null when there is none: every field of the other is new.</param>
    /// <param name="after">The other.</param>
    public static IReadOnlyList<FieldDifference> Compare(KubeObject? before, KubeObject after)
    {
        ArgumentNullException.ThrowIfNull(after);
        var differences = new List<FieldDifference>();
        Members(before?.Json, after.Json, "", differences);
        return differences;
    }

    private static void Walk(JsonElement? before, JsonElement? after, string path, List<FieldDifference> differences)
    {
        if (differences.Count >= MaxDifferences)
        {
            return;
        }

        var (left, right) = (Kind(before), Kind(after));
        if (right is JsonValueKind.Object && (left is JsonValueKind.Object || (left is JsonValueKind.Undefined && Holds(after))))
        {
            Members(before, after, path, differences);
        }
        else if (left is JsonValueKind.Array && right is JsonValueKind.Array)
        {
            var (old, now) = (before!.Value.EnumerateArray().ToList(), after!.Value.EnumerateArray().ToList());
            for (var i = 0; i < Math.Max(old.Count, now.Count); i++)
            {
                Walk(i < old.Count ? old[i] : null, i < now.Count ? now[i] : null, $"{path}[{i}]", differences);
            }
        }
        else if (left != right || (left is not JsonValueKind.Undefined && !JsonElement.DeepEquals(before!.Value, after!.Value)))
        {
            differences.Add(new FieldDifference(path, before, after));
        }
    }

    private static void Members(JsonElement? before, JsonElement? after, string path, List<FieldDifference> differences)
    {
        var names = Names(before).Union(Names(after), StringComparer.Ordinal);
        foreach (var name in names.Where(name => !IsOfServer(path, name)))
        {
            Walk(Member(before, name), Member(after, name), Join(path, name), differences);
        }
    }

    private static bool IsOfServer(string path, string name) =>
        (path.Length == 0 && name == "status") || (path == "metadata" && s_ofServer.Contains(name));

    private static bool Holds(JsonElement? value) => value!.Value.EnumerateObject().Any();

    private static JsonValueKind Kind(JsonElement? value) => value?.ValueKind ?? JsonValueKind.Undefined;

    private static IEnumerable<string> Names(JsonElement? value) =>
        value is { ValueKind: JsonValueKind.Object } element ? element.EnumerateObject().Select(member => member.Name) : [];

    private static JsonElement? Member(JsonElement? value, string name) =>
        value is { ValueKind: JsonValueKind.Object } element && element.TryGetProperty(name, out var member) ? member : null;

    private static string Join(string path, string name)
    {
        var shown = name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_') ? name : $"[\"{StatusAnswer.Clean(name)}\"]";
        return path.Length == 0 || shown[0] == '[' ? path + shown : $"{path}.{shown}";
    }
}
