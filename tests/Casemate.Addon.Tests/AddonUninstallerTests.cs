using System.Text.Json.Nodes;
using Casemate.Kubernetes;
using Casemate.Testing.Kubernetes;

namespace Casemate.Addon.Tests;

/// <summary>Removing: nothing of the add-on is left, and nothing of others is touched, wherever something stopped.</summary>
public sealed class AddonUninstallerTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public static TheoryData<AddonOverlay> Overlays => [.. Enum.GetValues<AddonOverlay>()];

    [Theory]
    [MemberData(nameof(Overlays))]
    public async Task LeavesNoTrace(AddonOverlay overlay)
    {
        await using var cluster = await ClusterWithNodes.StartAsync();
        var before = cluster.Everything();
        await cluster.Installer.ApplyAsync(ClusterWithNodes.Options with { Overlay = overlay }, cancellationToken: Stop);
        await cluster.RunWebhookAsync();
        await cluster.RunAgentAsync("n1");
        var template = ClusterWithNodes.Named("ResourceClaimTemplate", "casemate-sgx-epc-10mi", "default");
        template["metadata"]!["labels"] = new JsonObject { ["app.kubernetes.io/managed-by"] = "casemate-webhook" };
        cluster.Server.Put(KubeResource.ResourceClaimTemplates, template, "casemate-webhook");
        var slice = ClusterWithNodes.Named("ResourceSlice", "n1-sgx", null);
        slice["spec"] = new JsonObject { ["driver"] = "sgx.casemate.dev" };
        cluster.Server.Put(KubeResource.ResourceSlices, slice, "casemate-node");

        var done = await cluster.UninstallAsync();

        Assert.False(done.IsUnfinished, string.Join('\n', done.Objects));
        Assert.Equal(before, cluster.Everything());
        Assert.True((await cluster.UninstallAsync()).IsEmpty);
    }

    [Fact]
    public async Task ADryRun_SaysWhatWouldGo_AndChangesNothing()
    {
        await using var cluster = await ClusterWithNodes.StartAsync();
        await cluster.Installer.ApplyAsync(ClusterWithNodes.Options, cancellationToken: Stop);
        await cluster.RunAgentAsync("n1");
        var before = (cluster.Server.Version, cluster.Everything());

        var plan = await cluster.UninstallAsync(new AddonUninstallOptions { DryRun = true });

        Assert.Equal("n1", Assert.Single(plan.Nodes).Node);
        Assert.Contains(plan.Objects, one => one is { Resource.Kind: "DaemonSet", Outcome: ManifestRemovalOutcome.Deleted });
        Assert.Equal(before.Version, cluster.Server.Version);
        Assert.Equal(before.Item2, cluster.Everything());
    }

    // The property: after any request that fails while installing, one uninstall brings back what was before.
    [Fact]
    public async Task LeavesNoTrace_OfAnInstallationThatFailedAnywhere()
    {
        var writes = 0;
        for (var k = 0; ; k++)
        {
            await using var cluster = await ClusterWithNodes.StartAsync();
            var before = cluster.Everything();
            var (seen, fails) = (0, k);
            var lost = k % 2 == 1;
            cluster.Server.Refuse(
                1, new ApiFault(500, "InternalError", "it broke") { AfterWork = lost },
                request => request.Method != "GET" && seen++ == fails);
            var failure = await Record.ExceptionAsync(
                () => cluster.Installer.ApplyAsync(ClusterWithNodes.Options, cancellationToken: Stop));
            if (failure is null)
            {
                writes = k;
                break;
            }

            var done = await cluster.UninstallAsync();

            Assert.False(done.IsUnfinished, $"after request {k}: {string.Join('\n', done.Objects)}");
            Assert.Equal(before, cluster.Everything());
        }

        Assert.True(writes > 20, $"only {writes} requests were failed");
    }

    // The same of removing: whatever request fails, what is of others stays, and a second run finishes.
    [Fact]
    public async Task Finishes_WhatAFirstRunCouldNot()
    {
        for (var k = 0; ; k += 7)
        {
            await using var cluster = await ClusterWithNodes.StartAsync();
            var before = cluster.Everything();
            await cluster.Installer.ApplyAsync(ClusterWithNodes.Options, cancellationToken: Stop);
            await cluster.RunWebhookAsync();
            await cluster.RunAgentAsync("n1");
            var (seen, fails, hit) = (0, k, false);
            cluster.Server.Refuse(1, new ApiFault(500, "InternalError", "it broke"), _ => hit |= seen++ == fails);

            var failure = await Record.ExceptionAsync(() => cluster.UninstallAsync());

            Assert.True(failure is null or KubeException, $"after request {k}: {failure}");
            Assert.All(
                before.Where(one => !one.Key.StartsWith("nodes", StringComparison.Ordinal)),
                one => Assert.Equal(one.Value, cluster.Everything().GetValueOrDefault(one.Key)));
            if (!hit)
            {
                Assert.True(k > 60, $"only {k} requests were failed");
                return;
            }

            var second = await cluster.UninstallAsync();
            Assert.False(second.IsUnfinished, $"after request {k}: {string.Join('\n', second.Objects)}");
            Assert.Equal(before, cluster.Everything());
        }
    }

    [Fact]
    public async Task FindsEverything_WhenTheListIsGone()
    {
        await using var cluster = await ClusterWithNodes.StartAsync();
        var before = cluster.Everything();
        await cluster.Installer.ApplyAsync(ClusterWithNodes.Options, cancellationToken: Stop);
        cluster.Server.Delete(KubeResource.ConfigMaps, AddonOptions.NodeNamespace, "casemate-addon");

        Assert.False((await cluster.UninstallAsync()).IsUnfinished);
        Assert.Equal(before, cluster.Everything());
    }

    [Fact]
    public async Task KeepsANamespace_ThatHoldsWhatIsOfOthers()
    {
        await using var cluster = await ClusterWithNodes.StartAsync();
        await cluster.Installer.ApplyAsync(ClusterWithNodes.Options, cancellationToken: Stop);
        await cluster.RunWebhookAsync();
        cluster.Server.Put(KubeResource.ConfigMaps, ClusterWithNodes.Named("ConfigMap", "precious", AddonOptions.SystemNamespace));

        var done = await cluster.UninstallAsync();

        Assert.True(done.IsUnfinished);
        Assert.Contains(
            done.Objects, one => one is { Resource.Kind: "Namespace", Outcome: ManifestRemovalOutcome.Spared }
                && one.Message.Contains("precious", StringComparison.Ordinal));
        Assert.NotNull(cluster.Server.Find(KubeResource.ConfigMaps, AddonOptions.SystemNamespace, "precious"));
        Assert.Null(cluster.Server.Find(KubeResource.Secrets, AddonOptions.SystemNamespace, "casemate-webhook-tls"));
        Assert.Null(cluster.Server.Find(KubeResource.Namespaces, null, AddonOptions.NodeNamespace));
    }

    [Theory]
    [InlineData("default-token-4vq2k", "kubernetes.io/service-account-token", false)]
    [InlineData("default-token-4vq2k", "Opaque", true)]
    [InlineData("of-a-pipeline", "kubernetes.io/service-account-token", true)]
    public async Task TheTokenThatAServiceAccountWasGiven_KeepsNoNamespace(string name, string type, bool isKept)
    {
        await using var cluster = await ClusterWithNodes.StartAsync();
        await cluster.Installer.ApplyAsync(ClusterWithNodes.Options, cancellationToken: Stop);
        var secret = ClusterWithNodes.Named("Secret", name, AddonOptions.NodeNamespace);
        secret["type"] = type;
        secret["metadata"]!["annotations"] = new JsonObject { ["kubernetes.io/service-account.name"] = "default" };
        cluster.Server.Put(KubeResource.Secrets, secret);

        var done = await cluster.UninstallAsync();

        Assert.Equal(isKept, done.IsUnfinished);
        Assert.Equal(isKept, cluster.Server.Find(KubeResource.Namespaces, null, AddonOptions.NodeNamespace) is not null);
    }

    [Fact]
    public async Task WhatOnlyHasTheNamesOfItsOwn_IsLeft()
    {
        await using var cluster = await ClusterWithNodes.StartAsync();
        foreach (var space in (string[])[AddonOptions.NodeNamespace, AddonOptions.SystemNamespace])
        {
            cluster.Server.Put(KubeResource.Namespaces, ClusterWithNodes.Named("Namespace", space, null));
        }

        cluster.Server.Put(KubeResource.Secrets, ClusterWithNodes.Named("Secret", "casemate-webhook-tls", AddonOptions.SystemNamespace));
        cluster.Server.Put(KubeResource.ConfigMaps, ClusterWithNodes.Named("ConfigMap", "casemate-addon", AddonOptions.NodeNamespace));

        await cluster.UninstallAsync();

        Assert.NotNull(cluster.Server.Find(KubeResource.Secrets, AddonOptions.SystemNamespace, "casemate-webhook-tls"));
        Assert.NotNull(cluster.Server.Find(KubeResource.ConfigMaps, AddonOptions.NodeNamespace, "casemate-addon"));
    }

    [Fact]
    public async Task LeavesNodesAlone_WhileTheirAgentCannotBeRemoved()
    {
        await using var cluster = await ClusterWithNodes.StartAsync();
        await cluster.Installer.ApplyAsync(ClusterWithNodes.Options, cancellationToken: Stop);
        await cluster.RunAgentAsync("n1");
        cluster.Server.Refuse(
            100, new ApiFault(403, "Forbidden", "daemonsets is forbidden"),
            request => request.Method == "DELETE" && request.Path.Contains("/daemonsets/", StringComparison.Ordinal));

        var done = await cluster.UninstallAsync();

        Assert.True(done.IsUnfinished);
        Assert.Contains("still there", Assert.Single(done.Nodes).Problem, StringComparison.Ordinal);
        Assert.True(cluster.Server.Find(KubeResource.Nodes, null, "n1")!.Labels.ContainsKey("casemate.dev/sgx"));
    }

    [Fact]
    public async Task TellsWhatSomethingElseApplied_AndRemovesItWhenAsked()
    {
        await using var cluster = await ClusterWithNodes.StartAsync();
        var before = cluster.Everything();
        await new ManifestApplier(cluster.Client).ApplyAsync(
            AddonManifests.Objects(ClusterWithNodes.Options), new ManifestApplyOptions { FieldManager = "kubectl" }, cancellationToken: Stop);
        await cluster.RunAgentAsync("n1");

        var first = await cluster.UninstallAsync();
        Assert.True(first.IsUnfinished);
        Assert.Contains(first.NotMade, one => one is { Resource.Kind: "DaemonSet", Name: "casemate-node" });
        Assert.NotNull(cluster.Server.Find(KubeResource.DaemonSets, AddonOptions.NodeNamespace, "casemate-node"));

        var second = await cluster.UninstallAsync(new AddonUninstallOptions { IncludeApplied = true });
        Assert.False(second.IsUnfinished, string.Join('\n', second.Objects));
        Assert.Equal(before, cluster.Everything());
    }

    [Fact]
    public async Task GivesBack_WhatWasAdopted()
    {
        await using var cluster = await ClusterWithNodes.StartAsync();
        await new ManifestApplier(cluster.Client).ApplyAsync(
            AddonManifests.Objects(ClusterWithNodes.Options), new ManifestApplyOptions { FieldManager = "kubectl" }, cancellationToken: Stop);
        var before = cluster.Everything();
        await cluster.Installer.ApplyAsync(ClusterWithNodes.Options, cancellationToken: Stop);

        await cluster.UninstallAsync();

        Assert.Equal(before.Keys, cluster.Everything().Keys);
        Assert.Equal(
            before["daemonsets.apps casemate-node/casemate-node"].Replace("\"generation\":1", "", StringComparison.Ordinal),
            cluster.Everything()["daemonsets.apps casemate-node/casemate-node"].Replace("\"generation\":1", "", StringComparison.Ordinal));
    }
    [Fact]
    public async Task LetsGo_OfWhatWasAdopted_AndTakenOverWithAnotherImage()
    {
        await using var cluster = await ClusterWithNodes.StartAsync();
        await new ManifestApplier(cluster.Client).ApplyAsync(
            AddonManifests.Objects(ClusterWithNodes.Options), new ManifestApplyOptions { FieldManager = "kubectl" }, cancellationToken: Stop);
        var before = cluster.Everything().Keys;
        await cluster.Installer.ApplyAsync(ClusterWithNodes.Options, cancellationToken: Stop);
        var next = ClusterWithNodes.Options with { Image = "registry.example/casemate:2" };
        await cluster.Installer.ApplyAsync(next, takeOver: true, cancellationToken: Stop);

        var done = await cluster.UninstallAsync();

        Assert.DoesNotContain(done.Objects, one => one.IsUnfinished);
        Assert.Equal(before, cluster.Everything().Keys);
        var agent = cluster.Server.Find(KubeResource.DaemonSets, AddonOptions.NodeNamespace, "casemate-node")!;
        Assert.Equal(next.Image, agent.ListAt("spec", "template", "spec", "containers")[0].GetProperty("image").GetString());
        Assert.False(AddonInstaller.Inventory.Owns(agent));
        Assert.False(agent.Annotations.ContainsKey(ManifestInventory.AdoptedAnnotation));

        Assert.False((await cluster.UninstallAsync(new AddonUninstallOptions { IncludeApplied = true })).IsUnfinished);
        Assert.Empty(cluster.Server.All(KubeResource.DaemonSets));
    }
}
