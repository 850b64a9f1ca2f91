using Casemate.Rpc;
using Casemate.Testing;
using Casemate.Testing.Kubelet;

namespace Casemate.Node.Tests.DevicePlugin;

/// <summary>What the agent's log says of changes: each once, with what to do about it.</summary>
public sealed class AgentLogTests
{
    [Fact]
    public async Task SaysWhatIsOffered_AndThatItIsReady()
    {
        await using var node = await NodeFixture.StartAsync("dc2s_v2");
        await node.Kubelet.UntilAsync(() => Lines(node, 3605).Count == 1);

        Assert.Contains("56 of kubernetes.azure.com/sgx_epc_mem_in_MiB", Assert.Single(Lines(node, 3645)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task SaysThatNoKubeletIsThere_AndThatOneCame()
    {
        await using var node = NodeFixture.Describe("dc2s_v2");
        await node.StartAgentAsync();
        await TaskPatience.UntilAsync(() => Lines(node, 3648).Count == 1);
        Assert.Contains("--kubelet-dir", Lines(node, 3648)[0], StringComparison.Ordinal);

        await node.StartKubeletAsync();
        await node.UntilReadyAsync();
        await node.Kubelet.UntilAsync(() => Lines(node, 3605).Count == 1);
        Assert.Single(Lines(node, 3649));
        Assert.Single(Lines(node, 3648));
    }

    [Fact]
    public async Task SaysThatItIsNotReadyAnyMore_WithEverythingThatIsMissing()
    {
        await using var node = await NodeFixture.StartAsync("dc2s_v2");
        await node.Kubelet.UntilAsync(() => Lines(node, 3605).Count == 1);

        await node.Kubelet.KillAsync();
        await TaskPatience.UntilAsync(() => Lines(node, 3606).Count > 0);
        Assert.Contains("the kubelet does not have the list of", Lines(node, 3606)[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task SaysOnce_WhyAResourceIsNotRegistered()
    {
        var tries = 0;
        await using var node = NodeFixture.Describe("dc2s_v2");
        node.KubeletOptions = node.KubeletOptions with
        {
            Before = (step, name) =>
                step is KubeletStep.RegisterReceived && name == "sgx.intel.com/enclave" && Interlocked.Increment(ref tries) <= 3
                    ? throw new RpcException(RpcStatus.Unavailable, "not now") : Task.CompletedTask,
        };
        await node.StartKubeletAsync();
        await node.StartAgentAsync();
        await node.UntilReadyAsync();

        Assert.True(tries > 3);
        Assert.Single(Lines(node, 3621));
    }

    [Fact]
    public async Task SaysWhatToDo_WhereTheSocketsPathIsTaken()
    {
        await using var node = NodeFixture.Describe("dc2s_v2");
        await node.StartKubeletAsync();
        Directory.CreateDirectory(Path.Combine(node.PluginDirectory, "casemate-epc.sock"));

        await node.StartAgentAsync();

        await TaskPatience.UntilAsync(() => Lines(node, 3621).Count > 0);
        Assert.Contains("is there and is not a socket. Move it away, or name another path.", Lines(node, 3621)[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task TellsWhatIsOddOnTheMachine_WithTheRemedy()
    {
        await using var node = await NodeFixture.StartAsync("broken-driver-off");

        var told = Lines(node, 3604);
        Assert.Equal(node.Agent.State.Hardware.Findings.Count, told.Count);
        Assert.All(node.Agent.State.Hardware.Findings, finding => Assert.Contains(
            told, line => line.Contains(finding.Message, StringComparison.Ordinal) && line.Contains(finding.Remedy, StringComparison.Ordinal)));
    }

    private static List<string> Lines(NodeFixture node, int id) => [.. node.Log.Where(line => line.Split(' ')[1] == $"{id}")];
}
