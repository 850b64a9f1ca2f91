using Casemate.Kubernetes;
using Casemate.Node.Advertisement;
using Casemate.Node.Discovery;
using Casemate.Rpc;
using Casemate.Rpc.Kubelet;
using Casemate.Rpc.Kubelet.DevicePlugin;
using Casemate.Testing;
using Casemate.Testing.Kubelet;

namespace Casemate.Node.Tests.DevicePlugin;

/// <summary>The device plugin, as a kubelet sees it.</summary>
public sealed class DevicePluginTests
{
    private static readonly ContainerName First = new("default", "first", "main");
    private static readonly ContainerName Second = new("default", "second", "main");

    [Fact]
    public async Task SmallNode_HasADeviceForEachMiB_AndAccessTokens()
    {
        await using var node = await NodeFixture.StartAsync("dc2s_v2");

        var mib = (int)(node.Agent.State.Plan.AdvertisedBytes >> 20);
        Assert.Equal(mib, node.Kubelet.Allocatable(NodeFixture.Epc));
        Assert.Equal(110, node.Kubelet.Allocatable(AccessResource.Enclave));
        Assert.Equal(110, node.Kubelet.Allocatable(AccessResource.Provision));
        Assert.False(node.Kubelet.Knows(ResourceFamily.Intel.Name));
        Assert.True(node.Agent.State.Hardware.Simulated);
    }

    [Theory]
    [InlineData("dc48s_v3")]
    [InlineData("xeon-1tib")]
    public async Task LargeNode_HasAccessTokensOnly(string machine)
    {
        await using var node = await NodeFixture.StartAsync(machine);

        Assert.Equal(110, node.Kubelet.Allocatable(AccessResource.Enclave));
        Assert.All(ResourceFamily.All, family => Assert.False(node.Kubelet.Knows(family.Name)));
        Assert.Equal(EpcFrontEnd.NodeCapacity, node.Agent.State.Plan.FrontEnd);
    }

    [Fact]
    public async Task AsksTheKubelet_WhileItLooksAtTheHardware()
    {
        using var asked = new ManualResetEventSlim();
        await using var node = NodeFixture.Describe(new TestMachine().Sources() with { Files = new LateFiles(asked) });
        node.KubeletOptions = node.KubeletOptions with
        {
            Before = (step, _) =>
            {
                if (step is KubeletStep.ListingPods)
                {
                    asked.Set();
                }

                return Task.CompletedTask;
            },
        };
        await node.StartKubeletAsync();

        await Task.Run(node.StartAgentAsync);

        await node.UntilReadyAsync();
    }

    [Fact]
    public async Task NodeWithoutSgx_IsReadyAtOnce_AndRegistersNothing()
    {
        await using var node = await NodeFixture.StartAsync("no-tee");

        Assert.Empty(node.Agent.State.Resources);
        Assert.Empty(Directory.EnumerateFiles(node.PluginDirectory, "casemate-*"));
    }

    [Fact]
    public async Task Container_GetsTheDeviceUnderEverySpelling_AndNoRightToMakeNodes()
    {
        await using var node = await NodeFixture.StartAsync("dc2s_v3");

        var answer = await node.Kubelet.AdmitAsync(First, (AccessResource.Enclave, 1), (AccessResource.Provision, 1));

        Assert.Equal(
            ["/dev/sgx_enclave", "/dev/sgx/enclave", "/dev/sgx_provision", "/dev/sgx/provision"],
            answer.Devices.Select(device => device.ContainerPath));
        Assert.All(answer.Devices, device => Assert.Equal(("/dev/null", "rw"), (device.HostPath, device.Permissions)));
        Assert.Equal("true", answer.Annotations["casemate.dev/simulated"]);
        Assert.Empty(answer.Mounts);
        Assert.DoesNotContain("SGX_AESM_ADDR", answer.Envs.Keys);
    }

    [Theory]
    [InlineData("isgx-legacy", "/dev/isgx")]
    [InlineData("dcap-early", "/dev/sgx")]
    [InlineData("alibaba-gsgx", "/dev/gsgx")]
    public async Task NodeOfAnOlderDriver_IsGivenAsItIs(string machine, string path)
    {
        await using var node = await NodeFixture.StartAsync(machine);

        var answer = await node.Kubelet.AdmitAsync(First, (AccessResource.Enclave, 1));

        Assert.Equal([path], answer.Devices.Select(device => device.ContainerPath));
    }

    [Fact]
    public async Task Container_GetsAsMuchAsItAskedFor_AndTheLedgerKnows()
    {
        await using var node = await NodeFixture.StartAsync("dc2s_v2");

        var answer = await node.Kubelet.AdmitAsync(First, (NodeFixture.Epc, 10));

        Assert.Equal((10L << 20).ToString(System.Globalization.CultureInfo.InvariantCulture), answer.Annotations["casemate.dev/epc-bytes"]);
        Assert.Equal(10, answer.Envs["SGX_VISIBLE_DEVICES"].Split(',').Length);
        Assert.Equal(10L << 20, node.Agent.State.Usage.UsedBytes);
        Assert.All(answer.Devices, device => Assert.DoesNotContain("provision", device.ContainerPath, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Provisioning_ComesWithEpcOnlyWhereTheOperatorSaidSo()
    {
        await using var node = await NodeFixture.StartAsync(
            "dc2s_v2", options => options with { DevicePlugin = options.DevicePlugin with { ProvisionWithEpc = true } });

        var answer = await node.Kubelet.AdmitAsync(First, (NodeFixture.Epc, 1));

        Assert.Contains(answer.Devices, device => device.ContainerPath == "/dev/sgx_provision");
    }

    [Fact]
    public async Task Container_GetsItsOwnAesmDirectory_ReadOnly()
    {
        await using var node = NodeFixture.Describe("dc2s_v2");
        node.Options = node.Options with
        {
            DevicePlugin = node.Options.DevicePlugin with { AesmAllocations = node.AesmRoot, SetAesmAddress = true },
        };
        await node.StartKubeletAsync();
        await node.StartAgentAsync();
        await node.UntilReadyAsync();

        var first = await node.Kubelet.AdmitAsync(First, (NodeFixture.Epc, 1), (AccessResource.Provision, 1));
        var second = await node.Kubelet.AdmitAsync(Second, (NodeFixture.Epc, 1));

        var mount = Assert.Single(first.Mounts);
        Assert.Equal("/var/run/aesmd", mount.ContainerPath);
        Assert.True(mount.ReadOnly);
        Assert.True(Directory.Exists(mount.HostPath));
        Assert.Equal("1", first.Envs["SGX_AESM_ADDR"]);
        Assert.NotEqual(mount.HostPath, Assert.Single(second.Mounts).HostPath);
        Assert.StartsWith(node.AesmRoot, mount.HostPath, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cdi_NamesDevicesThatASpecificationDescribes()
    {
        await using var node = NodeFixture.Describe("dc2s_v3");
        node.Options = node.Options with { DevicePlugin = node.Options.DevicePlugin with { CdiDirectory = node.File("cdi") } };
        await node.StartKubeletAsync();
        await node.StartAgentAsync();
        await node.UntilReadyAsync();

        var answer = await node.Kubelet.AdmitAsync(First, (AccessResource.Enclave, 1));

        Assert.Equal(["casemate.dev/sgx=enclave"], answer.CdiDevices.Select(device => device.Name));
        Assert.Empty(answer.Devices);
        using var spec = System.Text.Json.JsonDocument.Parse(File.ReadAllBytes(Path.Combine(node.File("cdi"), "casemate.dev-sgx.json")));
        Assert.Equal("0.5.0", spec.RootElement.GetProperty("cdiVersion").GetString());
        Assert.Equal("casemate.dev/sgx", spec.RootElement.GetProperty("kind").GetString());
        Assert.Equal(
            ["enclave", "provision"], spec.RootElement.GetProperty("devices").EnumerateArray().Select(device => device.GetProperty("name").GetString()!));
    }

    [Fact]
    public async Task TwoBanks_GiveAContainerDevicesOfOne()
    {
        await using var node = NodeFixture.Describe(TwoBanks(64, 32));
        await node.StartKubeletAsync();
        await node.StartAgentAsync();
        await node.UntilReadyAsync();

        await node.Kubelet.AdmitAsync(First, (NodeFixture.Epc, 30));
        await node.Kubelet.AdmitAsync(Second, (NodeFixture.Epc, 60));

        Assert.Equal(96, node.Kubelet.Allocatable(NodeFixture.Epc));
        Assert.Equal([(0, 60L << 20), (1, 30L << 20)], node.Agent.State.Usage.Banks.Select(bank => (bank.Numa!.Value, bank.UsedBytes)));
    }

    [Fact]
    public async Task EveryDevice_CanBeGivenAndGivenAgain()
    {
        await using var node = await NodeFixture.StartAsync("dc2s_v2");
        var all = node.Kubelet.Allocatable(NodeFixture.Epc);

        for (var i = 0; i < 20; i++)
        {
            var half = (all / 2) + (i % 7);
            await node.Kubelet.AdmitAsync(First, (NodeFixture.Epc, half));
            await node.Kubelet.AdmitAsync(Second, (NodeFixture.Epc, all - half));
            await Assert.ThrowsAsync<AdmissionException>(() => node.Kubelet.AdmitAsync(new ContainerName("x", "third", "c"), (NodeFixture.Epc, 1)));
            node.Kubelet.Remove("default", "first");
            node.Kubelet.Remove("default", "second");
        }

        Assert.True(node.Agent.State.Usage.UsedBytes <= node.Agent.State.Usage.CapacityBytes);
    }

    [Theory]
    [InlineData("unknown", RpcStatus.InvalidArgument, "has no device")]
    [InlineData("", RpcStatus.InvalidArgument, "has no device ''")]
    public async Task UnknownIds_AreRefusedInOneSentence(string id, RpcStatus status, string text)
    {
        await using var node = await NodeFixture.StartAsync("dc2s_v2");

        var failure = await AllocateAsync(node, id);

        Assert.Equal(status, failure.Status);
        Assert.Contains(text, failure.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RepeatedIds_AndNone_AreRefused()
    {
        await using var node = await NodeFixture.StartAsync("dc2s_v2");

        Assert.Contains("twice", (await AllocateAsync(node, "1", "1")).Detail, StringComparison.Ordinal);
        Assert.Contains("no device", (await AllocateAsync(node)).Detail, StringComparison.Ordinal);
        Assert.Equal(0, node.Agent.State.Usage.UsedBytes);
    }

    [Fact]
    public async Task ADevice_IsNotGivenToTwoContainersOfOneRequest()
    {
        await using var node = await NodeFixture.StartAsync("dc2s_v2");
        await using var client = new RpcClient(new RpcClientOptions { SocketPath = Path.Combine(node.PluginDirectory, "casemate-epc.sock") });
        var request = new AllocateRequest();
        request.ContainerRequests.Add(new ContainerAllocateRequest { DevicesIds = { "1", "2" } });
        request.ContainerRequests.Add(new ContainerAllocateRequest { DevicesIds = { "2", "3" } });

        var failure = await Assert.ThrowsAsync<RpcException>(() => client.CallAsync(
            KubeletMethods.Allocate, request, AllocateResponse.Parser, TimeSpan.FromMinutes(1), CancellationToken.None));

        Assert.Equal(RpcStatus.InvalidArgument, failure.Status);
        Assert.EndsWith("for two containers.", failure.Detail, StringComparison.Ordinal);
        Assert.Equal(0, node.Agent.State.Usage.UsedBytes);
    }

    [Fact]
    public async Task Enclaves_AreRefusedWhilePodsAskForMoreThanThereIs()
    {
        await using var node = await NodeFixture.StartAsync("dc48s_v3");
        var capacity = node.Agent.State.Usage.CapacityBytes;
        node.Agent.SetPodUses([new("pod-1", capacity, null), new("pod-2", 1, null)]);

        var refused = await Assert.ThrowsAsync<AdmissionException>(() => node.Kubelet.AdmitAsync(First, (AccessResource.Enclave, 1)));
        Assert.Contains("of EPC, and there are", refused.Message, StringComparison.Ordinal);

        node.Agent.SetPodUses([new("pod-1", capacity, null)]);
        await node.Kubelet.AdmitAsync(First, (AccessResource.Enclave, 1));
    }

    [Fact]
    public async Task AnotherListAndWatch_EndsTheFirst()
    {
        await using var node = await NodeFixture.StartAsync("dc2s_v3");
        await using var client = new RpcClient(new RpcClientOptions { SocketPath = Path.Combine(node.PluginDirectory, "casemate-enclave.sock") });

        try
        {
            await foreach (var list in client.StreamAsync(KubeletMethods.ListAndWatch, new Empty(), ListAndWatchResponse.Parser))
            {
                Assert.Equal(110, list.Devices.Count);
                break;
            }
        }
        catch (RpcException e)
        {
            // The end of the kubelet's stream makes the plugin listen anew, which may come before our list.
            Assert.Equal(RpcStatus.Unavailable, e.Status);
        }

        // Ours is over as well by now, so the plugin registers again.
        await node.Kubelet.UntilAsync(() => node.Kubelet.Registrations(AccessResource.Enclave) == 2);
        await node.UntilReadyAsync();
        Assert.Equal(RpcStatus.Aborted, Assert.IsType<RpcException>(node.Kubelet.LastEnd(AccessResource.Enclave)).Status);
        Assert.Equal(1, node.Kubelet.MostStreams(AccessResource.Enclave));
    }

    [Fact]
    public async Task Advertised_IsWhatTheKubeletSays()
    {
        await using var node = await NodeFixture.StartAsync("dc2s_v2");

        await node.Kubelet.UntilAsync(() => node.Agent.State.Resources.All(resource => resource.Advertised == resource.Expected));

        Assert.Equal(3, node.Agent.State.Resources.Count);
    }

    private static async Task<RpcException> AllocateAsync(NodeFixture node, params string[] ids)
    {
        await using var client = new RpcClient(new RpcClientOptions { SocketPath = Path.Combine(node.PluginDirectory, "casemate-epc.sock") });
        return await Assert.ThrowsAsync<RpcException>(() => client.CallAsync(
            KubeletMethods.Allocate, new AllocateRequest { ContainerRequests = { new ContainerAllocateRequest { DevicesIds = { ids } } } },
            AllocateResponse.Parser, TimeSpan.FromMinutes(1), CancellationToken.None));
    }

    internal static Casemate.Node.Discovery.NodeSources TwoBanks(int first, int second)
    {
        var machine = new TestMachine { Cpuid = TestMachine.Processor((0x1_0000_0000, (first + second) * TestMachine.MiB)) };
        machine.Epc(0, $"{first * TestMachine.MiB}\n").Epc(1, $"{second * TestMachine.MiB}\n");
        return machine.Sources();
    }

    /// <summary>A machine that says nothing until the kubelet was asked.</summary>
    private sealed class LateFiles(ManualResetEventSlim asked) : ISystemFiles
    {
        private readonly TestMachine _machine = new();

        public SystemFile Read(string path, int limit)
        {
            Assert.True(asked.Wait(TaskPatience.Limit), "The kubelet was not asked.");
            return _machine.Read(path, limit);
        }

        public IReadOnlyList<string> List(string path) => _machine.List(path);

        public bool HasDirectory(string path) => _machine.HasDirectory(path);
    }
}
