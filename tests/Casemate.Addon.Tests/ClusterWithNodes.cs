using System.Text.Json.Nodes;
using Casemate.Kubernetes;
using Casemate.Node.NodeObject;
using Casemate.Testing.Kubernetes;

namespace Casemate.Addon.Tests;

/// <summary>A cluster with objects of others, two nodes, and quick controllers.</summary>
internal sealed class ClusterWithNodes : IAsyncDisposable
{
    public static readonly AddonOptions Options = new() { Image = "registry.example/casemate:1", WithQuoteHelper = true };

    private ClusterWithNodes(TestApiServer server)
    {
        Server = server;
        Client = server.CreateClient(options => options with { FieldManager = AddonInstaller.FieldManager, MaxAttempts = 1 });
        AsAgent = server.CreateClient(options => options with { FieldManager = NodeMarks.FieldManager, MaxAttempts = 1 });
    }

    public TestApiServer Server { get; }

    public KubeClient Client { get; }

    public KubeClient AsAgent { get; }

    public AddonInstaller Installer => new(Client);

    public static async Task<ClusterWithNodes> StartAsync()
    {
        var server = await TestApiServer.StartAsync();
        server.CompleteWorkloads = true;
        server.RequireNamespaces = true;
        foreach (var name in (string[])["n1", "n2"])
        {
            TestNode.Join(server, name, "somebody.example/taint");
        }

        server.Put(KubeResource.ConfigMaps, Named("ConfigMap", "theirs", "default"));
        server.Put(KubeResource.ClusterRoles, Named("ClusterRole", "theirs", null));
        server.Put(KubeResource.StatefulSets, Named("StatefulSet", "theirs", "kube-system"));
        return new ClusterWithNodes(server);
    }

    /// <summary>An object of somebody else.</summary>
    public static JsonObject Named(string kind, string name, string? space)
    {
        var metadata = new JsonObject { ["name"] = name };
        if (space is not null)
        {
            metadata["namespace"] = space;
        }

        return new JsonObject { ["apiVersion"] = "v1", ["kind"] = kind, ["metadata"] = metadata, ["spec"] = new JsonObject() };
    }

    /// <summary>What an agent writes on a Node: by apply, and in the status.</summary>
    public async Task RunAgentAsync(string node)
    {
        await AsAgent.ApplyAsync(KubeResource.Nodes, null, node, new JsonObject
        {
            ["metadata"] = new JsonObject { ["labels"] = new JsonObject { ["sgx.intel.com/capable"] = "true", ["casemate.dev/sgx"] = "true" } },
        });
        await AsAgent.PatchAsync(
            KubeResource.Nodes, null, node, KubePatch.StrategicMerge(new JsonObject
            {
                ["status"] = new JsonObject
                {
                    ["conditions"] = new JsonArray(
                        new JsonObject { ["type"] = NodeMarks.SgxReady, ["status"] = "True", ["reason"] = "Usable" }),
                },
            }),
            "status");
    }

    /// <summary>What the webhook writes once it runs.</summary>
    public async Task RunWebhookAsync()
    {
        using var webhook = Server.CreateClient(options => options with { FieldManager = "casemate-webhook-certificates" });
        foreach (var (kind, hook) in ((KubeResource, string)[])[
            (KubeResource.MutatingWebhookConfigurations, "pods.casemate.dev"),
            (KubeResource.ValidatingWebhookConfigurations, "validate.pods.casemate.dev")])
        {
            await webhook.ApplyAsync(kind, null, "casemate-webhook", new JsonObject
            {
                ["webhooks"] = new JsonArray(new JsonObject
                {
                    ["name"] = hook,
                    ["clientConfig"] = new JsonObject { ["caBundle"] = "Q0E=" },
                }),
            });
        }

        await webhook.ApplyAsync(
            KubeResource.Secrets, AddonOptions.SystemNamespace, "casemate-webhook-tls", new JsonObject
            {
                ["metadata"] = new JsonObject { ["labels"] = new JsonObject { ["app.kubernetes.io/managed-by"] = "casemate-webhook" } },
                ["type"] = "kubernetes.io/tls",
            });
        var slice = Named("EndpointSlice", "casemate-webhook-1", AddonOptions.SystemNamespace);
        slice["metadata"]!["labels"] = new JsonObject { ["kubernetes.io/service-name"] = "casemate-webhook" };
        slice["endpoints"] = new JsonArray(new JsonObject { ["addresses"] = new JsonArray("10.0.0.1") });
        Server.Put(KubeResource.EndpointSlices, slice, "controller");
    }

    /// <summary>Every object that there is, as others see it: without versions and writers where those may change.</summary>
    public IReadOnlyDictionary<string, string> Everything()
    {
        var all = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var kind in KubeResource.Known)
        {
            foreach (var one in Server.All(kind))
            {
                var node = one.ToNode();
                ((JsonObject)node["metadata"]!).Remove("managedFields");
                ((JsonObject)node["metadata"]!).Remove("resourceVersion");
                all[$"{kind} {one.Key}"] = Canonical(node)!.ToJsonString();
            }
        }

        return all;
    }

    public Task<AddonUninstallation> UninstallAsync(AddonUninstallOptions? options = null) =>
        new AddonUninstaller(Client, AsAgent).RunAsync(
            (options ?? new AddonUninstallOptions()) with { PollPeriod = TimeSpan.FromMilliseconds(1) },
            cancellationToken: TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        AsAgent.Dispose();
        await Server.DisposeAsync();
    }

    // Empty maps and lists are as good as none; the order of members says nothing.
    private static JsonNode? Canonical(JsonNode? value) => value switch
    {
        JsonObject map => new JsonObject(map.OrderBy(member => member.Key, StringComparer.Ordinal)
            .Select(member => KeyValuePair.Create(member.Key, Canonical(member.Value)))
            .Where(member => member.Value is not (null or JsonObject { Count: 0 } or JsonArray { Count: 0 }))),
        JsonArray list => new JsonArray([.. list.Select(Canonical)]),
        _ => value?.DeepClone(),
    };
}
