using Casemate.Kubernetes;
using Casemate.Node.NodeObject;
using Casemate.Node.Tests.Metrics;
using Casemate.Testing.Kubelet;
using Casemate.Testing.Kubernetes;

namespace Casemate.Node.Tests.Cluster;

/// <summary>An agent, a kubelet and an API server, tied together.</summary>
public sealed class ClusterLinkTests
{
    private const string Intel = "sgx.intel.com/epc";
    private const string Azure = "kubernetes.azure.com/sgx_epc_mem_in_MiB";
    private const long GiB = 1L << 30;

    private static readonly ContainerName Container = new("default", "enclave", "main");

    [Fact]
    public async Task Shows_TheNodeWhatTheAgentOffers()
    {
        await using var cluster = await ClusterFixture.StartAsync("dc48s_v3");
        await cluster.SettleAsync();

        var offered = cluster.Local.Agent.State.Plan.Resources.Single(resource => resource.Name == Intel).Count;
        Assert.Equal($"{offered}", cluster.Node.Capacity(Intel));
        Assert.Equal("sgx", cluster.Node.Object.Labels["tee"]);
        Assert.Equal("true", cluster.Node.Object.Labels["casemate.dev/simulated"]);
        Assert.Equal("True EnclavesCanStart", cluster.Node.Condition(NodeMarks.SgxReady));
        Assert.Equal("True Advertised", cluster.Node.Condition(NodeMarks.EpcAdvertised));
        Assert.Equal("False WithinCapacity", cluster.Node.Condition(NodeMarks.EpcOvercommitted));
        Assert.Null(cluster.Node.Condition(NodeMarks.SgxQuoteReady));
        await cluster.Server.UntilAsync(
            () => cluster.Local.Agent.State.Resources.All(resource => resource.Advertised == resource.Expected));
    }

    [Fact]
    public async Task Counts_EachPodOnce_UntilItHasEnded()
    {
        await using var cluster = await ClusterFixture.StartAsync("dc48s_v3");

        cluster.Node.Run("both-names", "Running", (Intel, "1Gi"), (Azure, "512"));
        cluster.Node.Run("ended", "Succeeded", (Intel, "4Gi"));
        cluster.Node.Run("none", "Running", ("cpu", "1"));
        new TestNode(cluster.Server, "another").Run("elsewhere", "Running", (Intel, "8Gi"));
        await cluster.Server.UntilAsync(() => cluster.Used == GiB);

        cluster.Node.Run("second", "Pending", (Azure, "2048"));
        await cluster.Server.UntilAsync(() => cluster.Used == 3 * GiB);

        cluster.Server.Change(
            KubeResource.Pods, "default", "both-names", "kubelet", pod => pod["status"]!["phase"] = "Failed");
        await cluster.Server.UntilAsync(() => cluster.Used == 2 * GiB);

        cluster.Server.Delete(KubeResource.Pods, "default", "second");
        await cluster.Server.UntilAsync(() => cluster.Used == 0);
    }

    [Fact]
    public async Task Shows_WhatEachContainerAskedFor_WhereEpcIsANumber()
    {
        await using var cluster = await ClusterFixture.StartAsync("dc48s_v3");
        using var collected = new Collected(cluster.Local.Agent.Meter);

        cluster.Node.Run("both-names", "Running", (Intel, "1Gi"), (Azure, "512"));
        IReadOnlyList<string> shown = [];
        await cluster.Server.UntilAsync(() => (shown = collected.Now("casemate_container_epc_request_bytes")).Count > 0);
        Assert.Matches(
            "^casemate_container_epc_request_bytes\\{namespace=\"default\",pod=\"both-names\",container=\"[^\"]+\"\\} 1073741824$",
            Assert.Single(shown));

        cluster.Server.Delete(KubeResource.Pods, "default", "both-names");
        await cluster.Server.UntilAsync(() => collected.Now("casemate_container_epc_request_bytes").Count == 0);
    }

    [Fact]
    public async Task Counts_PodsWhoseEpcIsDevices_ByTheKubeletAlone_AndThoseWithAnotherNameAsWell()
    {
        await using var cluster = await ClusterFixture.StartAsync("dc2s_v2");
        await cluster.Local.Kubelet.AdmitAsync(Container, (Azure, 9));
        cluster.Node.Run("enclave", "Running", (Azure, "9"));

        cluster.Node.Run("of-an-earlier-setting", "Running", (Intel, "4Mi"));

        await cluster.Server.UntilAsync(() => cluster.Used == 13 << 20);
    }

    [Fact]
    public async Task Says_WhenPodsHoldMoreThanThereIs_AndRefusesMore()
    {
        await using var cluster = await ClusterFixture.StartAsync("dc48s_v3");
        await cluster.SettleAsync();

        cluster.Node.Run("too-large", "Running", (Intel, "300Gi"));

        await cluster.Server.UntilAsync(() =>
            cluster.Node.Condition(NodeMarks.EpcOvercommitted) == "True MoreThanCapacity"
            && EventOf(cluster, "EPCInsufficient") is not null);
        await Assert.ThrowsAsync<AdmissionException>(
            () => cluster.Local.Kubelet.AdmitAsync(Container, (AccessResource.Enclave, 1)));

        cluster.Server.Delete(KubeResource.Pods, "default", "too-large");
        await cluster.Server.UntilAsync(() => cluster.Node.Condition(NodeMarks.EpcOvercommitted) == "False WithinCapacity");
        await cluster.Local.Kubelet.AdmitAsync(Container, (AccessResource.Enclave, 1));
    }

    [Fact]
    public async Task TakesARequestThatCannotBeRead_ForAllThereIs()
    {
        await using var cluster = await ClusterFixture.StartAsync("dc48s_v3");

        cluster.Node.Run("odd", "Running", (Intel, "much"));

        await cluster.Server.UntilAsync(() => cluster.Node.Condition(NodeMarks.EpcOvercommitted) == "True UnreadableRequest");
    }

    [Fact]
    public async Task WritesOneEvent_ForTheSameNoticeAgainAndAgain()
    {
        await using var cluster = await ClusterFixture.StartAsync("dc2s_v2");
        for (var i = 0; i < 5; i++)
        {
            cluster.Link.Notify(new NodeNotice("HardwareChanged", "It changed.", Warning: false));
        }

        cluster.Link.Notify(new NodeNotice("CDINotWritten", "No room.", Warning: true));

        await cluster.Server.UntilAsync(() => EventOf(cluster, "CDINotWritten") is not null);
        var changed = Assert.Single(cluster.Node.Events, one => one.At("reason")!.Value.GetString() == "HardwareChanged");
        Assert.Equal("Normal", changed.At("type")!.Value.GetString());
        Assert.Equal("Warning", EventOf(cluster, "CDINotWritten")!.At("type")!.Value.GetString());
    }

    [Fact]
    public async Task GoesOnServingTheKubelet_WhileTheApiServerIsAway_AndCatchesUp()
    {
        await using var cluster = await ClusterFixture.StartAsync("dc48s_v3");
        await cluster.SettleAsync();

        var offered = cluster.Node.Capacity(Intel);
        cluster.IsDown = true;
        await cluster.Server.UntilAsync(() => cluster.Link.Problem is not null);
        await cluster.Local.Kubelet.AdmitAsync(Container, (AccessResource.Enclave, 1));
        Assert.True(cluster.Local.Agent.IsReady);

        cluster.Node.RestartKubelet();
        cluster.Node.Run("meanwhile", "Running", (Intel, "1Gi"));
        cluster.IsDown = false;

        await cluster.Server.UntilAsync(() => cluster.Node.Capacity(Intel) == offered && cluster.Used == GiB);
        await cluster.SettleAsync();
    }

    [Fact]
    public async Task Starts_WithoutAnApiServer_AndFindsItLater()
    {
        await using var cluster = await ClusterFixture.StartAsync("dc48s_v3", isDown: true);
        Assert.True(cluster.Local.Agent.IsReady);
        Assert.NotNull(cluster.Link.Problem);
        Assert.False(cluster.Link.Status.IsSettled);

        cluster.IsDown = false;

        await cluster.SettleAsync();
    }

    [Fact]
    public async Task KeepsTheNodeClosed_UntilTheQuoteHelperAnswers()
    {
        var quotes = new TestQuotes("The quote helper is silent.");
        await using var cluster = await ClusterFixture.StartAsync(
            "dc48s_v3",
            options => options with { Quotes = quotes, Node = options.Node with { OpenUnattestedWhenReady = true } },
            taints: NodeMarks.StartupTaint);
        var devices = cluster.Local.Agent.State.Resources.Select(resource => (resource.Name, resource.Expected)).ToList();
        await cluster.Server.UntilAsync(() =>
        {
            cluster.Node.WriteStatus(devices);
            return cluster.Node.Condition(NodeMarks.EpcAdvertised) == "True Advertised"
                && cluster.Node.Condition(NodeMarks.SgxQuoteReady) == "False NoQuotes";
        });
        Assert.Equal([NodeMarks.StartupTaint], cluster.Node.Taints);

        quotes.Problem = null;

        await cluster.Server.UntilAsync(() => cluster.Node.Taints.Count == 0);
        Assert.Equal("True QuotesAreMade", cluster.Node.Condition(NodeMarks.SgxQuoteReady));
        Assert.False(cluster.Node.Object.Labels.ContainsKey(NodeMarks.AttestedLabel));
        Assert.Null(cluster.Node.Condition(NodeMarks.Attested));
    }

    [Fact]
    public async Task LeavesTheNodeClosed_WhenNothingIsSaidOfTheStartupTaint()
    {
        await using var cluster = await ClusterFixture.StartAsync("dc48s_v3", taints: NodeMarks.StartupTaint);
        await cluster.SettleAsync();

        Assert.Equal([NodeMarks.StartupTaint], cluster.Node.Taints);
    }

    [Fact]
    public async Task SaysThatThereIsNoSuchNode()
    {
        await using var cluster = await ClusterFixture.StartAsync("dc2s_v2");
        cluster.Server.Delete(KubeResource.Nodes, null, ClusterFixture.Name);

        await cluster.Server.UntilAsync(
            () => cluster.Link.Problem?.StartsWith("There is no Node node-1", StringComparison.Ordinal) is true);
        Assert.True(cluster.Local.Agent.IsReady);
    }

    private static KubeObject? EventOf(ClusterFixture cluster, string reason) =>
        cluster.Node.Events.FirstOrDefault(one => one.At("reason")!.Value.GetString() == reason);
}
