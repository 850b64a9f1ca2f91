using Casemate.Kubernetes;
using Casemate.Node.Advertisement;
using Casemate.Node.Discovery;
using Casemate.Node.Resources;

namespace Casemate.Node.Tests.Advertisement;

/// <summary>What a node offers of its hardware.</summary>
public sealed class AdvertisementPlanTests
{
    private const long MiB = 1L << 20;

    [Fact]
    public void SmallEpc_IsOneDeviceForEachMiB_UnderAzuresName()
    {
        var plan = Plan([168 * MiB]);

        Assert.Equal(EpcFrontEnd.OneDevicePerMib, plan.FrontEnd);
        Assert.Same(ResourceFamily.Azure, plan.Family);
        var epc = plan.Resources[0];
        Assert.Equal(("kubernetes.azure.com/sgx_epc_mem_in_MiB", ResourceCarrier.DevicePlugin, 168), (epc.Name, epc.Carrier, epc.Count));
        Assert.Equal(168 * MiB, plan.AdvertisedBytes);
    }

    [Fact]
    public void LargeEpc_IsANumberOfBytes_InTheNodesStatus()
    {
        var plan = Plan([256L << 30, 256L << 30]);

        Assert.Equal(EpcFrontEnd.NodeCapacity, plan.FrontEnd);
        Assert.Same(ResourceFamily.Intel, plan.Family);
        Assert.Equal(("sgx.intel.com/epc", ResourceCarrier.NodeStatus, 512L << 30), Row(plan.Resources[0]));
        Assert.Contains(plan.Resources, resource => resource is { Name: "sgx.intel.com/enclave", Count: 110 });
        Assert.Contains(plan.Resources, resource => resource is { Name: "sgx.intel.com/provision", Count: 110 });
    }

    [Fact]
    public void TheLimit_IsInclusive()
    {
        Assert.Equal(EpcFrontEnd.OneDevicePerMib, Plan([4096 * MiB]).FrontEnd);
        Assert.Equal(EpcFrontEnd.NodeCapacity, Plan([4097 * MiB]).FrontEnd);
    }

    [Fact]
    public void ALargeAmount_UnderANameInMiB_IsNeverDevices_AndItsUnitStays()
    {
        var plan = Plan([256L << 30], new AdvertisementSettings { Family = ResourceFamily.Azure });

        Assert.Equal(EpcFrontEnd.NodeCapacity, plan.FrontEnd);
        Assert.Equal(("kubernetes.azure.com/sgx_epc_mem_in_MiB", ResourceCarrier.NodeStatus, 262_144L), Row(plan.Resources[0]));
    }

    [Fact]
    public void ASmallAmount_UnderANameInBytes_StandsInTheNodesStatus() =>
        Assert.Equal(
            ("sgx.intel.com/epc", ResourceCarrier.NodeStatus, 56 * MiB),
            Row(Plan([56 * MiB], new AdvertisementSettings { Family = ResourceFamily.Intel }).Resources[0]));

    [Fact]
    public void OnlyOneName_CarriesEpc()
    {
        foreach (var family in ResourceFamily.All)
        {
            foreach (var bytes in (long[])[56 * MiB, 64L << 30])
            {
                var plan = Plan([bytes], new AdvertisementSettings { Family = family });
                Assert.Equal(family.Name, Assert.Single(plan.Resources, resource => resource.GranuleBytes > 0).Name);
            }
        }
    }

    [Fact]
    public void WithDra_NoNameCarriesEpc_AndEachBankIsADevice()
    {
        var plan = Plan([64L << 30, 32L << 30], new AdvertisementSettings { Dra = true });

        Assert.Equal(EpcFrontEnd.Dra, plan.FrontEnd);
        Assert.Null(plan.Family);
        Assert.Equal(["epc-0", "epc-1", "enclave", "provision"], plan.Resources.Select(resource => resource.Name));
        Assert.All(plan.Resources, resource => Assert.Equal(ResourceCarrier.ResourceSlice, resource.Carrier));
        Assert.Equal(96L << 30, plan.Resources.Sum(resource => resource.Bytes));
    }

    [Fact]
    public void TheReserve_ComesFromTheLargestBank_AndIsNotOffered()
    {
        var plan = Plan([64 * MiB, 128 * MiB], new AdvertisementSettings { ReserveMiB = 16 });

        Assert.Equal([64 * MiB, 112 * MiB], plan.Banks.Select(bank => bank.AvailableBytes));
        Assert.Equal(176 * MiB, plan.AdvertisedBytes);
    }

    [Fact]
    public void AReserve_BeyondTheLargestBank_GoesOnInTheNext() =>
        Assert.Equal(
            [0, 40 * MiB],
            Plan([128 * MiB, 64 * MiB], new AdvertisementSettings { ReserveMiB = 152 }).Banks.Select(bank => bank.AvailableBytes));

    [Theory]
    [InlineData(56)]
    [InlineData(1L << 40)]
    [InlineData(long.MaxValue >> 20)]
    public void AReserve_OfEverything_LeavesNothing_AndSaysSo(long reserve)
    {
        var plan = Plan([56 * MiB], new AdvertisementSettings { ReserveMiB = reserve });

        Assert.Equal(EpcFrontEnd.None, plan.FrontEnd);
        Assert.Empty(plan.Resources);
        Assert.Contains(plan.Reasons, reason => reason.StartsWith("No EPC is offered:", StringComparison.Ordinal));
    }

    [Fact]
    public void PartsOfAMiB_AreCut_BankByBank()
    {
        var plan = Plan([(56 * MiB) + 4096, (10 * MiB) + 8192]);

        Assert.Equal([56, 10], plan.Banks.Select(bank => bank.Devices));
        Assert.Equal(12_288, Assert.Single(plan.Cuts).Bytes);
    }

    [Fact]
    public void OneBank_NeedsNoTopology_SeveralDo()
    {
        Assert.Equal((64 * 14) + (36 * 15), Plan([100 * MiB]).Resources[0].ListBytes);
        Assert.Equal((50 * 18) + (14 * 20) + (36 * 21), Plan([50 * MiB, 50 * MiB]).Resources[0].ListBytes);
    }

    [Fact]
    public void WithoutTheProvisioningDevice_ItIsNotOffered()
    {
        var plan = AdvertisementPlan.Make(
            new TestMachine { Devices = "char /dev/sgx_enclave 10 125 0666 0\n" }.Epc(0, "58720256").Scan(), AdvertisementSettings.Default);

        Assert.DoesNotContain(plan.Resources, resource => resource.Name == AccessResource.Provision);
        Assert.Contains(plan.Cuts, cut => cut.What == AccessResource.Provision);
    }

    [Fact]
    public void EpcWithoutAnEnclaveDevice_IsNotOffered_NorLabelled()
    {
        var plan = AdvertisementPlan.Make(new TestMachine { Devices = "" }.Epc(0, "58720256").Scan(), AdvertisementSettings.Default);

        Assert.Equal(EpcFrontEnd.None, plan.FrontEnd);
        Assert.Equal([new PlannedLabel("casemate.dev/simulated", "true")], plan.Labels);
    }

    [Fact]
    public void Labels_CanBeSwitchedOff_ButNotThatOfSimulatedHardware()
    {
        Assert.Equal(
            [new PlannedLabel("casemate.dev/simulated", "true")],
            Plan([56 * MiB], new AdvertisementSettings { OwnLabels = false, CompatibilityLabels = false }).Labels);
        Assert.Contains(new PlannedLabel("tee", "sgx"), Plan([56 * MiB], new AdvertisementSettings { OwnLabels = false }).Labels);
    }

    [Fact]
    public void LabelValues_AreValid() =>
        Assert.All(Plan([56 * MiB]).Labels, label => Assert.Matches("^[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$", label.Value));

    [Fact]
    public void Taints_AreThoseAskedFor()
    {
        Assert.Empty(Plan([56 * MiB]).Taints);
        Assert.Equal(
            ["kubernetes.azure.com/sgx_epc_mem_in_MiB:NoSchedule", "openenclave.io/sgx_epc_MiB=true:NoSchedule"],
            Plan([56 * MiB], new AdvertisementSettings { TaintByFamily = true, TaintAsAksEngine = true })
                .Taints.Select(taint => taint.ToString()));
    }

    [Fact]
    public void SettingsOutOfRange_AreAllNamed()
    {
        var settings = new AdvertisementSettings
        {
            EpcDeviceLimitMiB = 16_385,
            ReserveMiB = -1,
            EnclaveCount = 4097,
            ProvisionCount = -1,
            Dra = true,
            Family = ResourceFamily.Azure,
        };

        Assert.Equal(5, settings.Validate().Count);
        Assert.Throws<ArgumentException>(() => Plan([56 * MiB], settings));
    }

    [Fact]
    public void NoPlan_OffersMoreThanThereIs_NorAListThatTheKubeletRefuses()
    {
        var random = new Random(11);
        for (var i = 0; i < 3000; i++)
        {
            var banks = new long[random.Next(1, 9)];
            for (var bank = 0; bank < banks.Length; bank++)
            {
                banks[bank] = (random.NextInt64(1, 1L << random.Next(1, 46)) / 4096 * 4096) + 4096;
            }

            var settings = new AdvertisementSettings
            {
                Family = random.Next(5) is var choice and < 4 ? ResourceFamily.All[choice] : null,
                EpcDeviceLimitMiB = random.Next(AdvertisementSettings.HighestDeviceLimitMiB + 1),
                ReserveMiB = random.NextInt64(1L << random.Next(1, 43)),
                EnclaveCount = random.Next(AdvertisementSettings.HighestAccessCount + 1),
            };
            settings = random.Next(4) == 0 ? settings with { Dra = true, Family = null } : settings;

            Check(Plan(banks, settings), banks, settings);
        }
    }

    private static void Check(AdvertisementPlan plan, long[] banks, AdvertisementSettings settings)
    {
        var reserve = (Int128)settings.ReserveMiB * MiB;
        var available = Int128.Max(0, banks.Sum() - reserve);
        var offered = plan.Resources.Sum(resource => resource.Bytes);
        Assert.True(offered <= available, $"{offered} of {available}");
        Assert.Equal(plan.FrontEnd is EpcFrontEnd.None ? 0 : plan.AdvertisedBytes, offered);
        Assert.True(plan.FrontEnd is EpcFrontEnd.None || available - offered < (Int128)banks.Length * MiB);
        Assert.Equal(banks.Order(), plan.Banks.Select(bank => bank.TotalBytes).Order());
        Assert.All(plan.Banks, bank => Assert.InRange(bank.AdvertisedBytes, 0, bank.AvailableBytes));
        Assert.All(plan.Banks, bank => Assert.InRange(bank.ReserveBytes, 0, bank.TotalBytes));
        Assert.All(plan.Resources, resource => Assert.True(resource.Count > 0 && resource.WorstListBytes <= DeviceListSize.Limit));
        if (plan.FrontEnd is EpcFrontEnd.OneDevicePerMib)
        {
            Assert.Equal(plan.Banks.Sum(bank => bank.Devices), plan.Resources[0].Count);
            Assert.True(plan.Resources[0].Count <= settings.EpcDeviceLimitMiB);
        }
    }

    private static (string, ResourceCarrier, long) Row(PlannedResource resource) => (resource.Name, resource.Carrier, resource.Count);

    private static AdvertisementPlan Plan(long[] banks, AdvertisementSettings? settings = null)
    {
        var machine = new TestMachine();
        for (var i = 0; i < banks.Length; i++)
        {
            machine.Epc(i, banks[i].ToString(System.Globalization.CultureInfo.InvariantCulture));
        }

        return AdvertisementPlan.Make(machine.Scan(), settings ?? AdvertisementSettings.Default);
    }
}
