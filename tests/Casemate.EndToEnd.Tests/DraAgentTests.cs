using System.Text.Json;
using Casemate.Kubernetes;
using Casemate.Rpc.Kubelet.Dra;
using Casemate.Testing;
using Casemate.Testing.Kubelet;

namespace Casemate.EndToEnd.Tests;

/// <summary><c>casemate node --dra</c> as a process: what kubelet, scheduler and runtime see of it, also when it is killed.</summary>
public sealed class DraAgentTests
{
    private const long GiB = 1L << 30;

    [Fact]
    public async Task IsFoundByTheWatcher_PublishesItsDevices_AndEndsInGoodOrder()
    {
        await using var node = await DraNode.StartAsync();
        await using var agent = await node.StartAgentAsync();

        var spec = Assert.Single(node.Slices()).Json.GetProperty("spec");
        Assert.Equal((DraNode.Driver, DraNode.Name), (spec.GetProperty("driver").GetString(), spec.GetProperty("nodeName").GetString()));
        var epc = spec.GetProperty("devices").EnumerateArray().Single(device => device.GetProperty("name").GetString() == "epc-0");
        Assert.True(epc.GetProperty("allowMultipleAllocations").GetBoolean());
        Assert.True(epc.GetProperty("attributes").GetProperty("simulated").GetProperty("bool").GetBoolean());
        Assert.Equal("8Gi", epc.GetProperty("capacity").GetProperty("epc").GetProperty("value").GetString());

        agent.Send(RunningProgram.Signal.Terminate);

        Assert.Equal(0, (await agent.EndAsync()).ExitCode);
        await node.Kubelet.UntilAsync(() => !node.Kubelet.WatchedPlugins.ContainsKey(DraNode.Driver));
        Assert.Single(node.Slices());                                      // a restart must not take them away
    }

    [Fact]
    public async Task ClaimsShareABank_UntilItIsUsedUp_AndTheRefusalIsOneSentence()
    {
        await using var node = await DraNode.StartAsync();
        await using var agent = await node.StartAgentAsync();
        var (three, four, two) = (node.Allocate("three", "3Gi"), node.Allocate("four", "4Gi"), node.Allocate("two", "2Gi"));

        Assert.Equal("", (await node.PrepareAsync(three)).Error);
        Assert.Equal("", (await node.PrepareAsync(four)).Error);
        await node.UntilHeldAsync(7 * GiB);
        var refused = await node.PrepareAsync(two);

        Assert.Equal("NUMA node 0 has 8 GiB of EPC for pods, of which 7 GiB are in use; 2 GiB are asked for.", Node(refused.Error));
        Assert.Empty(refused.Devices);
        Assert.Equal(DraNode.FilesOf(three, four), node.Files());

        Assert.Equal("", await node.UnprepareAsync(three));
        Assert.Equal("", (await node.PrepareAsync(two)).Error);
        await node.UntilHeldAsync(6 * GiB);
        Assert.Equal(DraNode.FilesOf(four, two), node.Files());

        // What the whole node has is said before what the bank has; on a node of one bank they are the same.
        static string Node(string text) => text.Replace("This node", "NUMA node 0", StringComparison.Ordinal);
    }

    [Fact]
    public async Task AClaimThatIsReady_IsDescribedToTheRuntime_AndMarkedSimulated()
    {
        await using var node = await DraNode.StartAsync();
        await using var agent = await node.StartAgentAsync();
        var claim = node.Allocate("a", "1Gi");

        var id = Assert.Single(Assert.Single((await node.PrepareAsync(claim)).Devices).CdiDeviceIds);

        using var spec = JsonDocument.Parse(await File.ReadAllBytesAsync(node.CdiOf(claim)));
        Assert.Equal("casemate.dev/sgx", spec.RootElement.GetProperty("kind").GetString());
        var device = spec.RootElement.GetProperty("devices").EnumerateArray().Single();
        Assert.Equal(id, "casemate.dev/sgx=" + device.GetProperty("name").GetString());
        var edits = device.GetProperty("containerEdits");
        Assert.All(edits.GetProperty("deviceNodes").EnumerateArray(), entry => Assert.Equal("/dev/null", entry.GetProperty("hostPath").GetString()));
        Assert.Contains("CASEMATE_SIMULATED=1", edits.GetProperty("env").EnumerateArray().Select(entry => entry.GetString()));
    }

    [Fact]
    public async Task AKubeletRestart_RegistersAgain_PublishesAgain_AndAnswersTheSame()
    {
        await using var node = await DraNode.StartAsync();
        await using var agent = await node.StartAgentAsync();
        var claim = node.Allocate("a", "3Gi");
        var first = await node.PrepareAsync(claim);

        for (var i = 0; i < 3; i++)
        {
            await node.Kubelet.KillAsync();
            node.Api.Delete(KubeResource.ResourceSlices, null, Assert.Single(node.Slices()).Name);     // as a kubelet does when it starts
            await node.StartKubeletAsync();
            await node.Api.UntilAsync(() => node.Slices().Count == 1 && node.Kubelet.WatchedPlugins.ContainsKey(DraNode.Driver));

            Assert.Equal(first, await node.PrepareAsync(claim));
        }

        await node.UntilHeldAsync(3 * GiB);
        Assert.Equal("", await node.UnprepareAsync(claim));
        Assert.Empty(node.Files());
    }

    [Theory]
    [InlineData(RunningProgram.Signal.Terminate)]
    [InlineData(RunningProgram.Signal.Kill)]
    public async Task ADriverRestart_KeepsWhatIsReady(RunningProgram.Signal signal)
    {
        await using var node = await DraNode.StartAsync();
        var claim = node.Allocate("a", "3Gi");
        NodePrepareResourceResponse first;
        await using (var agent = await node.StartAgentAsync())
        {
            first = await node.PrepareAsync(claim);
            agent.Send(signal);
            await agent.EndAsync();
        }

        Assert.Equal(DraNode.FilesOf(claim), node.Files());
        await using var next = await node.StartAgentAsync();

        await node.UntilHeldAsync(3 * GiB);
        Assert.Equal(first, await node.PrepareAsync(claim));
        Assert.EndsWith("6 GiB are asked for.", (await node.PrepareAsync(node.Allocate("b", "6Gi"))).Error, StringComparison.Ordinal);
        Assert.Equal("", await node.UnprepareAsync(claim));
        Assert.Equal("", await node.UnprepareAsync(claim));
        Assert.Empty(node.Files());
    }

    [Fact]
    public async Task AClaimWhosePodIsGone_IsReleased_EvenWhileTheApiServerRefuses()
    {
        await using var node = await DraNode.StartAsync();
        await using var agent = await node.StartAgentAsync();
        var claim = node.Allocate("a", "3Gi");
        await node.PrepareAsync(claim);
        node.Forget(claim);
        Assert.Equal(DraNode.FilesOf(claim), node.Files());                 // until the kubelet says that its containers have ended

        node.Api.Refuse(1000, new Casemate.Testing.Kubernetes.ApiFault(503, "ServiceUnavailable", "down"));
        Assert.Equal("", await node.UnprepareAsync(claim));

        Assert.Empty(node.Files());
        await node.UntilHeldAsync(0);
    }

    [Fact]
    public async Task ClaimsThatWentWhileTheDriverWasAway_AreSweptWhenItStarts()
    {
        await using var node = await DraNode.StartAsync();
        var (gone, stays) = (node.Allocate("gone", "3Gi"), node.Allocate("stays", "1Gi"));
        await using (await node.StartAgentAsync())
        {
            await node.PrepareAsync(gone);
            await node.PrepareAsync(stays);
        }

        node.Forget(gone);
        await using var next = await node.StartAgentAsync();

        await node.UntilHeldAsync(1 * GiB);
        await node.Api.UntilAsync(() => node.Files().SequenceEqual(DraNode.FilesOf(stays)));
    }

    [Theory]
    [InlineData(KubeletStep.Preparing)]
    [InlineData(KubeletStep.Prepared)]
    [InlineData(KubeletStep.Unpreparing)]
    [InlineData(KubeletStep.Unprepared)]
    public async Task KilledAtAStep_TheNextOneCompletesIt(KubeletStep step)
    {
        await using var node = await DraNode.StartAsync();
        var claim = node.Allocate("a", "3Gi");
        await using (var agent = await node.StartAgentAsync())
        {
            node.Before = async at =>
            {
                if (at == step)
                {
                    agent.Send(RunningProgram.Signal.Kill);
                    await agent.EndAsync();
                }
            };
            await CallAsync(node, claim, release: step is KubeletStep.Unpreparing or KubeletStep.Unprepared);
        }

        node.Before = _ => Task.CompletedTask;
        await using var next = await node.StartAgentAsync();
        var ready = step is KubeletStep.Prepared or KubeletStep.Unpreparing;
        await node.UntilHeldAsync(ready ? 3 * GiB : 0);
        Assert.Equal(ready ? DraNode.FilesOf(claim) : [], node.Files());

        Assert.Equal("", (await node.PrepareAsync(claim)).Error);
        Assert.Equal("", await node.UnprepareAsync(claim));
        Assert.Empty(node.Files());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task KilledAtAnyMoment_FilesAnswersAndAccountAgree(int seed)
    {
        var random = new Random(seed);
        await using var node = await DraNode.StartAsync();
        Claim[] claims = [.. Enumerable.Range(0, 6).Select(i => node.Allocate($"c{i}", "1Gi"))];
        for (var round = 0; round < 2; round++)
        {
            await using (var agent = await node.StartAgentAsync())
            {
                var calls = Task.WhenAll(claims.Select(claim => CallAsync(node, claim, release: random.Next(2) == 0)));
                await Task.WhenAny(calls, Task.Delay(random.Next(40)));
                agent.Send(RunningProgram.Signal.Kill);
                await agent.EndAsync();
                await calls.SoonAsync();
            }

            await using (await node.StartAgentAsync())
            {
                // A claim has both of its files or none, and what they say is counted.
                var ready = claims.Where(claim => File.Exists(node.CdiOf(claim))).ToArray();
                Assert.Equal(DraNode.FilesOf(ready), node.Files());
                await node.UntilHeldAsync(ready.Length * GiB);
                foreach (var claim in claims)
                {
                    Assert.Equal("", (await node.PrepareAsync(claim)).Error);
                }

                Assert.Equal(DraNode.FilesOf(claims), node.Files());
                await node.UntilHeldAsync(claims.Length * GiB);
                foreach (var claim in claims.Where((_, i) => i % 2 == round % 2))
                {
                    Assert.Equal("", await node.UnprepareAsync(claim));
                }
            }
        }
    }

    // Whether the driver lived to answer is what the test is about.
    private static async Task CallAsync(DraNode node, Claim claim, bool release)
    {
        try
        {
            await node.PrepareAsync(claim);
            if (release)
            {
                await node.UnprepareAsync(claim);
            }
        }
        catch (AdmissionException)
        {
            // It did not.
        }
    }
}
