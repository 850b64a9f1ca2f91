using System.Text.Json;
using Casemate.Kubernetes;

namespace Casemate.Node.NodeObject;

/// <summary>Reads a Node: amounts, taints, conditions, and who wrote them.</summary>
internal sealed class NodeView
{
    public NodeView(KubeObject node)
    {
        Object = node;
        Capacity = node.At("status", "capacity") is null ? null : node.MapAt("status", "capacity");
        Allocatable = node.MapAt("status", "allocatable");
        Taints = [.. node.ListAt("spec", "taints").Select(taint => new NodeTaint(taint))];
        BootId = node.At("status", "nodeInfo", "bootID") is { ValueKind: JsonValueKind.String } id ? id.GetString()! : "";
    }

    public KubeObject Object { get; }

    /// <summary>
    /// Under which names the kubelet writes: that of the process which it is a part of, so whoever counts the processors.
    /// </summary>
    public IReadOnlyList<string> Kubelets => [.. WritersOf("cpu").Append("kubelet").Distinct()];

    /// <summary>The amounts; null until the kubelet has written any.</summary>
    public IReadOnlyDictionary<string, string>? Capacity { get; }

    public IReadOnlyDictionary<string, string> Allocatable { get; }

    public IReadOnlyList<NodeTaint> Taints { get; }

    /// <summary>Which start of the machine this is.</summary>
    public string BootId { get; }

    public bool IsClosed => Taints.Any(taint => taint.Key == NodeMarks.StartupTaint);

    public JsonElement? Condition(string type)
    {
        foreach (var condition in Object.ListAt("status", "conditions"))
        {
            if (Text(condition, "type") == type)
            {
                return condition;
            }
        }

        return null;
    }

    /// <summary>Who wrote an amount, as <c>managedFields</c> names them; empty when nobody is named.</summary>
    public IReadOnlyList<string> WritersOf(string resource) => [.. Writers(["f:status", "f:capacity", "f:" + resource]).Distinct()];

    /// <summary>The labels or annotations that a manager applied.</summary>
    public HashSet<string> AppliedBy(string manager, string map)
    {
        var keys = new HashSet<string>(StringComparer.Ordinal);
        foreach (var entry in Object.ListAt("metadata", "managedFields"))
        {
            if (Text(entry, "manager") == manager && Text(entry, "operation") == "Apply"
                && Find(entry, ["fieldsV1", "f:metadata", "f:" + map]) is { ValueKind: JsonValueKind.Object } fields)
            {
                keys.UnionWith(fields.EnumerateObject().Where(field => field.Name.StartsWith("f:", StringComparison.Ordinal))
                    .Select(field => field.Name[2..]));
            }
        }

        return keys;
    }

    public static string Text(JsonElement element, string name) =>
        element.ValueKind is JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.String
            ? value.GetString()!
            : "";

    private IEnumerable<string> Writers(string[] path)
    {
        foreach (var entry in Object.ListAt("metadata", "managedFields"))
        {
            if (Find(entry, ["fieldsV1", .. path]) is not null)
            {
                yield return Text(entry, "manager");
            }
        }
    }

    private static JsonElement? Find(JsonElement at, ReadOnlySpan<string> path)
    {
        foreach (var name in path)
        {
            if (at.ValueKind is not JsonValueKind.Object || !at.TryGetProperty(name, out at))
            {
                return null;
            }
        }

        return at;
    }
}
