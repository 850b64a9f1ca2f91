using System.Text.Json.Nodes;
using Casemate.Kubernetes;
using Casemate.Node.NodeObject;

namespace Casemate.Cli.Tests.Doctor;

/// <summary><c>casemate doctor --pod</c>: why a pod is Pending, gets no quotes or is not attested.</summary>
public sealed class DoctorPodTests
{
    [Fact]
    public async Task SaysThatAllIsWell()
    {
        await using var cluster = await HealthyCluster.StartAsync();
        var run = await cluster.AskAsync("--pod", "default/app");

        Assert.Equal(ExitCode.Success, run.ExitCode);
        run.Has("PodThere", "passed", "phase Running on node n1; asks for sgx.intel.com/epc", "");
        run.Has("PodScheduling", "passed", "node n1", "");
        run.Has("PodContainers", "passed", "ready", "");
        run.Has("PodDevices", "passed", "sgx.intel.com/enclave", "");
        run.Has("PodAttestation", "passed", "Attested", "");
    }

    [Fact]
    public async Task SaysThatThereIsNone()
    {
        await using var cluster = await HealthyCluster.StartAsync();

        (await cluster.AskAsync("--pod", "shop/none")).Has("PodThere", "failed", "there is no pod shop/none", "kubectl -n shop get events");
    }

    [Fact]
    public async Task SaysWhatEachNodeLacks()
    {
        await using var cluster = await HealthyCluster.StartAsync();
        cluster.PutPod("default", "eater", "Running", "n1", (ResourceFamily.Intel.Name, "8170Mi"));
        cluster.PutPod(
            "shop", "hello", "Pending", null, Unschedulable("0/1 nodes are available: 1 Insufficient sgx.intel.com/epc."),
            (ResourceFamily.Intel.Name, "64Mi"));
        cluster.Node.Change("x", node => node["spec"]!["taints"] = new JsonArray(
            new JsonObject { ["key"] = "shop.example/closed", ["value"] = "yes", ["effect"] = "NoSchedule" }));
        var run = await cluster.AskAsync("--pod", "shop/hello");

        Assert.Equal(ExitCode.Refused, run.ExitCode);
        run.Has("PodScheduling", "failed", "1 Insufficient sgx.intel.com/epc", "PodPlacement");
        run.Has("PodPlacement", "warning", "does not tolerate its taint shop.example/closed=yes:NoSchedule", "Add the toleration");
        run.Has("PodPlacement", "warning", "wanted, 6,291,456 of 8,589,934,592 free", "");
    }

    [Theory]
    [InlineData("kubernetes.azure.com/sgx_epc_mem_in_MiB", "10", "PodUnknownResource", "which no node has", "let the webhook translate")]
    [InlineData("sgx.intel.com/epc", "1Ti", "PodEpcTooLarge", "the largest node has", "add a larger node")]
    public async Task SaysThatNoNodeCanEverHaveIt(string name, string amount, string id, string evidence, string fix)
    {
        await using var cluster = await HealthyCluster.StartAsync();
        cluster.PutPod("shop", "hello", "Pending", null, Unschedulable("0/1"), (name, amount));

        (await cluster.AskAsync("--pod", "shop/hello")).Has(id, "failed", evidence, fix);
    }

    [Fact]
    public async Task SaysThatANodeWaitsForItsAttestation_IsCordoned_OrHasAnotherLabel()
    {
        await using var cluster = await HealthyCluster.StartAsync();
        cluster.PutPod("shop", "hello", "Pending", null, pod =>
        {
            pod["spec"]!["nodeSelector"] = new JsonObject { ["tee"] = "sgx" };
            Unschedulable("0/1")(pod);
        }, (ResourceFamily.Intel.Name, "1Mi"));
        cluster.Node.Change("x", node =>
        {
            node["spec"]!["unschedulable"] = true;
            node["spec"]!["taints"] = new JsonArray(
                new JsonObject { ["key"] = NodeMarks.StartupTaint, ["value"] = "true", ["effect"] = "NoSchedule" });
        });
        var run = await cluster.AskAsync("--pod", "shop/hello");

        run.Has("PodPlacement", "warning", "it is cordoned", "kubectl uncordon n1");
        run.Has("PodPlacement", "warning", "it has no label tee=sgx", "");
        run.Has("PodPlacement", "warning", "it waits for its attestation", "");
    }

    [Fact]
    public async Task SaysWhyItsContainersDoNotRun()
    {
        await using var cluster = await HealthyCluster.StartAsync();
        cluster.PutPod("shop", "hello", "Failed", "n1", pod =>
        {
            pod["status"]!["reason"] = "UnexpectedAdmissionError";
            pod["status"]!["message"] = "no healthy devices present";
        }, (ResourceFamily.Intel.Name, "1Mi"));
        var run = await cluster.AskAsync("--pod", "shop/hello");

        run.Has("PodContainers", "failed", "no healthy devices present", "kubectl -n shop delete pod hello");
        run.Has("PodDevices", "failed", "memory and no device node", "make the pod again");
    }

    [Fact]
    public async Task SaysThatNobodyMakesQuotesForIt()
    {
        await using var cluster = await HealthyCluster.StartAsync();
        cluster.PutPod("shop", "hello", "Running", "n1", pod => pod["spec"]!["volumes"] = new JsonArray(
            new JsonObject { ["name"] = "a", ["hostPath"] = new JsonObject { ["path"] = "/var/run/aesmd" } }));
        (await cluster.AskAsync("--pod", "shop/hello")).Has("PodQuotes", "failed", "no pod of the quote helper is on its node n1", "describe daemonset");

        cluster.Server.CompleteWorkloads = false;
        cluster.Server.Delete(KubeResource.DaemonSets, "casemate-node", "casemate-quote-helper");
        (await cluster.AskAsync("--pod", "shop/hello")).Has("PodQuotes", "failed", "no quote helper is in the cluster", "--quote-helper");
    }

    [Fact]
    public async Task SaysThatItsNodeWasRefused_OrIsAttestedByNobody()
    {
        await using var cluster = await HealthyCluster.StartAsync();
        cluster.SetCondition(NodeMarks.Attested, "False", "TcbOutOfDate", "The platform is out of date.");
        (await cluster.AskAsync("--pod", "default/app")).Has("PodAttestation", "failed", "The platform is out of date", "diagnostics");

        cluster.Node.Change("x", node => node["status"]!["conditions"] = new JsonArray(
            new JsonObject { ["type"] = "Ready", ["status"] = "True" }));
        (await cluster.AskAsync("--pod", "default/app")).Has("PodAttestation", "not-checked", "nobody attests node n1", "--attestation-url");
    }

    [Fact]
    public async Task TellsWhatWasToldAboutIt()
    {
        await using var cluster = await HealthyCluster.StartAsync();
        cluster.Put(KubeResource.Events, "default", "e", new JsonObject
        {
            ["reason"] = "FailedMount",
            ["type"] = "Warning",
            ["regarding"] = new JsonObject { ["kind"] = "Pod", ["name"] = "app", ["namespace"] = "default" },
            ["note"] = "hostPath type check failed: /dev/sgx is not a character device",
        });

        (await cluster.AskAsync("--pod", "default/app")).Has("PodEvents", "warning", "is not a character device", "leave out the volume");
    }

    [Theory]
    [InlineData("a/b/c")]
    [InlineData("/b")]
    [InlineData("a/")]
    [InlineData("A/b")]
    [InlineData("a/b?c")]
    public async Task RefusesWhatIsNoName(string name)
    {
        await using var server = await Testing.Kubernetes.TestApiServer.StartAsync();

        Assert.Equal(ExitCode.Usage, (await DoctorLine.RunAsync(server.Address, "cluster", "--pod", name)).ExitCode);
    }

    private static Action<JsonObject> Unschedulable(string message) => pod => pod["status"]!["conditions"] = new JsonArray(
        new JsonObject { ["type"] = "PodScheduled", ["status"] = "False", ["reason"] = "Unschedulable", ["message"] = message });
}
