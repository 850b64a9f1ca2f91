using System.Text.Json.Nodes;
using Casemate.Kubernetes;
using Casemate.Testing.Kubernetes;
using Microsoft.Extensions.Logging.Abstractions;

namespace Casemate.Admission.Tests;

/// <summary>What is known of a cluster while it changes, and the claim templates that are made in it.</summary>
public sealed class ClusterWatchTests
{
    [Fact]
    public async Task KnowsNodesAndNamespaces_AsTheyComeAndGo()
    {
        await using var server = await TestApiServer.StartAsync();
        server.Put(KubeResource.Nodes, Node("n1", "sgx.intel.com/epc", "1Gi"));
        server.Put(KubeResource.Namespaces, Namespace("quoting", "true"));
        using var client = server.CreateClient();
        await using var watch = new ClusterWatch(client, NullLogger.Instance);

        await server.UntilAsync(() => watch.IsSynced && watch.Facts.Nodes.Length == 1);
        Assert.Null(watch.Problem);
        Assert.Equal(ResourceFamily.Intel, watch.Facts.Nodes[0].Family);
        Assert.True(watch.Namespace("quoting").SetsAesmAddress);
        Assert.False(watch.Namespace("other").SetsAesmAddress);

        server.Put(KubeResource.Nodes, Node("n2", "kubernetes.azure.com/sgx_epc_mem_in_MiB", "28"));
        server.Put(KubeResource.Namespaces, Namespace("other", "1"));
        await server.UntilAsync(() => watch.Facts.Nodes.Length == 2 && watch.Namespace("other").SetsAesmAddress);

        server.Delete(KubeResource.Nodes, null, "n1");
        server.Delete(KubeResource.Namespaces, null, "quoting");
        await server.UntilAsync(() => watch.Facts.Nodes.Length == 1 && !watch.Namespace("quoting").SetsAesmAddress);
        Assert.Equal(ResourceFamily.Azure, watch.Facts.Nodes[0].Family);
    }

    [Fact]
    public async Task MakesEachClaimTemplate_Once()
    {
        await using var server = await TestApiServer.StartAsync();
        using var client = server.CreateClient();
        var templates = new KubeClaimTemplates(client);
        ClaimTemplate[] wanted = [new("casemate-sgx-epc-64mi", "sgx-epc", 64), new("casemate-sgx-provision", "sgx-provision", null)];

        Assert.Null(await templates.EnsureAsync("app", wanted, TestContext.Current.CancellationToken));
        Assert.Null(await templates.EnsureAsync("app", wanted, TestContext.Current.CancellationToken));

        Assert.Equal(2, server.All(KubeResource.ResourceClaimTemplates).Count);
        Assert.Equal("sgx-epc", server.Find(KubeResource.ResourceClaimTemplates, "app", "casemate-sgx-epc-64mi")!
            .ToNode()["spec"]!["spec"]!["devices"]!["requests"]![0]!["exactly"]!["deviceClassName"]!.GetValue<string>());
    }

    [Fact]
    public async Task TellsWhyATemplate_WasNotMade()
    {
        await using var server = await TestApiServer.StartAsync();
        using var client = server.CreateClient();
        server.Refuse(1, new ApiFault(403, "Forbidden", "not allowed here"));

        Assert.Contains(
            "not allowed here",
            await new KubeClaimTemplates(client).EnsureAsync("app", [new("t", "sgx-epc", 1)], TestContext.Current.CancellationToken),
            StringComparison.Ordinal);
    }

    private static JsonObject Node(string name, string resource, string amount) => new()
    {
        ["metadata"] = new JsonObject { ["name"] = name },
        ["status"] = new JsonObject { ["allocatable"] = new JsonObject { [resource] = amount } },
    };

    private static JsonObject Namespace(string name, string word) => new()
    {
        ["metadata"] = new JsonObject { ["name"] = name, ["annotations"] = new JsonObject { [PodNames.AesmAddress] = word } },
    };
}
