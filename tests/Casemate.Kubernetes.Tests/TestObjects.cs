using System.Text.Json.Nodes;

namespace Casemate.Kubernetes.Tests;

/// <summary>Small objects.</summary>
internal static class TestObjects
{
    public static JsonObject Node(string name, string capacity = "8") => new()
    {
        ["apiVersion"] = "v1",
        ["kind"] = "Node",
        ["metadata"] = new JsonObject { ["name"] = name, ["labels"] = new JsonObject { ["zone"] = "a" } },
        ["spec"] = new JsonObject { ["unknownField"] = new JsonObject { ["kept"] = true } },
        ["status"] = new JsonObject { ["capacity"] = new JsonObject { ["cpu"] = capacity } },
    };

    public static JsonObject Lease(string name, string holder) => new()
    {
        ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = "default" },
        ["spec"] = new JsonObject { ["holderIdentity"] = holder },
    };
}
