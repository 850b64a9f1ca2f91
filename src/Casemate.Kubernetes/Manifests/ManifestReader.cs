using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;

namespace Casemate.Kubernetes;

/// <summary>
/// Reads a stream of YAML (or JSON) documents as Kubernetes objects, as <c>kubectl</c> does. Source: YAML 1.1 as Kubernetes reads it
/// (sigs.k8s.io/yaml). The text may be hostile: it is bounded in size, depth, documents, and in what its aliases stand for.
/// </summary>
public static class ManifestReader
{
    /// <summary>The longest text, in characters.</summary>
    public const int MaxCharacters = 16 << 20;

    /// <summary>The most documents.</summary>
    public const int MaxDocuments = 2000;

    /// <summary>The most values in all documents, those that aliases stand for counted each time.</summary>
    public const int MaxValues = 500_000;

    /// <summary>The most anchors in one document.</summary>
    public const int MaxAnchors = 100;

    /// <summary>Reads the objects. Empty documents are passed over, and a <c>List</c> stands for its items.</summary>
    /// <param name="text">The text.</param>
    /// <param name="where">What to call it in messages.</param>
    /// <exception cref="ManifestException">It is not YAML, breaks a bound, or holds something that is no object.</exception>
    public static IReadOnlyList<KubeObject> Parse(string text, string where = "the manifest")
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Length > MaxCharacters)
        {
            throw new ManifestException(where, 0, 0, $"longer than {MaxCharacters >> 20} Mi characters, the limit");
        }

        var objects = new List<KubeObject>();
        foreach (var (line, document) in new YamlStream(text, where).Read())
        {
            Add(document, line, where, objects, isItem: false);
        }

        return objects;
    }

    /// <summary>Reads the objects.</summary>
    /// <param name="text">The text.</param>
    /// <param name="objects">The objects; null when it is no manifest.</param>
    /// <param name="problem">What is wrong, and where; null when nothing is.</param>
    /// <param name="where">What to call the text in messages.</param>
    public static bool TryRead(
        string text, [NotNullWhen(true)] out IReadOnlyList<KubeObject>? objects, [NotNullWhen(false)] out string? problem,
        string where = "the manifest")
    {
        try
        {
            (objects, problem) = (Parse(text, where), null);
            return true;
        }
        catch (ManifestException exception)
        {
            (objects, problem) = (null, exception.Message);
            return false;
        }
    }

    private static void Add(JsonNode document, int line, string where, List<KubeObject> objects, bool isItem)
    {
        if (document is not JsonObject value || Text(value, "apiVersion") is not { Length: > 0 } version
            || Text(value, "kind") is not { Length: > 0 } kind)
        {
            throw new ManifestException(
                where, line, 1, $"{(isItem ? "an item of the List" : "the document")} that begins here is no Kubernetes object: it needs "
                    + "apiVersion and kind");
        }

        if (!isItem && version == "v1" && kind == "List")
        {
            if (value["items"] is not JsonArray items)
            {
                throw new ManifestException(where, line, 1, "the List that begins here has no items");
            }

            foreach (var item in items)
            {
                Add(item ?? new JsonObject(), line, where, objects, isItem: true);
            }

            return;
        }

        if (value["metadata"] is not JsonObject metadata
            || (Text(metadata, "name") is not { Length: > 0 } && Text(metadata, "generateName") is not { Length: > 0 }))
        {
            throw new ManifestException(where, line, 1, $"the {StatusAnswer.Clean(kind)} that begins here has no name: write metadata.name");
        }

        try
        {
            objects.Add(KubeObject.From(value));
        }
        catch (KubeException exception)
        {
            throw new ManifestException(
                where, line, 1, $"the {StatusAnswer.Clean(kind)} that begins here cannot be sent as JSON", exception);
        }
    }

    private static string? Text(JsonObject value, string name) =>
        value[name] is JsonValue text && text.TryGetValue<string>(out var said) ? said : null;
}
