using System.Globalization;
using System.Text.Json.Nodes;
using Casemate.Kubernetes;

namespace Casemate.Testing.Kubernetes;

/// <summary>A Node on a test API server, with the kubelet's part in it: that of the status is played on request.</summary>
/// <param name="server">The server.</param>
/// <param name="name">The Node's name.</param>
public sealed class TestNode(TestApiServer server, string name)
{
    /// <summary>The Node as it stands.</summary>
    public KubeObject Object => server.Find(KubeResource.Nodes, null, name)
        ?? throw new InvalidOperationException($"There is no Node {name}.");

    /// <summary>The keys of its taints.</summary>
    public IReadOnlyList<string> Taints => [.. Object.ListAt("spec", "taints").Select(taint => taint.GetProperty("key").GetString()!)];

    /// <summary>The Events about it.</summary>
    public IReadOnlyList<KubeObject> Events => [.. server.All(KubeResource.Events)
        .Where(one => one.At("regarding", "name")?.GetString() == name && one.At("regarding", "kind")?.GetString() == "Node")];

    /// <summary>A Node as a kubelet registers it.</summary>
    /// <param name="server">The server.</param>
    /// <param name="name">The Node's name.</param>
    /// <param name="taints">Keys of taints that are on it from the first second, all <c>NoSchedule</c>.</param>
    public static TestNode Join(TestApiServer server, string name, params IReadOnlyList<string> taints)
    {
        ArgumentNullException.ThrowIfNull(server);
        var spec = new JsonObject { ["podCIDR"] = "10.0.0.0/24" };
        if (taints.Count > 0)
        {
            spec["taints"] = new JsonArray([.. taints.Select(key =>
                new JsonObject { ["key"] = key, ["value"] = "true", ["effect"] = "NoSchedule" })]);
        }

        server.Put(
            KubeResource.Nodes,
            new JsonObject
            {
                ["apiVersion"] = "v1",
                ["kind"] = "Node",
                ["metadata"] = new JsonObject { ["name"] = name, ["labels"] = new JsonObject { ["kubernetes.io/os"] = "linux" } },
                ["spec"] = spec,
                ["status"] = new JsonObject
                {
                    ["capacity"] = new JsonObject { ["cpu"] = "8" },
                    ["allocatable"] = new JsonObject { ["cpu"] = "8" },
                    ["conditions"] = new JsonArray(new JsonObject { ["type"] = "Ready", ["status"] = "True", ["reason"] = "KubeletReady" }),
                    ["nodeInfo"] = new JsonObject { ["bootID"] = "boot-1" },
                },
            },
            "kubelet");
        return new TestNode(server, name);
    }

    /// <summary>An amount in its capacity; null when there is none.</summary>
    public string? Capacity(string resource) => Object.MapAt("status", "capacity").GetValueOrDefault(resource);

    /// <summary>A condition as <c>Status Reason</c>; null when there is none.</summary>
    public string? Condition(string type) => Object.ListAt("status", "conditions")
        .Where(condition => condition.GetProperty("type").GetString() == type)
        .Select(condition => $"{condition.GetProperty("status").GetString()} {condition.GetProperty("reason").GetString()}")
        .SingleOrDefault();

    /// <summary>
    /// The kubelet's next status: what its device plugins have, and whatever else stands in capacity, is allocatable.
    /// </summary>
    public void WriteStatus(params IReadOnlyList<(string Resource, long Count)> devices) => Change("kubelet", node =>
    {
        foreach (var (resource, count) in devices)
        {
            node["status"]!["capacity"]![resource] = count.ToString(CultureInfo.InvariantCulture);
        }

        node["status"]!["allocatable"] = node["status"]!["capacity"]!.DeepClone();
    });

    /// <summary>A kubelet that starts: it sets every extended resource to 0.</summary>
    public void RestartKubelet() => Change("kubelet", node =>
    {
        var capacity = (JsonObject)node["status"]!["capacity"]!;
        foreach (var resource in capacity.Select(amount => amount.Key).Where(key => key.Contains('/', StringComparison.Ordinal)).ToList())
        {
            capacity[resource] = "0";
        }

        node["status"]!["allocatable"] = capacity.DeepClone();
    });

    /// <summary>Changes it as another writer would.</summary>
    public void Change(string manager, Action<JsonObject> change) => server.Change(KubeResource.Nodes, null, name, manager, change);

    /// <summary>A pod on this node.</summary>
    /// <param name="pod">Its name, in the namespace <c>default</c>.</param>
    /// <param name="phase">Its phase.</param>
    /// <param name="requests">What its only container asks for.</param>
    public void Run(string pod, string phase, params IReadOnlyList<(string Resource, string Quantity)> requests) => server.Put(
        KubeResource.Pods,
        new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Pod",
            ["metadata"] = new JsonObject { ["name"] = pod, ["namespace"] = "default" },
            ["spec"] = new JsonObject
            {
                ["nodeName"] = name,
                ["containers"] = new JsonArray(new JsonObject
                {
                    ["name"] = "main",
                    ["resources"] = new JsonObject
                    {
                        ["requests"] = new JsonObject(
                            requests.Select(request => KeyValuePair.Create(request.Resource, (JsonNode?)request.Quantity))),
                    },
                }),
            },
            ["status"] = new JsonObject { ["phase"] = phase },
        });
}
