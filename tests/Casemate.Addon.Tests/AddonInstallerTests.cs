using System.Text.Json.Nodes;
using Casemate.Kubernetes;
using Casemate.Testing.Kubernetes;

namespace Casemate.Addon.Tests;

/// <summary>Installing: what is planned, what is remembered, what can be done again.</summary>
public sealed class AddonInstallerTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Installs_WhatThePlanSaid_AndTheSecondTimeThereIsNothingToChange()
    {
        await using var cluster = await ClusterWithNodes.StartAsync();
        var plan = await cluster.Installer.PlanAsync(ClusterWithNodes.Options, cancellationToken: Stop);
        Assert.All(plan.Changes, change => Assert.Equal(ManifestAction.Create, change.Action));
        Assert.DoesNotContain(cluster.Server.Requests, request => request.Method == "PATCH" && !request.Query.ContainsKey("dryRun"));

        var applied = await cluster.Installer.ApplyAsync(ClusterWithNodes.Options, cancellationToken: Stop);
        await cluster.RunWebhookAsync();

        Assert.Equal(plan.Changes.Select(change => change.ToString().Split(':')[0]), applied.Select(change => change.ToString()));
        Assert.True((await cluster.Installer.PlanAsync(ClusterWithNodes.Options, cancellationToken: Stop)).IsEmpty);
        Assert.True(await cluster.Installer.WaitAsync(ClusterWithNodes.Options, TimeSpan.FromMinutes(1), cancellationToken: Stop));
    }

    [Fact]
    public async Task BoundsTheAgent_BeforeItRuns_AndUntilItIsGone()
    {
        await using var cluster = await ClusterWithNodes.StartAsync();

        var applied = (await cluster.Installer.ApplyAsync(ClusterWithNodes.Options, cancellationToken: Stop))
            .Select(change => change.Wanted.Kind).ToList();
        var removed = (await cluster.UninstallAsync()).Objects.Select(one => one.Resource.Kind).ToList();

        Assert.True(applied.IndexOf("ValidatingAdmissionPolicyBinding") < applied.IndexOf("DaemonSet"));
        Assert.True(removed.LastIndexOf("DaemonSet") < removed.IndexOf("ValidatingAdmissionPolicyBinding"));
        Assert.Equal("MutatingWebhookConfiguration", removed[0]);
        Assert.Equal("MutatingWebhookConfiguration", applied[^1]);
    }

    [Fact]
    public async Task LeavesTheWebhooksAuthoritiesAlone()
    {
        await using var cluster = await ClusterWithNodes.StartAsync();
        await cluster.Installer.ApplyAsync(ClusterWithNodes.Options, cancellationToken: Stop);
        await cluster.RunWebhookAsync();

        await cluster.Installer.ApplyAsync(
            ClusterWithNodes.Options with { Image = "registry.example/casemate:2" }, cancellationToken: Stop);

        Assert.True((await AddonStatus.ReadAsync(cluster.Client, Stop)).Webhook!.HasAuthorities);
    }

    [Fact]
    public async Task Remembers_WhatItWasMadeOf()
    {
        await using var cluster = await ClusterWithNodes.StartAsync();
        Assert.Equal(new AddonInstalled(null, false, false), await cluster.Installer.ReadInstalledAsync(Stop));
        var options = ClusterWithNodes.Options with
        {
            Overlay = AddonOverlay.Aks,
            QuoteHelperImage = "registry.example/helper:1",
            WithWebhook = false,
            LeftToOthers = ["sgx.intel.com/epc", "sgx.intel.com/enclave"],
        };

        await cluster.Installer.ApplyAsync(options, cancellationToken: Stop);

        var read = await cluster.Installer.ReadInstalledAsync(Stop);
        Assert.True(read is { IsListed: true, IsThere: true, IsByHand: false });
        Assert.Equal(options.LeftToOthers, read.Options!.LeftToOthers);
        Assert.Equal(options, read.Options with { LeftToOthers = options.LeftToOthers });
    }

    [Fact]
    public async Task ReadsDescribedMachinesWithClaims_FromTheRecord_AndFromTheWorkloadsWithoutIt()
    {
        await using var cluster = await ClusterWithNodes.StartAsync();
        var options = ClusterWithNodes.Options with { Overlay = AddonOverlay.Dra, WithDescribedMachines = true, Machine = "dc48s_v3" };
        await cluster.Installer.ApplyAsync(options, cancellationToken: Stop);
        Assert.Equal(options, (await cluster.Installer.ReadInstalledAsync(Stop)).Options! with { LeftToOthers = options.LeftToOthers });

        cluster.Server.Delete(KubeResource.ConfigMaps, AddonOptions.NodeNamespace, "casemate-addon-choices");

        var read = (await cluster.Installer.ReadInstalledAsync(Stop)).Options!;
        Assert.Equal(
            (AddonOverlay.Dra, true, "dc48s_v3", false), (read.Overlay, read.WithDescribedMachines, read.Machine, read.WithQuoteHelper));
    }

    [Theory]
    [InlineData("overlay", "moon")]
    [InlineData("webhook", "perhaps")]
    [InlineData("image", "a b")]
    [InlineData("machine", "../etc")]
    [InlineData("describedMachines", "perhaps")]
    [InlineData("quoteHelper", null)]
    public async Task Refuses_ARecordThatNoInstallationWrites(string key, string? value)
    {
        await using var cluster = await ClusterWithNodes.StartAsync();
        await cluster.Installer.ApplyAsync(ClusterWithNodes.Options, cancellationToken: Stop);
        cluster.Server.Change(KubeResource.ConfigMaps, AddonOptions.NodeNamespace, "casemate-addon-choices", "somebody", map =>
        {
            ((JsonObject)map["data"]!).Remove(key);
            if (value is not null)
            {
                map["data"]![key] = value;
            }
        });

        await Assert.ThrowsAsync<AddonException>(() => cluster.Installer.ReadInstalledAsync(Stop));
    }

    [Fact]
    public async Task RemovesWhatANewerVersionDoesNotHave_AndSaysSoBefore()
    {
        await using var cluster = await ClusterWithNodes.StartAsync();
        await cluster.Installer.ApplyAsync(ClusterWithNodes.Options, cancellationToken: Stop);
        var less = ClusterWithNodes.Options with { WithQuoteHelper = false, WithWebhook = false };

        var plan = await cluster.Installer.PlanAsync(less, cancellationToken: Stop);
        await cluster.Installer.ApplyAsync(less, cancellationToken: Stop);

        Assert.Contains(plan.Removals, one => one is { Resource.Kind: "DaemonSet", Name: "casemate-quote-helper" });
        Assert.Contains(plan.Removals, one => one is { Resource.Kind: "MutatingWebhookConfiguration" });
        Assert.Null(cluster.Server.Find(KubeResource.DaemonSets, AddonOptions.NodeNamespace, "casemate-quote-helper"));
        Assert.Null(cluster.Server.Find(KubeResource.Namespaces, null, AddonOptions.SystemNamespace));
        Assert.True((await cluster.Installer.PlanAsync(less, cancellationToken: Stop)).IsEmpty);
    }

    [Fact]
    public async Task KeepsANamespace_ThatIsNoLongerNeeded_WhereItHoldsWhatIsOfOthers()
    {
        await using var cluster = await ClusterWithNodes.StartAsync();
        await cluster.Installer.ApplyAsync(ClusterWithNodes.Options, cancellationToken: Stop);
        cluster.Server.Put(KubeResource.ConfigMaps, ClusterWithNodes.Named("ConfigMap", "precious", AddonOptions.SystemNamespace));

        await cluster.Installer.ApplyAsync(ClusterWithNodes.Options with { WithWebhook = false }, cancellationToken: Stop);

        Assert.NotNull(cluster.Server.Find(KubeResource.ConfigMaps, AddonOptions.SystemNamespace, "precious"));
        Assert.Null(cluster.Server.Find(KubeResource.Deployments, AddonOptions.SystemNamespace, "casemate-webhook"));
    }

    [Fact]
    public async Task GoesOn_WhereItStopped()
    {
        await using var cluster = await ClusterWithNodes.StartAsync();
        cluster.Server.Refuse(
            1, new ApiFault(500, "InternalError", "the disk is full"),
            request => request.Method == "PATCH" && request.Path.EndsWith("/daemonsets/casemate-node", StringComparison.Ordinal));
        await Assert.ThrowsAsync<KubeException>(() => cluster.Installer.ApplyAsync(ClusterWithNodes.Options, cancellationToken: Stop));
        Assert.True(await cluster.Installer.ReadInstalledAsync(Stop) is { IsListed: true, IsThere: false });

        var rest = await cluster.Installer.ApplyAsync(ClusterWithNodes.Options, cancellationToken: Stop);

        Assert.Equal(ManifestAction.Keep, rest[0].Action);
        Assert.Contains(rest, change => change is { Action: ManifestAction.Create, Wanted.Name: "casemate-node", Wanted.Kind: "DaemonSet" });
    }

    [Fact]
    public async Task SaysWhichFieldsBelongToOthers_AndTakesThemOverWhenAsked()
    {
        await using var cluster = await ClusterWithNodes.StartAsync();
        await cluster.Installer.ApplyAsync(ClusterWithNodes.Options, cancellationToken: Stop);
        cluster.Server.Change(
            KubeResource.Deployments, AddonOptions.SystemNamespace, "casemate-webhook", "scaler", one => one["spec"]!["replicas"] = 5);

        var conflict = Assert.Single((await cluster.Installer.PlanAsync(ClusterWithNodes.Options, cancellationToken: Stop)).Obstacles);
        Assert.Equal("scaler", Assert.Single(conflict.Conflicts).Manager);

        Assert.Empty((await cluster.Installer.PlanAsync(ClusterWithNodes.Options, takeOver: true, Stop)).Obstacles);
    }

    [Fact]
    public async Task ReadsTheOptions_OfOneThatKubectlApplied()
    {
        await using var cluster = await ClusterWithNodes.StartAsync();
        var options = ClusterWithNodes.Options with { Overlay = AddonOverlay.AksEngine, QuoteHelperImage = "registry.example/helper:1" };
        await new ManifestApplier(cluster.Client).ApplyAsync(
            AddonManifests.Objects(options), new ManifestApplyOptions { FieldManager = "kubectl" }, cancellationToken: Stop);

        var read = await cluster.Installer.ReadInstalledAsync(Stop);

        Assert.True(read.IsByHand);
        Assert.Equal(options, read.Options! with { LeftToOthers = options.LeftToOthers });
    }

    [Fact]
    public async Task Refuses_ThePlaceholderForAnImage()
    {
        await using var cluster = await ClusterWithNodes.StartAsync();
        await Assert.ThrowsAsync<AddonException>(() => cluster.Installer.PlanAsync(new AddonOptions(), cancellationToken: Stop));
        Assert.Empty(cluster.Server.Requests);
    }

    [Fact]
    public async Task Checks_VersionAndKinds()
    {
        await using var cluster = await ClusterWithNodes.StartAsync();
        Assert.Empty((await cluster.Installer.CheckAsync(ClusterWithNodes.Options, Stop)).Problems);
        cluster.Server.KubernetesVersion = (1, 29);
        cluster.Server.Withdraw(KubeResource.ValidatingAdmissionPolicies);

        var problems = (await cluster.Installer.CheckAsync(ClusterWithNodes.Options, Stop)).Problems;

        Assert.Contains(problems, problem => problem.Contains("1.30 or later", StringComparison.Ordinal));
        Assert.Contains(problems, problem => problem.Contains("validatingadmissionpolicies", StringComparison.Ordinal));
    }

    [Fact]
    public async Task ListsEveryRightThatIsMissing()
    {
        await using var cluster = await ClusterWithNodes.StartAsync();
        cluster.Server.Put(KubeResource.ClusterRoles, new JsonObject
        {
            ["apiVersion"] = "rbac.authorization.k8s.io/v1",
            ["kind"] = "ClusterRole",
            ["metadata"] = new JsonObject { ["name"] = "almost" },
            ["rules"] = new JsonArray(new JsonObject
            {
                ["apiGroups"] = new JsonArray("", "apps", "policy", "networking.k8s.io", "rbac.authorization.k8s.io"),
                ["resources"] = new JsonArray("*"),
                ["verbs"] = new JsonArray("*"),
            }),
        });
        cluster.Server.Put(KubeResource.ClusterRoleBindings, new JsonObject
        {
            ["apiVersion"] = "rbac.authorization.k8s.io/v1",
            ["kind"] = "ClusterRoleBinding",
            ["metadata"] = new JsonObject { ["name"] = "almost" },
            ["roleRef"] = new JsonObject { ["kind"] = "ClusterRole", ["name"] = "almost" },
            ["subjects"] = new JsonArray(new JsonObject { ["kind"] = "ServiceAccount", ["name"] = "someone", ["namespace"] = "default" }),
        });
        using var client = new KubeClient(cluster.Server.ConfigurationOf("default", "someone"));

        var missing = (await new AddonInstaller(client).CheckAsync(ClusterWithNodes.Options, Stop)).MissingRights;

        Assert.NotEmpty(missing);
        Assert.All(missing, right => Assert.Equal("admissionregistration.k8s.io", right.Resource.Group));
        Assert.Contains(missing, right => right.ToString() == "create mutatingwebhookconfigurations.admissionregistration.k8s.io");
    }

    [Theory]
    [InlineData("kubernetes.azure.com/mode", AddonOverlay.Aks)]
    [InlineData("kubernetes.azure.com/node-image-version", AddonOverlay.Aks)]
    [InlineData("kubernetes.azure.com/role", AddonOverlay.AksEngine)]
    [InlineData("example.com/anything", AddonOverlay.Generic)]
    public void KnowsTheCluster_ByTheLabelsOfItsNodes(string label, AddonOverlay wanted)
    {
        var node = ClusterWithNodes.Named("Node", "n1", null);
        node["metadata"]!["labels"] = new JsonObject { [label] = "x" };
        Assert.Equal(wanted, ClusterKind.Of([KubeObject.From(ClusterWithNodes.Named("Node", "n0", null)), KubeObject.From(node)]).Overlay);
    }

    [Theory]
    [InlineData(AddonTee.Tdx, AddonOverlay.Generic, false)]
    [InlineData(AddonTee.Snp, AddonOverlay.Simulated, false)]
    [InlineData(AddonTee.Snp, AddonOverlay.Dra, true)]
    [InlineData(AddonTee.Sgx, AddonOverlay.Aks, true)]
    public void RefusesHardware_ThatNoManifestOffers(AddonTee tee, AddonOverlay overlay, bool isOffered)
    {
        var refusal = Record.Exception(() => AddonTees.Check(tee, overlay));
        Assert.Equal(isOffered, refusal is null);
    }

    [Fact]
    public async Task WaitsForANode_ThatOffersTheHardware()
    {
        await using var cluster = await ClusterWithNodes.StartAsync();
        Assert.False(await cluster.Installer.WaitForHardwareAsync(AddonTee.Sgx, TimeSpan.Zero, Stop));
        await cluster.RunAgentAsync("n2");
        Assert.True(await cluster.Installer.WaitForHardwareAsync(AddonTee.Sgx, TimeSpan.Zero, Stop));
    }

    [Fact]
    public void LeavesNamesToOthers_ThatTheyPublish()
    {
        var agent = AddonManifests.Objects(new AddonOptions
        {
            LeftToOthers = ["sgx.intel.com/epc", "kubernetes.azure.com/sgx_epc_mem_in_MiB", "sgx.intel.com/enclave", "sgx.intel.com/provision"],
        }).Single(one => one.Kind == "DaemonSet");
        var arguments = agent.ListAt("spec", "template", "spec", "containers")[0].GetProperty("args").EnumerateArray()
            .Select(one => one.GetString());
        Assert.Contains(
            "--epc-resource openenclave --enclave-count 0 --provision-count 0", string.Join(' ', arguments), StringComparison.Ordinal);
        Assert.Throws<AddonException>(
            () => AddonManifests.Render(new AddonOptions { LeftToOthers = [.. ResourceFamily.All.Select(family => family.Name)] }));
    }
}
