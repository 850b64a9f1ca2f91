using System.Text.Json.Nodes;
using Casemate.Kubernetes;

namespace Casemate.Addon.Tests;

/// <summary>How an installed add-on is: its parts, its nodes, its webhook, and what is wrong.</summary>
public sealed class AddonStatusTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task IsHealthy_WhenEverythingRuns()
    {
        await using var cluster = await InstalledAsync();

        var status = await AddonStatus.ReadAsync(cluster.Client, Stop);

        Assert.Empty(status.Problems);
        Assert.True(status.IsHealthy);
        Assert.Equal(["node agent", "quote helper", "webhook"], status.Components.Select(one => one.Name));
        Assert.All(status.Components, one => Assert.Equal("registry.example/casemate:1", one.Image));
        Assert.Equal(new AddonWebhook(true, true, 1), status.Webhook);
        Assert.Equal("SgxReady", Assert.Single(Assert.Single(status.Nodes).Conditions).Type);
    }

    [Fact]
    public async Task IsNotHealthy_WhereNothingIsInstalled()
    {
        await using var cluster = await ClusterWithNodes.StartAsync();
        var status = await AddonStatus.ReadAsync(cluster.Client, Stop);
        Assert.False(status.IsHealthy);
        Assert.StartsWith("The add-on is not installed", Assert.Single(status.Problems), StringComparison.Ordinal);
    }

    [Fact]
    public async Task SaysWhatHangs_InTheKubeletsWords()
    {
        await using var cluster = await InstalledAsync();
        cluster.Server.CompleteWorkloads = false;
        cluster.Server.Change(
            KubeResource.DaemonSets, AddonOptions.NodeNamespace, "casemate-node", "controller",
            one => one["status"]!["numberAvailable"] = 0);
        var pod = ClusterWithNodes.Named("Pod", "casemate-node-x", AddonOptions.NodeNamespace);
        pod["metadata"]!["labels"] = new JsonObject { ["app.kubernetes.io/name"] = "casemate-node" };
        pod["spec"] = new JsonObject { ["nodeName"] = "n1" };
        pod["status"] = new JsonObject
        {
            ["containerStatuses"] = new JsonArray(new JsonObject
            {
                ["state"] = new JsonObject
                {
                    ["waiting"] = new JsonObject { ["reason"] = "ImagePullBackOff", ["message"] = "no such\u001b[31m image" },
                },
            }),
        };
        cluster.Server.Put(KubeResource.Pods, pod, "kubelet");

        var status = await AddonStatus.ReadAsync(cluster.Client, Stop);

        Assert.False(status.IsHealthy);
        Assert.Equal(
            "pod casemate-node-x on n1: ImagePullBackOff: no such [31m image", Assert.Single(status.Components[0].Hanging));
    }

    [Fact]
    public async Task SaysThatTheWebhookCannotBeAsked()
    {
        await using var cluster = await InstalledAsync();
        cluster.Server.Delete(KubeResource.ValidatingWebhookConfigurations, null, "casemate-webhook");
        Assert.Contains(
            (await AddonStatus.ReadAsync(cluster.Client, Stop)).Problems,
            problem => problem.Contains("a webhook configuration is missing", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("SgxQuoteReady", "False", true)]
    [InlineData("SgxEpcConflict", "True", true)]
    [InlineData("SgxEpcConflict", "False", false)]
    [InlineData("SgxReady", "False", false)]
    public async Task TellsTheAgentsConditions_ThatMeanTrouble(string type, string value, bool isProblem)
    {
        await using var cluster = await InstalledAsync();
        cluster.Server.Change(KubeResource.Nodes, null, "n2", "casemate-node", node => ((JsonArray)node["status"]!["conditions"]!).Add(
            (JsonNode)new JsonObject { ["type"] = type, ["status"] = value, ["reason"] = "Somehow", ["message"] = "as it is" }));

        var problems = (await AddonStatus.ReadAsync(cluster.Client, Stop)).Problems;

        Assert.Equal(isProblem ? [$"Node n2: {type} is {value} (Somehow): as it is."] : [], problems);
    }

    [Fact]
    public async Task TellsAPluginThatCameLater()
    {
        await using var cluster = await InstalledAsync();
        cluster.Server.Put(KubeResource.DaemonSets, ClusterWithNodes.Named("DaemonSet", "sgx-plugin", "kube-system"));
        Assert.Contains("az aks disable-addons", Assert.Single((await AddonStatus.ReadAsync(cluster.Client, Stop)).Problems), StringComparison.Ordinal);
    }

    private static async Task<ClusterWithNodes> InstalledAsync()
    {
        var cluster = await ClusterWithNodes.StartAsync();
        await cluster.Installer.ApplyAsync(ClusterWithNodes.Options, cancellationToken: Stop);
        await cluster.RunWebhookAsync();
        await cluster.RunAgentAsync("n1");
        return cluster;
    }
}
