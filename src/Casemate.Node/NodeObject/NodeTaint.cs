using System.Text.Json;
using System.Text.Json.Nodes;
using Casemate.Node.Advertisement;

namespace Casemate.Node.NodeObject;

/// <summary>One taint as it stands on a Node; fields that nobody here knows are kept.</summary>
internal sealed record NodeTaint(JsonElement Json)
{
    public string Key => Text("key");

    /// <summary>Taints with the same key and effect are the same one; the value is not part of its identity.</summary>
    public string Identity => $"{Key}:{Text("effect")}";

    public static string IdentityOf(PlannedTaint taint) => $"{taint.Key}:{taint.Effect}";

    public static JsonObject ToNode(PlannedTaint taint)
    {
        var node = new JsonObject { ["key"] = taint.Key, ["effect"] = taint.Effect };
        if (taint.Value.Length > 0)
        {
            node["value"] = taint.Value;
        }

        return node;
    }

    private string Text(string name) => Json.ValueKind is JsonValueKind.Object && Json.TryGetProperty(name, out var value)
        && value.ValueKind is JsonValueKind.String ? value.GetString()! : "";
}
