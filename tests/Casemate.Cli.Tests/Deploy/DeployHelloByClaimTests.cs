using System.Text.Json;
using System.Text.Json.Nodes;
using Casemate.Cli.Deploy;
using Casemate.Kubernetes;
using Casemate.Testing.Kubernetes;

namespace Casemate.Cli.Tests.Deploy;

/// <summary><c>casemate deploy hello</c> where nodes offer their devices in ResourceSlices alone.</summary>
public sealed class DeployHelloByClaimTests
{
    private const string Driver = "sgx.casemate.dev";

    [Fact]
    public async Task Hello_IsVerified_AndItsClaimGoesWithTheJob()
    {
        await using var cluster = (await HelloCluster.StartAsync()).WithClaims(described: true, "enclave", "epc");

        var run = await cluster.DeployAsync("--allow-simulated", "-o", "json");

        Assert.True(run.ExitCode == ExitCode.Simulated, run.Output + run.Error);
        using var json = JsonDocument.Parse(run.Output);
        var workload = json.RootElement.GetProperty("workload");
        Assert.Equal(("sgx-epc", "10Mi"), (workload.GetProperty("resource").GetString(), workload.GetProperty("amount").GetString()));
        Assert.Empty(cluster.Api.All(KubeResource.Jobs));
        Assert.Empty(cluster.Api.All(KubeResource.ResourceClaimTemplates));
        var template = Posted(cluster, "/resourceclaimtemplates");
        Assert.Equal(workload.GetProperty("job").GetString(), (string?)template["metadata"]!["ownerReferences"]![0]!["name"]);
    }

    [Fact]
    public async Task Kept_BothStay_AndTheJobOwnsTheClaimTemplate()
    {
        await using var cluster = (await HelloCluster.StartAsync()).WithClaims(described: true, "epc");

        var run = await cluster.DeployAsync("--allow-simulated", "--keep");

        Assert.True(run.ExitCode == ExitCode.Simulated, run.Output + run.Error);
        var job = Assert.Single(cluster.Api.All(KubeResource.Jobs));
        var template = Assert.Single(cluster.Api.All(KubeResource.ResourceClaimTemplates));
        Assert.Equal(job.Name, template.Name);
        var owner = Assert.Single(template.Metadata.GetProperty("ownerReferences").EnumerateArray());
        Assert.Equal(("Job", job.Uid), (owner.GetProperty("kind").GetString(), owner.GetProperty("uid").GetString()));
        var pod = job.At("spec", "template", "spec")!.Value;
        Assert.Equal(template.Name, pod.GetProperty("resourceClaims")[0].GetProperty("resourceClaimTemplateName").GetString());
    }

    [Fact]
    public async Task AClaimThatCannotBeMade_LeavesNoJob_EvenIfItWasToBeKept()
    {
        await using var cluster = (await HelloCluster.StartAsync()).WithClaims(described: true, "epc");
        cluster.Api.Refuse(
            1, new ApiFault(403, "Forbidden", "resourceclaimtemplates is forbidden"),
            request => request.Method == "POST" && request.Path.EndsWith("/resourceclaimtemplates", StringComparison.Ordinal));

        var run = await cluster.DeployAsync("--allow-simulated", "--keep");

        Assert.Equal(ExitCode.NotPermitted, run.ExitCode);
        Assert.Contains("'create' of resourceclaimtemplates there and 'list' of resourceslices", run.Error, StringComparison.Ordinal);
        Assert.Empty(cluster.Api.All(KubeResource.Jobs));
    }

    [Fact]
    public async Task WhatIsPendingTooLong_TakesItsClaimTemplateAlong()
    {
        await using var cluster = (await HelloCluster.StartAsync((JsonObject)JsonNode.Parse("""
            {"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable",
             "message": "0/1 nodes are available: 1 cannot allocate all claims."}]}
            """)!)).WithClaims(described: true, "epc");

        var run = await cluster.DeployAsync("--timeout", "2");

        Assert.Equal(ExitCode.Unreachable, run.ExitCode);
        Assert.Contains("no node has a place for it: Unschedulable: 0/1 nodes are available: 1 cannot allocate", run.Error, StringComparison.Ordinal);
        Assert.Contains("kubectl get resourceclaims --all-namespaces", run.Error, StringComparison.Ordinal);
        Assert.Empty(cluster.Api.All(KubeResource.Jobs));
        Assert.Empty(cluster.Api.All(KubeResource.ResourceClaimTemplates));
    }

    [Fact]
    public async Task WithoutADevice_ItNamesTheClassesThatNoNodeHas()
    {
        await using var cluster = (await HelloCluster.StartAsync()).WithClaims(described: true, "provision");

        var run = await cluster.DeployAsync();

        Assert.Equal(ExitCode.Unreachable, run.ExitCode);
        Assert.Contains(
            "no EPC is offered: of 1 nodes, 1 ready and open for pods, none has a device of it in a ResourceSlice of sgx.casemate.dev", run.Error,
            StringComparison.Ordinal);
        Assert.Contains("sgx-epc: on no node", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(cluster.Api.Requests, request => request.Method == "POST");
    }

    [Theory]
    [InlineData("elsewhere", Driver, 2)]
    [InlineData(HelloCluster.Node, "gpu.example.com", 2)]
    [InlineData(HelloCluster.Node, Driver, 1)]
    public async Task DevicesOfOtherNodes_OtherDrivers_AndEarlierGenerations_DoNotCount(string node, string driver, long generation)
    {
        await using var cluster = (await HelloCluster.StartAsync()).WithClaims(described: true, "provision")
            .WithSlice(node, driver, generation, "epc");

        var run = await cluster.DeployAsync();

        Assert.Equal(ExitCode.Unreachable, run.ExitCode);
        Assert.Contains("no EPC is offered", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ASliceThatIsNone_IsOneClearError()
    {
        await using var cluster = (await HelloCluster.StartAsync()).WithClaims(described: true, "epc");
        cluster.Api.Put(KubeResource.ResourceSlices, new JsonObject
        {
            ["metadata"] = new JsonObject { ["name"] = "wrong" },
            ["spec"] = new JsonObject { ["driver"] = Driver, ["devices"] = "all of them" },
        });

        var run = await cluster.DeployAsync();

        Assert.Equal(ExitCode.Unreachable, run.ExitCode);
        Assert.DoesNotContain(cluster.Api.Requests, request => request.Method == "POST");
    }

    [Fact]
    public async Task OnSgxHardware_ItClaimsEpc_ForItsOwnEnclave()
    {
        await using var cluster = await (await HelloCluster.StartAsync()).WithClaims(described: false, "epc").WithSgxAsync();

        var run = await cluster.DeployAsync("--root", cluster.Roots, "-o", "json");

        Assert.True(run.ExitCode == ExitCode.Simulated, run.Output + run.Error);
        using var json = JsonDocument.Parse(run.Output);
        Assert.Equal("sgx-epc", json.RootElement.GetProperty("workload").GetProperty("resource").GetString());
        Assert.Single(cluster.Hardware!.Devices);
    }

    [Theory]
    [InlineData("tdx", "tdx-guest")]
    [InlineData("snp", "snp-guest")]
    public async Task OnNodesThatAreGuests_ItClaimsTheGuestsDevice(string tee, string device)
    {
        await using var cluster = (await HelloCluster.StartAsync()).WithClaims(described: false, "epc", device);

        var run = await cluster.DeployAsync("--tee", tee, "--dry-run");

        Assert.True(run.ExitCode == ExitCode.Success, run.Error);
        var printed = ManifestReader.Parse(run.Output, "printed");
        Assert.Empty(printed.SelectMany(KubeSchema.Newest.ProblemsOf));
        Assert.Equal(["Job", "ResourceClaimTemplate"], printed.Select(one => one.Kind).Order());
        var request = printed.Single(one => one.Kind == "ResourceClaimTemplate").ListAt("spec", "spec", "devices", "requests").Single();
        Assert.Equal(device, request.GetProperty("exactly").GetProperty("deviceClassName").GetString());
        Assert.False(request.GetProperty("exactly").TryGetProperty("capacity", out _));
        var container = printed.Single(one => one.Kind == "Job").ListAt("spec", "template", "spec", "containers").Single();
        Assert.Equal(ClaimOffer.Claim, container.GetProperty("resources").GetProperty("claims")[0].GetProperty("name").GetString());
        Assert.Equal(["memory"], container.GetProperty("resources").GetProperty("limits").EnumerateObject().Select(limit => limit.Name));
    }

    [Fact]
    public async Task OnHardwareWithoutAGuest_EpcIsNotTakenInItsPlace()
    {
        await using var cluster = (await HelloCluster.StartAsync()).WithClaims(described: false, "epc");

        var run = await cluster.DeployAsync("--tee", "tdx");

        Assert.Equal(ExitCode.Unreachable, run.ExitCode);
        Assert.Contains("no tdx-guest is offered", run.Error, StringComparison.Ordinal);
        Assert.Contains("sgx-epc: offered", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task DryRun_AsJson_IsAListThatKubectlTakes()
    {
        await using var cluster = (await HelloCluster.StartAsync()).WithClaims(described: true, "epc");

        var run = await cluster.DeployAsync("--dry-run", "-o", "json");

        Assert.True(run.ExitCode == ExitCode.Success, run.Error);
        using var json = JsonDocument.Parse(run.Output);
        Assert.Equal("List", json.RootElement.GetProperty("kind").GetString());
        Assert.Empty(json.RootElement.GetProperty("items").EnumerateArray().SelectMany(one => KubeSchema.Newest.ProblemsOf(new KubeObject(one))));
        var template = json.RootElement.GetProperty("items").EnumerateArray().Single(one => one.GetProperty("kind").GetString() == "ResourceClaimTemplate");
        var exactly = template.GetProperty("spec").GetProperty("spec").GetProperty("devices").GetProperty("requests")[0].GetProperty("exactly");
        Assert.Equal("10Mi", exactly.GetProperty("capacity").GetProperty("requests").GetProperty("epc").GetString());
        Assert.DoesNotContain(cluster.Api.Requests, request => request.Method != "GET");
    }

    private static JsonObject Posted(HelloCluster cluster, string path) => (JsonObject)JsonNode.Parse(
        cluster.Api.Requests.Single(request => request.Method == "POST" && request.Path.EndsWith(path, StringComparison.Ordinal)).Body)!;
}
