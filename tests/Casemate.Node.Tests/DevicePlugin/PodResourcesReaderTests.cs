using Casemate.Kubernetes;
using Casemate.Node.DevicePlugin;
using Casemate.Node.Ledger;
using Casemate.Node.Resources;
using Casemate.Rpc;
using Casemate.Rpc.Kubelet;
using Casemate.Rpc.Kubelet.PodResources;
using Casemate.Testing;
using Google.Protobuf;
using PodOfKubelet = Casemate.Rpc.Kubelet.PodResources.PodResources;

namespace Casemate.Node.Tests.DevicePlugin;

/// <summary>The kubelet's list, of which only what is ours is read.</summary>
public sealed class PodResourcesReaderTests
{
    private const int Devices = 300;
    private static readonly string[] s_resources =
        [NodeFixture.Epc, AccessResource.Enclave, AccessResource.Provision, "nvidia.com/gpu", "", "sgx.intel.com/enclave2"];

    [Fact]
    public void CorrectLists_GiveTheSameAccountAndAmounts_AsTheWholeMessage()
    {
        var random = new Random(20261122);
        var held = 0;
        for (var i = 0; i < 400; i++)
        {
            var whole = List(random);

            var read = PodResourcesReader.ReadList(whole.ToByteArray());

            var (usage, amounts, allocations) = Account(whole);
            var (ownUsage, ownAmounts, ownAllocations) = Account(read);
            Assert.Equal(usage, ownUsage);
            Assert.Equal(amounts, ownAmounts);
            Assert.Equal(allocations, ownAllocations);
            held += amounts.Count;
        }

        Assert.True(held > 400, $"{held} containers held something.");
    }

    [Fact]
    public void OnlyWhatIsOurs_IsKept()
    {
        var list = new ListPodResourcesResponse
        {
            PodResources =
            {
                new PodOfKubelet { Name = "empty", Namespace = "n" },
                new PodOfKubelet { Name = "other", Namespace = "n", Containers = { Container("c", ("nvidia.com/gpu", ["0", "1"])) } },
                new PodOfKubelet
                {
                    Name = "ours", Namespace = "n",
                    Containers =
                    {
                        Container("none"),
                        Container("main", (NodeFixture.Epc, ["0", "no such id", "1"]), ("nvidia.com/gpu", ["0"]), (NodeFixture.Epc, ["1", "2"])),
                    },
                },
            },
        };

        var read = PodResourcesReader.ReadList(list.ToByteArray());

        var pod = Assert.Single(read.PodResources);
        Assert.Equal(("ours", "n"), (pod.Name, pod.Namespace));
        Assert.Equal(Container("main", (NodeFixture.Epc, ["0", "1", "2"])), Assert.Single(pod.Containers));
    }

    [Fact]
    public void HostileBytes_AreAListOrAnRpcException()
    {
        var random = new Random(20261123);
        var refused = 0;
        for (var i = 0; i < 5000; i++)
        {
            var bytes = List(random).ToByteArray();
            for (var change = random.Next(1, 4); change > 0 && bytes.Length > 0; change--)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            bytes = random.Next(3) == 0 ? bytes[..random.Next(bytes.Length + 1)] : bytes;
            try
            {
                Account(PodResourcesReader.ReadList(bytes));
                PodResourcesReader.CountDevices(bytes, s_resources);
            }
            catch (RpcException e)
            {
                Assert.Equal(RpcStatus.Internal, e.Status);
                refused++;
            }
        }

        Assert.InRange(refused, 500, 4999);
    }

    [Theory]
    [InlineData(PodResourcesReader.Most, true)]
    [InlineData(PodResourcesReader.Most + 1, false)]
    public void MoreOfOursThanAnyKubeletHas_IsRefused(int containers, bool isTaken)
    {
        var pod = new PodOfKubelet { Name = "p", Namespace = "n" };
        pod.Containers.AddRange(Enumerable.Repeat(Container("c", (AccessResource.Enclave, ["0"])), containers));
        var bytes = new ListPodResourcesResponse { PodResources = { pod } }.ToByteArray();

        var failure = Record.Exception(() => PodResourcesReader.ReadList(bytes));

        Assert.Equal(isTaken ? null : RpcStatus.ResourceExhausted, (failure as RpcException)?.Status);
    }

    [Fact]
    public void WhatCanBeGiven_IsCountedForTheResourcesThatAreAskedFor()
    {
        var answer = new AllocatableResourcesResponse
        {
            CpuIds = { 1, 2, 300 },
            Devices =
            {
                new ContainerDevices { ResourceName = NodeFixture.Epc, DeviceIds = { "0", "1" } },
                new ContainerDevices { ResourceName = "nvidia.com/gpu", DeviceIds = { "0" } },
                new ContainerDevices { ResourceName = NodeFixture.Epc, DeviceIds = { "2" } },
            },
        };

        var counts = PodResourcesReader.CountDevices(answer.ToByteArray(), [NodeFixture.Epc, AccessResource.Enclave]);

        Assert.Equal([KeyValuePair.Create(NodeFixture.Epc, 3)], counts);
    }

    [Fact]
    public async Task KubeletWhoseAnswerIsNoList_IsAnRpcException()
    {
        using var directory = new TemporaryDirectory();
        await using var server = await RpcServer.StartAsync(
            new RpcServerOptions
            {
                SocketPath = directory.File("kubelet.sock"),
                Methods = [RpcMethod.Unary<ListPodResourcesRequest, ListPodResourcesResponse>(
                    KubeletMethods.ListPodResources, ListPodResourcesRequest.Parser,
                    (_, _) => ValueTask.FromResult(ListPodResourcesResponse.Parser.ParseFrom([0x0A, 0x02, 0x1A, 0x00, 0x0B, 0x0C])))],
            },
            TestContext.Current.CancellationToken);

        var kubelet = new Node.DevicePlugin.PodResources(directory.File("kubelet.sock"), TimeProvider.System);

        var failure = await Assert.ThrowsAsync<RpcException>(() => kubelet.ListAsync(TestContext.Current.CancellationToken));
        Assert.Equal("The kubelet's list of what pods hold is malformed.", failure.Detail);
    }

    private static (EpcUsage Usage, IReadOnlyList<ContainerEpcAmount> Amounts, string Live) Account(ListPodResourcesResponse list)
    {
        var ledger = new EpcLedger([]);
        var book = new AllocationBook(ledger, TimeSpan.FromMinutes(5), TimeProvider.System);
        var usage = book.Reconcile(list, (_, index) => index < Devices ? index % 2 : null);
        var shares = Enumerable.Range(0, 4).Select(claim => new EpcUse($"claim/{claim}", 1 << claim, null));
        return (usage with { Uses = [] }, ContainerAmounts.Of(list, [.. usage.Uses, .. shares]),
            string.Join('\n', usage.Uses.Select(use => use.ToString())));
    }

    private static ContainerResources Container(string name, params IEnumerable<(string Resource, string[] Ids)> devices) => new()
    {
        Name = name,
        Devices = { devices.Select(entry => new ContainerDevices { ResourceName = entry.Resource, DeviceIds = { entry.Ids } }) },
    };

    // As a kubelet lists: devices of a NUMA node by themselves, others' devices, cores, memory and claims among them.
    private static ListPodResourcesResponse List(Random random)
    {
        var list = new ListPodResourcesResponse();
        for (var pods = random.Next(5); pods > 0; pods--)
        {
            var pod = new PodOfKubelet { Name = $"pod-{random.Next(100)}", Namespace = random.Next(2) == 0 ? "default" : "größer" };
            for (var containers = random.Next(4); containers > 0; containers--)
            {
                var container = Container($"c{random.Next(100)}");
                container.CpuIds.AddRange(Enumerable.Range(0, random.Next(3)).Select(_ => random.NextInt64()));
                container.Memory.Add(new ContainerMemory { MemoryType = "memory", Size = 1UL << 40 });
                for (var entries = random.Next(4); entries > 0; entries--)
                {
                    container.Devices.Add(new ContainerDevices
                    {
                        ResourceName = s_resources[random.Next(s_resources.Length)],
                        DeviceIds = { Enumerable.Range(0, random.Next(6)).Select(_ => Id(random)) },
                        Topology = new TopologyInfo { Nodes = { new NUMANode { ID = random.Next(2) } } },
                    });
                }

                for (var claims = random.Next(3); claims > 0; claims--)
                {
                    container.DynamicResources.Add(new DynamicResource
                    {
                        ClaimName = "claim",
                        ClaimNamespace = "default",
                        ClaimResources =
                        {
                            new ClaimResource
                            {
                                DriverName = "epc.casemate.dev", PoolName = "p", DeviceName = "d",
                                CdiDevices =
                                {
                                    new CDIDevice { Name = $"casemate.dev/sgx={random.Next(6)}" }, new CDIDevice { Name = "nvidia.com/gpu=0" },
                                },
                            },
                        },
                    });
                }

                pod.Containers.Add(container);
            }

            list.PodResources.Add(pod);
        }

        return list;
    }

    private static string Id(Random random) => random.Next(10) switch
    {
        0 => "not-an-id",
        1 => "ü",
        2 => "",
        _ => EpcDeviceIds.Of(random.Next(Devices + 50)),
    };
}
