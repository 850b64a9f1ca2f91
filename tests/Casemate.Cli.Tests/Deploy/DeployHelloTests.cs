using System.Text.Json;
using System.Text.Json.Nodes;
using Casemate.Addon;
using Casemate.Cli.Deploy;
using Casemate.Kubernetes;
using Casemate.Quoting.Sgx;
using Casemate.Testing.Kubernetes;

namespace Casemate.Cli.Tests.Deploy;

/// <summary><c>casemate deploy hello</c> against a cluster that runs its Job.</summary>
public sealed class DeployHelloTests
{
    private const string Simulated = "verdict: SIMULATED - not hardware evidence";

    [Fact]
    public async Task Hello_IsVerified_NamesItsNode_AndLeavesNothing()
    {
        await using var cluster = (await HelloCluster.StartAsync()).WithAddon();

        var run = await cluster.DeployAsync("--allow-simulated");

        Assert.True(run.ExitCode == ExitCode.Simulated, run.Output + run.Error);
        Assert.Equal(Simulated, run.Lines[^1]);
        Assert.Contains($"node          {HelloCluster.Node}\n", run.Output, StringComparison.Ordinal);
        Assert.Contains("10 of kubernetes.azure.com/sgx_epc_mem_in_MiB", run.Output, StringComparison.Ordinal);
        Assert.Matches("passed +ReportData", run.Output);
        Assert.Contains("is made, of image registry.example/casemate:1\n", run.Error, StringComparison.Ordinal);
        Assert.Empty(cluster.Api.All(KubeResource.Jobs));
    }

    [Fact]
    public async Task SimulatedEvidence_IsRejected_UnlessThatIsAllowed()
    {
        await using var cluster = (await HelloCluster.StartAsync()).WithAddon();

        var refused = await cluster.DeployAsync();
        Assert.Equal(ExitCode.Refused, refused.ExitCode);
        Assert.StartsWith("verdict: REJECTED", refused.Lines[^1], StringComparison.Ordinal);
        Assert.Contains("--allow-simulated", refused.Error, StringComparison.Ordinal);

        var named = await cluster.DeployAsync("--root", cluster.Roots);
        Assert.True(named.ExitCode == ExitCode.Simulated, named.Output + named.Error);
        Assert.Equal(Simulated, named.Lines[^1]);
    }

    [Theory]
    [InlineData("sgx")]
    [InlineData("tdx")]
    public async Task KeptEvidence_IsWhatVerifyAccepts(string tee)
    {
        await using var cluster = (await HelloCluster.StartAsync()).WithAddon();
        var file = cluster.File("evidence.json");

        var run = await cluster.DeployAsync("--allow-simulated", "--tee", tee, "--evidence-out", file, "-o", "json");

        Assert.True(run.ExitCode == ExitCode.Simulated, run.Output + run.Error);
        using var json = JsonDocument.Parse(run.Output);
        Assert.Equal(tee, json.RootElement.GetProperty("tee").GetString());
        var workload = json.RootElement.GetProperty("workload");
        Assert.Equal((HelloCluster.Node, "default"), (workload.GetProperty("node").GetString(), workload.GetProperty("namespace").GetString()));
        Assert.False(workload.GetProperty("kept").GetBoolean());
        Assert.Equal(ExitCode.Simulated, (await cluster.RunAsync("verify", file, "--root", cluster.Roots)).ExitCode);
    }

    [Fact]
    public async Task KeptSimulatedEvidence_HasItsRootBesideIt_AndTheCommandThatAcceptsIt()
    {
        await using var cluster = (await HelloCluster.StartAsync()).WithAddon();
        var file = cluster.File("ev.pem");

        var run = await cluster.DeployAsync("--allow-simulated", "--evidence-out", file);

        Assert.Contains($"casemate verify {file} --root {file}.simulated-roots.pem\n", run.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Refused, (await cluster.RunAsync("verify", file)).ExitCode);
        Assert.Equal(ExitCode.Simulated, (await cluster.RunAsync("verify", file, "--root", $"{file}.simulated-roots.pem")).ExitCode);
    }

    [Fact]
    public async Task EvidenceThatWasRejected_IsKeptWithoutARoot()
    {
        await using var cluster = (await HelloCluster.StartAsync()).WithAddon();
        var file = cluster.File("ev.pem");

        Assert.Equal(ExitCode.Refused, (await cluster.DeployAsync("--evidence-out", file)).ExitCode);

        Assert.True(File.Exists(file));
        Assert.False(File.Exists($"{file}.simulated-roots.pem"));
    }

    [Fact]
    public async Task EvidenceOfAnEarlierRun_IsNotTakenForThisOne()
    {
        var earlier = "";
        await using var cluster = (await HelloCluster.StartAsync(log: said =>
        {
            earlier = earlier.Length == 0 ? said : earlier;
            return earlier;
        })).WithAddon();
        Assert.Equal(ExitCode.Simulated, (await cluster.DeployAsync("--allow-simulated")).ExitCode);

        var replayed = await cluster.DeployAsync("--allow-simulated");

        Assert.Equal(ExitCode.Refused, replayed.ExitCode);
        Assert.Contains("holds no evidence for this request: the marks of this request are not there", replayed.Error, StringComparison.Ordinal);
        Assert.Empty(cluster.Api.All(KubeResource.Jobs));
    }

    [Fact]
    public async Task EvidenceOfAnotherQuestion_UnderTheMarksOfThisOne_IsRejected()
    {
        string[] earlier = [];
        await using var cluster = (await HelloCluster.StartAsync(log: said =>
        {
            var lines = said.TrimEnd('\n').Split('\n');
            earlier = earlier.Length == 0 ? lines : earlier;
            return string.Join('\n', [lines[0], .. earlier[1..^1], lines[^1]]) + "\n";
        })).WithAddon();
        Assert.Equal(ExitCode.Simulated, (await cluster.DeployAsync("--allow-simulated")).ExitCode);

        var replayed = await cluster.DeployAsync("--allow-simulated");

        Assert.Equal(ExitCode.Refused, replayed.ExitCode);
        Assert.StartsWith("verdict: REJECTED: ReportData", replayed.Lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnEndlessLog_IsNotRead()
    {
        await using var cluster = (await HelloCluster.StartAsync(log: said => said + string.Concat(Enumerable.Repeat("more\n", 30_000)))).WithAddon();

        var run = await cluster.DeployAsync("--allow-simulated");

        Assert.Equal(ExitCode.Refused, run.ExitCode);
        Assert.Contains("is longer than hello ever writes", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WithoutTheAddon_ItSaysHowToInstallIt()
    {
        await using var cluster = (await HelloCluster.StartAsync()).WithNode(ResourceFamily.Intel);

        var run = await cluster.DeployAsync();

        Assert.Equal(ExitCode.Unreachable, run.ExitCode);
        Assert.Contains("the add-on is not in this cluster", run.Error, StringComparison.Ordinal);
        Assert.Contains("casemate addon install --image IMAGE --quote-helper", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(cluster.Api.Requests, request => request.Method == "POST");
    }

    [Fact]
    public async Task WithoutEpc_ItNamesTheNamesThatNoNodeHas()
    {
        await using var cluster = (await HelloCluster.StartAsync()).WithAddon(offersEpc: false);

        var run = await cluster.DeployAsync();

        Assert.Equal(ExitCode.Unreachable, run.ExitCode);
        Assert.Contains("no EPC is offered: of 1 nodes, 1 ready", run.Error, StringComparison.Ordinal);
        Assert.Contains("sgx.intel.com/epc: on no node", run.Error, StringComparison.Ordinal);
    }

    // The processor is the simulator's, so that its root has to be named; everything else is as on hardware.
    [Fact]
    public async Task OnSgxHardware_ItsOwnEnclaveIsQuoted_AndVerified()
    {
        await using var cluster = await (await HelloCluster.StartAsync()).WithAddon(AddonOverlay.Generic).WithSgxAsync();

        var run = await cluster.DeployAsync("--root", cluster.Roots);

        Assert.True(run.ExitCode == ExitCode.Simulated, run.Output + run.Error);
        Assert.Matches("passed +Identity", run.Output);
        Assert.Matches("passed +ReportData", run.Output);
        Assert.Single(cluster.Hardware!.Devices);
        Assert.Empty(cluster.Api.All(KubeResource.Jobs));

        var refused = await cluster.DeployAsync();
        Assert.Equal(ExitCode.Refused, refused.ExitCode);
        Assert.StartsWith("verdict: REJECTED", refused.Lines[^1], StringComparison.Ordinal);
    }

    // As the add-on installs it: its quote helper has no collateral.
    [Fact]
    public async Task OnSgxHardware_WithoutCollateral_ItSaysWhatToName_AndTakesIt()
    {
        await using var cluster = await (await HelloCluster.StartAsync()).WithAddon(AddonOverlay.Generic).WithSgxAsync(hasCollateral: false);

        var without = await cluster.DeployAsync("--root", cluster.Roots);
        Assert.NotEqual(ExitCode.Simulated, without.ExitCode);
        Assert.Contains("--collateral", without.Output + without.Error, StringComparison.Ordinal);
        Assert.Single(cluster.Hardware!.Devices);

        var simulated = await cluster.RunAsync("quote", "--simulated", "--tee", "sgx");
        using var bundle = JsonDocument.Parse(simulated.Output);
        await File.WriteAllTextAsync(
            cluster.File("collateral.json"), bundle.RootElement.GetProperty("collateral").GetRawText(), TestContext.Current.CancellationToken);
        var with = await cluster.DeployAsync("--root", cluster.Roots, "--collateral", cluster.File("collateral.json"));
        Assert.True(with.ExitCode == ExitCode.Simulated, with.Output + with.Error);
    }

    [Fact]
    public async Task OnSgxHardware_AnotherEnclave_IsRejected()
    {
        await using var cluster = await (await HelloCluster.StartAsync()).WithAddon(AddonOverlay.Generic).WithSgxAsync();
        cluster.Hardware!.Enclave = cluster.Hardware.Enclave with { MrEnclave = new byte[32] };

        var run = await cluster.DeployAsync("--root", cluster.Roots);

        Assert.Equal(ExitCode.Refused, run.ExitCode);
        Assert.StartsWith("verdict: REJECTED: Identity", run.Lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task OnSgxHardware_ItsEnclaveWithADebugger_IsRejected()
    {
        await using var cluster = await (await HelloCluster.StartAsync()).WithAddon(AddonOverlay.Generic).WithSgxAsync();
        cluster.Hardware!.Enclave = cluster.Hardware.Enclave with { Flags = 0x07 };

        var run = await cluster.DeployAsync("--root", cluster.Roots);

        Assert.Equal(ExitCode.Refused, run.ExitCode);
        Assert.StartsWith("verdict: REJECTED: Debug", run.Lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task OnSgxHardware_WhatKeepsItsEnclaveFromBeingMade_IsShown()
    {
        await using var cluster = (await HelloCluster.StartAsync(
            Json("""{"phase": "Failed", "containerStatuses": [{"state": {"terminated": {"exitCode": 4, "reason": "Error"} } }]}"""),
            _ => "casemate: no evidence can be made here: No report of an enclave, /dev/sgx_enclave: this user may not open it.\n"))
            .WithAddon(AddonOverlay.Generic);

        var run = await cluster.DeployAsync();

        Assert.Equal(ExitCode.Unreachable, run.ExitCode);
        Assert.Contains("/dev/sgx_enclave: this user may not open it", run.Error, StringComparison.Ordinal);
        Assert.Contains("what the node, or its runtime, withholds", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task OnSgxHardware_SimulatedEvidence_IsNotTakenForTheEnclaves()
    {
        await using var cluster = (await HelloCluster.StartAsync()).WithAddon(AddonOverlay.Generic);

        var run = await cluster.DeployAsync("--allow-simulated");

        Assert.Equal(ExitCode.Refused, run.ExitCode);
        Assert.StartsWith("verdict: REJECTED: Identity", run.Lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task APolicyThatNamesOtherEnclaves_IsSaidToExcludeHello_BeforeAnythingIsMade()
    {
        await using var cluster = await (await HelloCluster.StartAsync()).WithAddon(AddonOverlay.Generic).WithSgxAsync();
        var policy = cluster.File("policy.yaml");
        await File.WriteAllTextAsync(policy, Policy(new string('1', 64)), TestContext.Current.CancellationToken);

        var run = await cluster.DeployAsync("--root", cluster.Roots, "--policy", policy);

        Assert.Equal(ExitCode.Usage, run.ExitCode);
        Assert.Contains($"Add its MRENCLAVE {Convert.ToHexStringLower(ReportEnclave.MrEnclave.Span)}", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(cluster.Api.Requests, request => request.Method == "POST");

        await File.WriteAllTextAsync(policy, Policy(Convert.ToHexStringLower(ReportEnclave.MrEnclave.Span)), TestContext.Current.CancellationToken);
        run = await cluster.DeployAsync("--root", cluster.Roots, "--policy", policy);
        Assert.True(run.ExitCode == ExitCode.Simulated, run.Output + run.Error);
    }

    [Fact]
    public async Task CollateralThatIsNotThere_IsSaidBeforeAnythingIsAskedOrMade()
    {
        await using var cluster = (await HelloCluster.StartAsync(Json("{}"))).WithAddon();

        var run = await cluster.DeployAsync("--collateral", "/nope");

        Assert.Equal(ExitCode.BadInput, run.ExitCode);
        Assert.Contains("/nope: no such file", run.Error, StringComparison.Ordinal);
        Assert.Empty(cluster.Api.Requests);
    }

    [Fact]
    public async Task WhatIsPendingTooLong_IsExplainedByTheScheduler_AndRemoved()
    {
        await using var cluster = (await HelloCluster.StartAsync(Json("""
            {"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable",
             "message": "0/1 nodes are available: 1 Insufficient kubernetes.azure.com/sgx_epc_mem_in_MiB."}]}
            """))).WithAddon();

        var run = await cluster.DeployAsync("--timeout", "2");

        Assert.Equal(ExitCode.Unreachable, run.ExitCode);
        Assert.Contains(
            "hello had not ended within the 2 s of --timeout: no node has a place for it: Unschedulable: 0/1 nodes are available", run.Error,
            StringComparison.Ordinal);
        Assert.Empty(cluster.Api.All(KubeResource.Jobs));
    }

    [Fact]
    public async Task WhatTheKubeletWarnsOf_IsSaid_WhileThePodWaits()
    {
        await using var cluster = (await HelloCluster.StartAsync(Json("""
            {"phase": "Pending", "containerStatuses": [{"state": {"waiting": {"reason": "ContainerCreating"} } }]}
            """))).WithAddon();
        cluster.Warning = ("FailedCreatePodSandBox", "the runtime\u001b[31m cannot make it");

        var run = await cluster.DeployAsync("--timeout", "9");

        Assert.Equal(ExitCode.Unreachable, run.ExitCode);
        Assert.Contains(
            "hello had not ended within the 9 s of --timeout: its container is being made: FailedCreatePodSandBox: the runtime", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', run.Error);
    }

    [Fact]
    public async Task AnImageThatCannotBeHad_EndsItAtOnce()
    {
        await using var cluster = (await HelloCluster.StartAsync(Json("""
            {"phase": "Pending", "containerStatuses": [{"state": {"waiting": {"reason": "ImagePullBackOff", "message": "not found"} } }]}
            """))).WithAddon();

        var run = await cluster.DeployAsync("--image", "registry.example/nothing:1");

        Assert.Equal(ExitCode.Unreachable, run.ExitCode);
        Assert.Contains("its image cannot be had: ImagePullBackOff: not found", run.Error, StringComparison.Ordinal);
        Assert.Empty(cluster.Api.All(KubeResource.Jobs));
    }

    [Fact]
    public async Task WhatTheContainerSaidBeforeItFailed_IsShown()
    {
        await using var cluster = (await HelloCluster.StartAsync(
            Json("""{"phase": "Failed", "containerStatuses": [{"state": {"terminated": {"exitCode": 4, "reason": "Error"} } }]}"""),
            _ => "casemate: the quote helper cannot be asked: there is no such socket\n\u001b[2J\n")).WithAddon();

        var run = await cluster.DeployAsync();

        Assert.Equal(ExitCode.Unreachable, run.ExitCode);
        Assert.Contains(
            "  - casemate: the quote helper cannot be asked: there is no such socket\n  - [2J\n", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Kept_TheJobStays_AndHasNoEndOfItsOwn()
    {
        await using var cluster = (await HelloCluster.StartAsync()).WithAddon(family: ResourceFamily.Intel);

        var run = await cluster.DeployAsync("--allow-simulated", "--keep", "-n", "elsewhere");

        Assert.True(run.ExitCode == ExitCode.Simulated, run.Output + run.Error);
        var job = Assert.Single(cluster.Api.All(KubeResource.Jobs));
        Assert.Equal("elsewhere", job.Namespace);
        Assert.Null(job.At("spec", "ttlSecondsAfterFinished"));
        Assert.Contains($"the Job is kept: kubectl -n elsewhere logs job/{job.Name}", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task DryRun_PrintsARestrictedPod_AndMakesNothing()
    {
        await using var cluster = (await HelloCluster.StartAsync()).WithAddon(family: ResourceFamily.Intel);

        var run = await cluster.DeployAsync("--dry-run");

        Assert.Equal(ExitCode.Success, run.ExitCode);
        Assert.DoesNotContain(cluster.Api.Requests, request => request.Method != "GET");
        var pod = Assert.Single(ManifestReader.Parse(run.Output, "printed")).At("spec", "template", "spec")!.Value;
        AssertRestricted(pod);
        var limits = pod.GetProperty("containers")[0].GetProperty("resources").GetProperty("limits");
        Assert.Equal(
            ("10Mi", "1"), (limits.GetProperty(ResourceFamily.Intel.Name).GetString(), limits.GetProperty(AccessResource.Enclave).GetString()));
    }

    [Theory]
    [InlineData("azure")]
    [InlineData("openenclave")]
    [InlineData("alibaba")]
    [InlineData("intel", "--keep", "--tee", "tdx")]
    public async Task TheJob_ConformsToKubernetes(string family, params string[] options)
    {
        Assert.True(ResourceFamily.TryFind(family, out var found));
        await using var cluster = (await HelloCluster.StartAsync()).WithAddon(family: found);

        var run = await cluster.DeployAsync(["--dry-run", .. options]);

        var job = Assert.Single(ManifestReader.Parse(run.Output, "printed"));
        Assert.Empty(KubeSchema.Oldest.ProblemsOf(job));
        Assert.Empty(KubeSchema.Newest.ProblemsOf(job));
    }

    [Fact]
    public async Task WhoMayNot_IsToldWhatItTakes()
    {
        await using var cluster = (await HelloCluster.StartAsync()).WithAddon();
        cluster.Api.Refuse(1, new ApiFault(403, "Forbidden", "jobs.batch is forbidden"), request => request.Method == "POST");

        var run = await cluster.DeployAsync();

        Assert.Equal(ExitCode.NotPermitted, run.ExitCode);
        Assert.Contains("It takes 'create' and 'delete' of jobs", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a/b")]
    [InlineData("-a")]
    [InlineData("\u001b[31mEVIL\a")]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    public async Task WhatIsNoNameOfANamespace_IsRefused_BeforeAnythingIsMade(string name)
    {
        await using var cluster = (await HelloCluster.StartAsync()).WithAddon();

        var run = await cluster.DeployAsync("-n", name);

        Assert.Equal(ExitCode.BadInput, run.ExitCode);
        Assert.Contains("is no name of a namespace", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', run.Error);
        Assert.Empty(cluster.Api.All(KubeResource.Jobs));
    }

    [Fact]
    public async Task ANamespaceThatIsNotThere_IsNamed()
    {
        await using var cluster = (await HelloCluster.StartAsync()).WithAddon();
        cluster.Api.RequireNamespaces = true;

        var run = await cluster.DeployAsync("--namespace", "nowhere");

        Assert.Equal(ExitCode.Unreachable, run.ExitCode);
        Assert.Contains("there is no namespace 'nowhere' in this cluster", run.Error, StringComparison.Ordinal);
    }

    // Pod Security Standards, level restricted.
    private static void AssertRestricted(JsonElement pod)
    {
        var context = pod.GetProperty("securityContext");
        Assert.True(context.GetProperty("runAsNonRoot").GetBoolean());
        Assert.Equal("RuntimeDefault", context.GetProperty("seccompProfile").GetProperty("type").GetString());
        Assert.All(pod.GetProperty("volumes").EnumerateArray(), volume => Assert.True(volume.TryGetProperty("emptyDir", out _)));
        Assert.False(pod.TryGetProperty("hostPID", out _) || pod.TryGetProperty("hostNetwork", out _) || pod.TryGetProperty("hostIPC", out _));
        var container = Assert.Single(pod.GetProperty("containers").EnumerateArray()).GetProperty("securityContext");
        Assert.False(container.GetProperty("allowPrivilegeEscalation").GetBoolean());
        Assert.Equal(["ALL"], container.GetProperty("capabilities").GetProperty("drop").EnumerateArray().Select(one => one.GetString()));
    }

    private static string Policy(string mrEnclave) => $"""
        version: 1
        name: enclaves
        sgx:
          mrEnclaves: ["{mrEnclave}"]
        """;

    private static JsonObject Json(string text) => (JsonObject)JsonNode.Parse(text)!;
}
