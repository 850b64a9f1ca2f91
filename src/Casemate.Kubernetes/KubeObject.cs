using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Casemate.Primitives.Json;

namespace Casemate.Kubernetes;

/// <summary>One object as the API server gave it, with every field, known or not. Never changes.</summary>
public sealed class KubeObject
{
    /// <summary>The deepest nesting that is accepted in an object.</summary>
    public const int MaxDepth = 64;

    /// <summary>Wraps an object.</summary>
    /// <param name="json">A JSON object that stays valid as long as this one is used.</param>
    /// <exception cref="KubeException">It is not an object with <c>metadata</c>.</exception>
    public KubeObject(JsonElement json)
    {
        Json = json.ValueKind is JsonValueKind.Object ? json : throw Malformed("an object is expected");
        Metadata = json.TryGetProperty("metadata", out var metadata) && metadata.ValueKind is JsonValueKind.Object
            ? metadata
            : throw Malformed("an object without metadata");
    }

    /// <summary>The object.</summary>
    public JsonElement Json { get; }

    /// <summary>Its <c>metadata</c>.</summary>
    public JsonElement Metadata { get; }

    /// <summary>Its <c>apiVersion</c>; empty in lists of old servers.</summary>
    public string ApiVersion => Text(Json, "apiVersion");

    /// <summary>Its <c>kind</c>; empty in lists of old servers.</summary>
    public string Kind => Text(Json, "kind");

    /// <summary>Its name.</summary>
    public string Name => Text(Metadata, "name");

    /// <summary>Its namespace; null when it has none.</summary>
    public string? Namespace => Text(Metadata, "namespace") is { Length: > 0 } name ? name : null;

    /// <summary>Its identity: an object made again under the same name has another.</summary>
    public string Uid => Text(Metadata, "uid");

    /// <summary>Its version, an opaque word.</summary>
    public string ResourceVersion => Text(Metadata, "resourceVersion");

    /// <summary>True when it is being deleted.</summary>
    public bool IsBeingDeleted => Text(Metadata, "deletionTimestamp").Length > 0;

    /// <summary>Its labels.</summary>
    public IReadOnlyDictionary<string, string> Labels => Map(Metadata, "labels");

    /// <summary>Its annotations.</summary>
    public IReadOnlyDictionary<string, string> Annotations => Map(Metadata, "annotations");

    /// <summary>Namespace and name in one word: <c>namespace/name</c>, or the name alone.</summary>
    public string Key => Namespace is { } name ? $"{name}/{Name}" : Name;

    /// <summary>Reads one object from JSON.</summary>
    /// <exception cref="KubeException">The text is not one, is nested too deep, or has a member twice.</exception>
    public static KubeObject Parse(ReadOnlyMemory<byte> utf8Json) => new(ParseElement(utf8Json, "the object"));

    /// <summary>Reads one object that was built.</summary>
    /// <exception cref="KubeException">It is not an object with <c>metadata</c>.</exception>
    public static KubeObject From(JsonObject node)
    {
        ArgumentNullException.ThrowIfNull(node);
        return Parse(Encoding.UTF8.GetBytes(node.ToJsonString()));
    }

    /// <summary>An object with nothing but the name, namespace, identity and version of another.</summary>
    public static KubeObject IdentityOf(KubeObject value)
    {
        ArgumentNullException.ThrowIfNull(value);
        var metadata = new JsonObject { ["name"] = value.Name, ["uid"] = value.Uid, ["resourceVersion"] = value.ResourceVersion };
        if (value.Namespace is { } name)
        {
            metadata["namespace"] = name;
        }

        return From(new JsonObject { ["metadata"] = metadata });
    }

    /// <summary>A copy that can be changed and sent.</summary>
    public JsonObject ToNode() => JsonObject.Create(Json.Clone())!;

    /// <summary>The value below a path of member names; null when a part is missing.</summary>
    public JsonElement? At(params ReadOnlySpan<string> path)
    {
        var at = Json;
        foreach (var name in path)
        {
            if (at.ValueKind is not JsonValueKind.Object || !at.TryGetProperty(name, out at))
            {
                return null;
            }
        }

        return at.ValueKind is JsonValueKind.Null ? null : at;
    }

    /// <summary>The string members of an object below a path; empty when it is missing.</summary>
    public IReadOnlyDictionary<string, string> MapAt(params ReadOnlySpan<string> path)
    {
        var map = new Dictionary<string, string>(StringComparer.Ordinal);
        if (At(path) is { ValueKind: JsonValueKind.Object } element)
        {
            foreach (var member in element.EnumerateObject())
            {
                if (member.Value.ValueKind is JsonValueKind.String)
                {
                    map[member.Name] = member.Value.GetString()!;
                }
            }
        }

        return map;
    }

    /// <summary>The items of a list below a path; empty when it is missing.</summary>
    public IReadOnlyList<JsonElement> ListAt(params ReadOnlySpan<string> path) =>
        At(path) is { ValueKind: JsonValueKind.Array } element ? [.. element.EnumerateArray()] : [];

    /// <inheritdoc/>
    public override string ToString() => $"{Kind} {Key}";

    internal static JsonElement ParseElement(ReadOnlyMemory<byte> utf8Json, string what)
    {
        if (!StrictJson.TryParse(utf8Json, out var document, out var error, MaxDepth))
        {
            throw Malformed($"{what}: {error}");
        }

        using (document)
        {
            return document.RootElement.Clone();
        }
    }

    internal static string Text(JsonElement element, string name) =>
        element.ValueKind is JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.String
            ? value.GetString()!
            : "";

    internal static KubeException Malformed(string problem) => new($"The API server's answer cannot be used: {problem}.");

    private static Dictionary<string, string> Map(JsonElement element, string name)
    {
        var map = new Dictionary<string, string>(StringComparer.Ordinal);
        if (element.TryGetProperty(name, out var members) && members.ValueKind is JsonValueKind.Object)
        {
            foreach (var member in members.EnumerateObject())
            {
                map[member.Name] = member.Value.ValueKind is JsonValueKind.String ? member.Value.GetString()! : "";
            }
        }

        return map;
    }
}
