using System.Buffers;
using Casemate.Node.DevicePlugin;
using Casemate.Node.Resources;
using Casemate.Rpc.Kubelet.DevicePlugin;
using FsCheck;
using FsCheck.Fluent;
using Google.Protobuf;

namespace Casemate.Node.Tests.DevicePlugin;

/// <summary>The list of devices on the wire: its size is known before it is sent, and it is what any protobuf library reads.</summary>
public sealed class DeviceListTests
{
    private static byte[] Encode(DeviceList list)
    {
        var output = new ArrayBufferWriter<byte>();
        var message = new DeviceListMessage(list);
        while (output.WrittenCount < message.Length)
        {
            message.WriteNext(output);
        }

        return output.WrittenSpan.ToArray();
    }

    [Fact]
    public void ComputedSize_IsWhatTheEncoderWrites_ForAnyBanksAndHealth()
    {
        var banks =
            from numa in Gen.Frequency((2, Gen.Constant((int?)null)), (2, Gen.Constant((int?)0)), (3, Gen.Choose(1, 1023).Select(n => (int?)n)))
            from count in Gen.Frequency((3, Gen.Choose(0, 200)), (2, Gen.Choose(3900, 4300)), (1, Gen.Choose(0, 65_000)))
            from healthy in Gen.Choose(0, count)
            select (numa, count, healthy);
        var lists = Gen.Choose(1, 4).SelectMany(n => banks.ListOf(n)).Select(list => list.ToArray()).ToArbitrary();

        Prop.ForAll(lists, list =>
        {
            var devices = DeviceList.Of(list.Select(bank => (bank.numa, (long)bank.count))).WithHealthy([.. list.Select(bank => (long)bank.healthy)]);
            var bytes = Encode(devices);
            Assert.Equal(devices.Size, bytes.Length);
            Assert.True(devices.WorstSize >= devices.Size);

            var read = ListAndWatchResponse.Parser.ParseFrom(bytes);
            Assert.Equal(devices.Count, read.Devices.Count);
            Assert.Equal(devices.HealthyCount, read.Devices.Count(device => device.Health == "Healthy"));
            Assert.Equal(read.CalculateSize(), bytes.Length);
            Assert.Equal(read.ToByteArray(), bytes);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(40).WithReplay(20261121, 1));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(64)]
    [InlineData(65)]
    [InlineData(4096)]
    [InlineData(4097)]
    [InlineData(226_600)]
    [InlineData(262_144)]
    public void EveryDevice_IsThereOnce_WithItsOwnId(int count)
    {
        var read = ListAndWatchResponse.Parser.ParseFrom(Encode(DeviceList.Of((null, count))));

        Assert.Equal(count, read.Devices.Select(device => device.ID).Distinct().Count());
        Assert.All(read.Devices.Select((device, i) => (device, i)), pair =>
        {
            Assert.Equal(EpcDeviceIds.Of(pair.i), pair.device.ID);
            Assert.Equal("Healthy", pair.device.Health);
            Assert.Null(pair.device.Topology);
        });
    }

    // Ids of other lengths than ours, and more devices than we have ids for: the formula alone.
    [Theory]
    [InlineData(1, 3)]
    [InlineData(300_000, 5)]
    [InlineData(226_600, 6)]
    [InlineData(76_260, 36)]
    [InlineData(20_000, 63)]
    public void Formula_IsThatOfTheProtobufLibrary(int count, int idLength)
    {
        foreach (var (health, numa) in new (bool, int?)[] { (true, null), (false, null), (true, 0), (true, 1), (true, 127), (false, 128) })
        {
            var device = new Device { ID = new string('x', idLength), Health = health ? "Healthy" : "Unhealthy" };
            if (numa is { } node)
            {
                device.Topology = new TopologyInfo { Nodes = { new NUMANode { ID = node } } };
            }

            var list = new ListAndWatchResponse { Devices = { Enumerable.Repeat(device, count) } };
            Assert.Equal(list.CalculateSize(), (long)count * DeviceListSize.OfDevice(idLength, health, numa));
        }
    }

    [Theory]
    [InlineData(226_600, true)]                                            // 16 bytes each and less, unhealthy 18
    [InlineData(240_000, false)]
    public void AlwaysFits_CountsAllDevicesUnhealthy(int count, bool fits) => Assert.Equal(fits, DeviceList.Of((null, count)).AlwaysFits);

    [Fact]
    public async Task Protoc_ReadsTheSame()
    {
        var list = DeviceList.Of((0, 2), (1, 2), (130, 1)).WithHealthy([2, 1, 0]);

        var text = await Protoc.DecodeRawAsync(Encode(list));

        static string Device(string id, string health, string topology) =>
            "1 {\n" + Protoc.Field(1, id, 1) + Protoc.Field(2, health, 1) + topology + "}\n";
        Assert.Equal(
            Device("0", "Healthy", "  3 {\n    1: \"\"\n  }\n") + Device("1", "Healthy", "  3 {\n    1: \"\"\n  }\n")
            + Device("2", "Healthy", "  3 {\n    1 {\n      1: 1\n    }\n  }\n") + Device("3", "Unhealthy", "  3 {\n    1 {\n      1: 1\n    }\n  }\n")
            + Device("4", "Unhealthy", "  3 {\n    1 {\n      1: 130\n    }\n  }\n"),
            text);
    }

    [Fact]
    public async Task Protoc_CountsTheDevicesOfALargeList()
    {
        var text = await Protoc.DecodeRawAsync(Encode(DeviceList.Of((0, 9_000), (1, 7_384))));

        Assert.Equal(16_384, text.Split('\n').Count(line => line == "1 {"));
    }

    [Fact]
    public void ShrunkBank_KeepsItsIdsAndMarksTheLastOnesUnhealthy()
    {
        var list = DeviceList.Of((0, 10), (1, 10)).WithHealthy([7, 10]);

        Assert.True(list.IsHealthy(6));
        Assert.False(list.IsHealthy(7));
        Assert.True(list.IsHealthy(10));
        Assert.Equal(1, list.RangeOf(10).Numa);
        Assert.Equal(17, list.HealthyCount);
    }
}
