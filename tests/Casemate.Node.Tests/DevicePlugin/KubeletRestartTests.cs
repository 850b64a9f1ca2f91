using Casemate.Kubernetes;
using Casemate.Node.DevicePlugin;
using Casemate.Testing;
using Casemate.Testing.Kubelet;

namespace Casemate.Node.Tests.DevicePlugin;

/// <summary>What comes and goes around the device plugin: kubelets, sockets, the agent itself.</summary>
public sealed class KubeletRestartTests
{
    private static readonly ContainerName First = new("default", "first", "main");
    private static readonly ContainerName Second = new("default", "second", "main");

    [Fact]
    public async Task AHundredRestarts_LoseNothing()
    {
        await using var node = await NodeFixture.StartAsync("dc2s_v2");
        await node.Kubelet.AdmitAsync(First, (NodeFixture.Epc, 20), (AccessResource.Provision, 1));
        var devices = node.Kubelet.Devices(First, NodeFixture.Epc);

        for (var i = 0; i < 100; i++)
        {
            if (i % 2 == 0)
            {
                await node.Kubelet.DisposeAsync();
            }
            else
            {
                await node.Kubelet.KillAsync();
            }

            await node.StartKubeletAsync();
            await node.UntilReadyAsync();
            Assert.All(node.Agent.State.Resources, resource => Assert.Equal(1, node.Kubelet.MostStreams(resource.Name)));
        }

        // A container that restarts has its devices still, from the kubelet's own memory.
        var again = await node.Kubelet.AdmitAsync(First, (NodeFixture.Epc, 20));
        Assert.Equal(devices, node.Kubelet.Devices(First, NodeFixture.Epc));
        Assert.Equal("20971520", again.Annotations["casemate.dev/epc-bytes"]);
        Assert.Equal(20L << 20, node.Agent.State.Usage.UsedBytes);
    }

    [Fact]
    public async Task KubeletThatComesLate_IsFound()
    {
        await using var node = NodeFixture.Describe("dc2s_v3");
        Directory.Delete(node.PluginDirectory);
        await node.StartAgentAsync();
        Assert.False(node.Agent.IsReady);

        await node.StartKubeletAsync();

        await node.UntilReadyAsync();
    }

    [Fact]
    public async Task AnAgentThatIsReplaced_GivesDevicesUntilTheNextOneDoes()
    {
        await using var node = await NodeFixture.StartAsync("dc2s_v2");
        await node.Kubelet.AdmitAsync(First, (NodeFixture.Epc, 20));
        for (var round = 0; round < 4; round++)
        {
            await using var last = node.Agent;
            using var isReplaced = new CancellationTokenSource();
            var admitted = AdmitAsync(node, round, isReplaced.Token);

            await node.StartAgentAsync();
            await node.Kubelet.UntilAsync(() => node.Agent.IsReady);
            Assert.True(File.Exists(Path.Combine(node.PluginDirectory, "casemate-epc-next.sock")));
            await isReplaced.CancelAsync();
            var count = await admitted;

            // The kubelet lets go of the next one's stream as well when the last one's ends: it comes back by itself.
            await last.DisposeAsync();
            await node.UntilReadyAsync();
            Assert.Equal(
                ["casemate-enclave.sock", "casemate-epc.sock", "casemate-provision.sock"],
                Directory.GetFiles(node.PluginDirectory, "casemate-*.sock").Select(Path.GetFileName).Order(StringComparer.Ordinal));
            Assert.True(count > 0);
            Assert.InRange(node.Agent.State.Usage.UsedBytes, 20L << 20, node.Agent.State.Usage.CapacityBytes);
        }
    }

    [Fact]
    public async Task AThirdAgent_SaysThatBothPlacesAreTaken_AndNotThatItGivesDevices()
    {
        await using var node = await NodeFixture.StartAsync("dc2s_v2");
        await using var first = node.Agent;
        await node.StartAgentAsync();
        await using var second = node.Agent;
        await node.Kubelet.UntilAsync(() => second.IsReady);
        var told = node.Lines(3634).Count();

        await node.StartAgentAsync();

        await TaskPatience.UntilAsync(() => node.Lines(3621).Count(line => line.Contains("-next.sock", StringComparison.Ordinal)) == 3);
        Assert.Equal(3, told);
        Assert.Equal(3, node.Lines(3634).Count());
    }

    [Fact]
    public async Task AnAgentWhoseSuccessorFails_IsAskedAgain()
    {
        await using var node = await NodeFixture.StartAsync("dc2s_v2");
        await using var last = node.Agent;
        await node.StartAgentAsync();
        await node.Kubelet.UntilAsync(() => node.Agent.IsReady);

        await node.StopAgentAsync();

        // The last one's stream was never ended: nobody tells it that the kubelet has no devices any more.
        Assert.Equal(0, node.Kubelet.Allocatable(NodeFixture.Epc));
        await node.Kubelet.UntilAsync(() => node.Kubelet.Allocatable(NodeFixture.Epc) > 0 && node.Kubelet.Allocatable(AccessResource.Enclave) > 0);
        Assert.Contains(node.Lines(3622), line => line.Contains("the kubelet does not offer what is in its list", StringComparison.Ordinal));
    }

    // Pods of one MiB, one after another; returns how many there were. Throws when the kubelet has no device for one.
    private static async Task<int> AdmitAsync(NodeFixture node, int round, CancellationToken until)
    {
        var count = 0;
        while (!until.IsCancellationRequested || count == 0)
        {
            var container = new ContainerName("default", $"pod-{round}-{count++}", "main");
            await node.Kubelet.AdmitAsync(container, (NodeFixture.Epc, 1));
            node.Kubelet.Remove(container.Namespace, container.Pod);
        }

        return count;
    }

    [Fact]
    public async Task OwnSocketRemoved_IsMadeAgain()
    {
        await using var node = await NodeFixture.StartAsync("dc2s_v3");

        File.Delete(Path.Combine(node.PluginDirectory, "casemate-enclave.sock"));

        await node.Kubelet.UntilAsync(() => node.Kubelet.Registrations(AccessResource.Enclave) == 2);
        await node.UntilReadyAsync();
        Assert.Equal(1, node.Kubelet.MostStreams(AccessResource.Enclave));
        Assert.Equal(1, node.Kubelet.Registrations(AccessResource.Provision));
    }

    [Fact]
    public async Task AgentThatStops_TakesItsDevicesAlong_AndTheCapacityStays()
    {
        await using var node = await NodeFixture.StartAsync("dc2s_v2");
        var capacity = node.Kubelet.Capacity(NodeFixture.Epc);

        await node.StopAgentAsync();

        await node.Kubelet.UntilAllocatableAsync(NodeFixture.Epc, 0);
        Assert.Equal(capacity, node.Kubelet.Capacity(NodeFixture.Epc));
        Assert.Empty(Directory.EnumerateFiles(node.PluginDirectory, "casemate-*"));
    }

    [Fact]
    public async Task CapacityOfALostPlugin_GoesAfterFiveMinutes()
    {
        var clock = new ManualTimeProvider(DateTimeOffset.UnixEpoch);
        await using var node = await NodeFixture.StartAsync("dc2s_v3", changeKubelet: options => options with { Time = clock });
        await node.StopAgentAsync();
        await node.Kubelet.UntilAllocatableAsync(AccessResource.Enclave, 0);

        clock.Advance(TimeSpan.FromMinutes(5));
        Assert.True(node.Kubelet.Knows(AccessResource.Enclave));
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.False(node.Kubelet.Knows(AccessResource.Enclave));
    }

    [Fact]
    public async Task RestartedAgent_KnowsFromTheKubeletWhatIsHeld()
    {
        await using var node = NodeFixture.Describe(DevicePluginTests.TwoBanks(64, 32));
        await node.StartKubeletAsync();
        await node.StartAgentAsync();
        await node.UntilReadyAsync();
        await node.Kubelet.AdmitAsync(First, (NodeFixture.Epc, 60));
        await node.Kubelet.AdmitAsync(Second, (NodeFixture.Epc, 20));
        var before = node.Agent.State.Usage;

        await node.StopAgentAsync();
        await node.StartAgentAsync();
        await node.UntilReadyAsync();

        await node.Kubelet.UntilAsync(() => node.Agent.State.Usage == before);
        Assert.Equal(80L << 20, before.UsedBytes);
    }

    // To ask and to be answered takes time of the interval as well: with each tick the answer to the last one is a little too young.
    [Fact]
    public async Task AsksWhatIsHeld_AtEachInterval()
    {
        const int ticks = 20;
        var answer = TimeSpan.FromMilliseconds(5);
        var clock = new ManualTimeProvider(DateTimeOffset.UnixEpoch);
        var asked = 0;
        var isReady = false;
        using var goOn = new SemaphoreSlim(0);
        await using var node = NodeFixture.Describe("dc2s_v2");
        node.Time = clock;
        node.KubeletOptions = node.KubeletOptions with
        {
            Before = async (step, _) =>
            {
                if (step is KubeletStep.ListingPods && Volatile.Read(ref isReady))
                {
                    await goOn.WaitAsync();
                    clock.Advance(answer);
                    Interlocked.Increment(ref asked);
                }
            },
        };
        await node.StartKubeletAsync();
        await node.StartAgentAsync();
        await node.Kubelet.UntilAsync(() =>
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            return node.Agent.IsReady;
        });

        Volatile.Write(ref isReady, true);
        for (var tick = 0; tick < ticks; tick++)
        {
            var before = Volatile.Read(ref asked);
            clock.Advance(node.Options.DevicePlugin.PollInterval - answer);
            goOn.Release();
            for (var look = 0; look < 200 && Volatile.Read(ref asked) == before; look++)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(10));
            }
        }

        Assert.InRange(asked, ticks * 3 / 4, ticks + 1);                   // a tick that came while it was asking is no new one
    }

    [Fact]
    public async Task RestartedAgentWithAnotherName_WaitsUntilNoPodHoldsTheFormer()
    {
        await using var node = await NodeFixture.StartAsync("dc2s_v2");
        await node.Kubelet.AdmitAsync(First, (NodeFixture.Epc, 10));
        await node.StopAgentAsync();

        node.Options = node.Options with
        {
            Advertisement = node.Options.Advertisement with { Family = ResourceFamily.OpenEnclave },
            DevicePlugin = node.Options.DevicePlugin with { PollInterval = TimeSpan.FromSeconds(1), SweepGrace = TimeSpan.FromSeconds(1) },
        };
        await node.StartAgentAsync();
        await node.UntilReadyAsync();

        Assert.False(node.Kubelet.Knows(ResourceFamily.OpenEnclave.Name));
        Assert.Contains("Pods hold EPC that is offered as devices of " + NodeFixture.Epc, node.Agent.State.Deferred, StringComparison.Ordinal);
        Assert.Contains(node.Notices, notice => notice is { Reason: "EPCMigrationRefused", Warning: true });

        node.Kubelet.Remove("default", "first");
        await node.Kubelet.UntilAsync(() => node.Kubelet.Allocatable(ResourceFamily.OpenEnclave.Name) > 0);
        Assert.Null(node.Agent.State.Deferred);
        Assert.Equal(0, node.Kubelet.Allocatable(NodeFixture.Epc));
    }

    [Fact]
    public async Task AesmDirectories_StayWhileAContainerHoldsThem_AndGoAfterwards()
    {
        await using var node = NodeFixture.Describe("dc2s_v2");
        node.SweepSoon();
        await node.StartKubeletAsync();
        await node.StartAgentAsync();
        await node.UntilReadyAsync();
        var kept = Assert.Single((await node.Kubelet.AdmitAsync(First, (NodeFixture.Epc, 5))).Mounts).HostPath;
        var swept = Assert.Single((await node.Kubelet.AdmitAsync(Second, (NodeFixture.Epc, 5))).Mounts).HostPath;
        Directory.CreateDirectory(Path.Combine(node.AesmRoot, "not-ours"));

        await node.StopAgentAsync();
        await node.StartAgentAsync();
        node.Kubelet.Remove("default", "second");

        await node.Kubelet.UntilAsync(() => !Directory.Exists(swept));
        Assert.True(Directory.Exists(kept));
        Assert.True(Directory.Exists(Path.Combine(node.AesmRoot, "not-ours")));
    }

    [Theory]
    [InlineData(KubeletStep.RegisterReceived)]
    [InlineData(KubeletStep.OptionsReceived)]
    [InlineData(KubeletStep.Listing)]
    [InlineData(KubeletStep.Listed)]
    public async Task AgentThatGoesWhileItRegisters_RegistersWhenItIsBack(KubeletStep step)
    {
        var reached = new TaskCompletionSource();
        var go = new TaskCompletionSource();
        await using var node = NodeFixture.Describe("dc2s_v3");
        node.KubeletOptions = node.KubeletOptions with
        {
            Before = async (at, resource) =>
            {
                if (at == step && resource == AccessResource.Enclave && reached.TrySetResult())
                {
                    await go.Task;
                }
            },
        };
        await node.StartKubeletAsync();
        await node.StartAgentAsync();
        await reached.Task.WaitAsync(TimeSpan.FromMinutes(1));

        await node.StopAgentAsync();
        go.SetResult();
        await node.StartAgentAsync();

        await node.UntilReadyAsync();
    }

    [Theory]
    [InlineData(KubeletStep.Allocating)]
    [InlineData(KubeletStep.Allocated)]
    public async Task AgentThatGoesWhileItAllocates_CountsWhatTheKubeletKept(KubeletStep step)
    {
        var stop = false;
        await using var node = NodeFixture.Describe("dc2s_v2");
        node.KubeletOptions = node.KubeletOptions with
        {
            Before = async (at, _) =>
            {
                if (stop && at == step)
                {
                    stop = false;
                    await node.StopAgentAsync();
                }
            },
        };
        await node.StartKubeletAsync();
        await node.StartAgentAsync();
        await node.UntilReadyAsync();
        stop = true;
        var admitted = true;
        try
        {
            await node.Kubelet.AdmitAsync(First, (NodeFixture.Epc, 7));
        }
        catch (AdmissionException)
        {
            admitted = false;
        }

        await node.StartAgentAsync();
        await node.UntilReadyAsync();

        Assert.Equal(step is KubeletStep.Allocated, admitted);
        Assert.Equal(admitted ? 7L << 20 : 0, node.Agent.State.Usage.UsedBytes);
    }

    [Fact]
    public async Task ListThatTheKubeletRefuses_IsNoticed()
    {
        await using var node = NodeFixture.Describe("dc2s_v2");
        node.KubeletOptions = node.KubeletOptions with { MaxMessageBytes = 400 };
        await node.StartKubeletAsync();
        await node.StartAgentAsync();

        await node.Kubelet.UntilAsync(() => node.Kubelet.LastEnd(NodeFixture.Epc) is not null);

        Assert.Equal(0, node.Kubelet.Allocatable(NodeFixture.Epc));
        Assert.Equal(Rpc.RpcStatus.ResourceExhausted, Assert.IsType<Rpc.RpcException>(node.Kubelet.LastEnd(NodeFixture.Epc)).Status);
        await node.Kubelet.UntilAsync(() => node.Log.Any(line => line.Contains("Registering " + NodeFixture.Epc + " again", StringComparison.Ordinal)));
    }

    [Fact]
    public void KubeletDirectory_TellsAFileFromItsSuccessor()
    {
        using var directory = new TemporaryDirectory();
        var path = directory.File("kubelet.sock");
        Assert.Null(FileStamp.TryRead(path));
        File.WriteAllText(path, "");
        var first = FileStamp.TryRead(path);
        Assert.Equal(first, FileStamp.TryRead(path));

        File.Move(path, directory.File("old"));
        File.WriteAllText(path, "");

        Assert.NotEqual(first, FileStamp.TryRead(path));
    }
}
