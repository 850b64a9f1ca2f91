using Casemate.Kubernetes;
using Casemate.Node.DevicePlugin;
using Casemate.Node.Ledger;
using Casemate.Node.Resources;
using Casemate.Rpc.Kubelet.PodResources;

namespace Casemate.Node.Tests.DevicePlugin;

/// <summary>What each container holds of the EPC, by the kubelet's list.</summary>
public sealed class ContainerAmountsTests
{
    private const string Share = "casemate.dev/sgx=uid-1-epc-0-share-1";

    [Fact]
    public void Devices_CountAsMiB_OverAllNumaNodes()
    {
        var container = new ContainerResources
        {
            Name = "main",
            Devices = { Devices(ResourceFamily.Azure.Name, 3), Devices(ResourceFamily.Azure.Name, 2, first: 3), Devices(AccessResource.Enclave, 1) },
        };

        Assert.Equal([new ContainerEpcAmount("ns", "pod", "main", 5 << 20)], Of([container], []));
    }

    [Fact]
    public void Others_AreNotShown() => Assert.Empty(Of(
        [new ContainerResources { Name = "main", Devices = { Devices("example.com/gpu", 8), Devices(AccessResource.Enclave, 1) } }], []));

    [Fact]
    public void AShareOfAClaim_CountsWithEachContainerThatNamesIt()
    {
        EpcUse[] uses = [new("uid-1/uid-1-epc-0-share-1", 64 << 20, 0), new("allocation", 1 << 20)];

        Assert.Equal(
            [new ContainerEpcAmount("ns", "pod", "a", 64 << 20), new ContainerEpcAmount("ns", "pod", "b", 64 << 20)],
            Of([Claimant("a", Share), Claimant("b", Share, Share), Claimant("c", "casemate.dev/sgx=uid-2-epc-0")], uses));
    }

    [Fact]
    public void SharesBeyondAllNumbers_StayTooMuch() => Assert.Equal(
        [new ContainerEpcAmount("ns", "pod", "a", long.MaxValue)],
        Of(
            [Claimant("a", Share, "casemate.dev/sgx=uid-2-epc-0")],
            [new EpcUse("uid-1/uid-1-epc-0-share-1", long.MaxValue), new EpcUse("uid-2/uid-2-epc-0", long.MaxValue)]));

    [Fact]
    public void ALongList_IsCut()
    {
        var containers = Enumerable.Range(0, ContainerAmounts.Most + 50)
            .Select(i => new ContainerResources { Name = $"c{i}", Devices = { Devices(ResourceFamily.Azure.Name, 1) } });

        Assert.Equal(ContainerAmounts.Most, Of([.. containers], []).Count);
    }

    [Theory]
    [InlineData('x', 254)]
    [InlineData('\u001b', 1)]
    [InlineData('\0', 2)]
    public void ANameThatNoContainerCanHave_IsNotShown(char letter, int length) => Assert.Empty(Of(
        [new ContainerResources { Name = new string(letter, length), Devices = { Devices(ResourceFamily.Azure.Name, 1) } }], []));

    [Fact]
    public void WhatIsNoDevice_AndADeviceThatIsThereTwice_AreNotCounted() => Assert.Equal(
        [new ContainerEpcAmount("ns", "pod", "main", 1 << 20)],
        Of(
            [
                new ContainerResources
                {
                    Name = "main",
                    Devices = { new ContainerDevices { ResourceName = ResourceFamily.Azure.Name, DeviceIds = { "0", "0", "no device", "" } } },
                },
            ],
            []));

    private static IReadOnlyList<ContainerEpcAmount> Of(IReadOnlyList<ContainerResources> containers, IReadOnlyList<EpcUse> uses) =>
        ContainerAmounts.Of(
            new ListPodResourcesResponse
            {
                PodResources = { new Casemate.Rpc.Kubelet.PodResources.PodResources { Namespace = "ns", Name = "pod", Containers = { containers } } },
            },
            uses);

    private static ContainerDevices Devices(string resource, int count, int first = 0) =>
        new() { ResourceName = resource, DeviceIds = { Enumerable.Range(first, count).Select(EpcDeviceIds.Of) } };

    private static ContainerResources Claimant(string name, params string[] devices) => new()
    {
        Name = name,
        DynamicResources =
        {
            new DynamicResource
            {
                ClaimName = "claim",
                ClaimNamespace = "ns",
                ClaimResources = { new ClaimResource { CdiDevices = { devices.Select(device => new CDIDevice { Name = device }) } } },
            },
        },
    };
}
