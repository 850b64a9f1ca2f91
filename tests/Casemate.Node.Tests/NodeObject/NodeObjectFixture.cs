using System.Text.Json.Nodes;
using Casemate.Kubernetes;
using Casemate.Node.Advertisement;
using Casemate.Node.NodeObject;
using Casemate.Testing;
using Casemate.Testing.Kubernetes;

namespace Casemate.Node.Tests.NodeObject;

/// <summary>A Node on a test API server, with a kubelet that is played by hand and a clock that stands still.</summary>
public abstract class NodeObjectFixture : IAsyncLifetime
{
    internal const string Azure = "kubernetes.azure.com/sgx_epc_mem_in_MiB";
    internal const string Intel = "sgx.intel.com/epc";
    internal const string Enclave = "sgx.intel.com/enclave";
    internal const long Amount = 274_877_906_944;

    internal static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    internal static readonly AdvertisementPlan Large = new()
    {
        FrontEnd = EpcFrontEnd.NodeCapacity,
        Family = ResourceFamily.Intel,
        Resources =
        [
            new PlannedResource(Intel, ResourceCarrier.NodeStatus, Amount, 1),
            new PlannedResource(Enclave, ResourceCarrier.DevicePlugin, 110, 0, 2000, 2200),
        ],
        Labels = [new PlannedLabel("casemate.dev/sgx2", "true"), new PlannedLabel("tee", "sgx")],
        Simulated = false,
    };

    internal static readonly AdvertisementPlan Small = new()
    {
        FrontEnd = EpcFrontEnd.OneDevicePerMib,
        Family = ResourceFamily.Azure,
        Resources = [new PlannedResource(Azure, ResourceCarrier.DevicePlugin, 168, 1 << 20, 4000, 4400)],
        Labels = [new PlannedLabel("tee", "sgx")],
        Simulated = false,
    };

    internal ManualTimeProvider Clock { get; } = new(Noon);

    /// <summary>The clock that the agent sees.</summary>
    internal virtual TimeProvider Time => Clock;

    internal TestApiServer Server { get; private set; } = null!;

    internal KubeClient Client { get; private set; } = null!;

    internal NodeObjectReconciler Reconciler { get; private set; } = null!;

    internal KubeObject Node => Server.Find(KubeResource.Nodes, null, "n1")!;

    internal IReadOnlyList<KubeObject> Events => Server.All(KubeResource.Events);

    public virtual async ValueTask InitializeAsync()
    {
        Server = await TestApiServer.StartAsync();
        Client = Server.CreateClient(options => options with { FieldManager = "casemate-node", Time = Time });
        Use(null);
        MakeNode();
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await Server.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    internal void Use(INodeAttestation? attestation, Func<NodeObjectSettings, NodeObjectSettings>? change = null)
    {
        var settings = new NodeObjectSettings { NodeName = "n1" };
        Reconciler = new NodeObjectReconciler(Client, change?.Invoke(settings) ?? settings, attestation);
    }

    internal void MakeNode(bool closed = false, string kubelet = "kubelet")
    {
        var node = new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Node",
            ["metadata"] = new JsonObject { ["name"] = "n1", ["labels"] = new JsonObject { ["kubernetes.io/os"] = "linux" } },
            ["spec"] = new JsonObject { ["podCIDR"] = "10.0.0.0/24" },
            ["status"] = new JsonObject
            {
                ["capacity"] = new JsonObject { ["cpu"] = "8", [Enclave] = "110" },
                ["allocatable"] = new JsonObject { ["cpu"] = "8", [Enclave] = "110" },
                ["conditions"] = new JsonArray(new JsonObject { ["type"] = "Ready", ["status"] = "True", ["reason"] = "KubeletReady" }),
                ["nodeInfo"] = new JsonObject { ["bootID"] = "boot-1" },
            },
        };
        if (closed)
        {
            node["spec"]!["taints"] = new JsonArray(new JsonObject
            {
                ["key"] = NodeMarks.StartupTaint,
                ["value"] = "true",
                ["effect"] = "NoSchedule",
            });
        }

        Server.Put(KubeResource.Nodes, node, kubelet);
    }

    /// <summary>Compares and corrects until there is nothing to do at this instant.</summary>
    internal async Task PassAsync(AdvertisementPlan? plan = null, params NodeCondition[] conditions)
    {
        if (plan is not null)
        {
            Reconciler.Update(new NodeObjectWish(plan, NodeObjectWish.ExpectedOf(plan), conditions));
        }

        for (var i = 0; i < 5 && await Reconciler.PassAsync(CancellationToken.None) is { } due && due <= Time.GetUtcNow(); i++)
        {
        }
    }

    /// <summary>The kubelet's next status: allocatable is made of capacity.</summary>
    internal void KubeletStatus() => Change(
        "kubelet", node => node["status"]!["allocatable"] = node["status"]!["capacity"]!.DeepClone());

    internal void SetCapacity(string manager, string name, string value) =>
        Change(manager, node => node["status"]!["capacity"]![name] = value);

    internal void Change(string manager, Action<JsonObject> change) => Server.Change(KubeResource.Nodes, null, "n1", manager, change);

    internal string? Capacity(string name) => Node.MapAt("status", "capacity").GetValueOrDefault(name);

    internal (string Status, string Reason) Condition(string type)
    {
        var condition = Node.ListAt("status", "conditions").Single(c => c.GetProperty("type").GetString() == type);
        return (condition.GetProperty("status").GetString()!, condition.GetProperty("reason").GetString()!);
    }

    internal string Message(string type) => Node.ListAt("status", "conditions")
        .Single(c => c.GetProperty("type").GetString() == type).GetProperty("message").GetString()!;

    internal bool HasCondition(string type) => Node.ListAt("status", "conditions").Any(c => c.GetProperty("type").GetString() == type);

    internal IReadOnlyList<string> Taints => [.. Node.ListAt("spec", "taints").Select(taint => taint.GetProperty("key").GetString()!)];

    internal IReadOnlyList<string> Reasons => [.. Events.Select(e => e.At("reason")!.Value.GetString()!)];

    /// <summary>How many requests changed something, Events apart.</summary>
    internal int Writes => Server.Requests.Count(
        request => request.Method != "GET" && !request.Path.Contains("events", StringComparison.Ordinal));
}
