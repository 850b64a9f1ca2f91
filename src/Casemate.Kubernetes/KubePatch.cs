using System.Text.Json;
using System.Text.Json.Nodes;

namespace Casemate.Kubernetes;

/// <summary>A change of an object that leaves everything else in it alone.</summary>
public sealed record KubePatch
{
    private KubePatch(string contentType, byte[] body, bool repeatable) =>
        (ContentType, Body, IsRepeatable) = (contentType, body, repeatable);

    /// <summary>The media type.</summary>
    public string ContentType { get; }

    /// <summary>The patch as it is sent.</summary>
    public ReadOnlyMemory<byte> Body { get; }

    /// <summary>True when applying it twice is the same as once.</summary>
    internal bool IsRepeatable { get; }

    /// <summary>Members replace members, null removes (RFC 7396). Lists are replaced whole.</summary>
    public static KubePatch Merge(JsonObject change) => new("application/merge-patch+json", Bytes(change), repeatable: true);

    /// <summary>
    /// As <see cref="Merge"/>, but lists of built-in kinds merge by their keys: conditions by <c>type</c>. Own kinds have no such lists.
    /// </summary>
    public static KubePatch StrategicMerge(JsonObject change) =>
        new("application/strategic-merge-patch+json", Bytes(change), repeatable: true);

    /// <summary>Operations at places (RFC 6902); see <see cref="Pointer"/>.</summary>
    public static KubePatch Operations(JsonArray operations) =>
        new("application/json-patch+json", Bytes(operations), repeatable: false);

    /// <summary>A place in an object as a JSON pointer (RFC 6901): <c>~</c> becomes <c>~0</c> and <c>/</c> becomes <c>~1</c>.</summary>
    public static string Pointer(params ReadOnlySpan<string> path)
    {
        // Places are a few names deep.
        var pointer = "";
        foreach (var name in path)
        {
            pointer = $"{pointer}/{name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal)}";
        }

        return pointer;
    }

    internal static byte[] Bytes(JsonNode node)
    {
        ArgumentNullException.ThrowIfNull(node);
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            node.WriteTo(writer);
        }

        return stream.ToArray();
    }
}
