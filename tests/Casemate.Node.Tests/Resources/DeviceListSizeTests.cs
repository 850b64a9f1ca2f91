using System.Text;
using Casemate.Node.Resources;

namespace Casemate.Node.Tests.Resources;

/// <summary>The computed size of a device list equals that of the encoded one.</summary>
public sealed class DeviceListSizeTests
{
    // Bytes for each device, for ids of a length: healthy, unhealthy, on NUMA node 0, on NUMA node 1.
    [Theory]
    [InlineData(3, 262_144, 233_016, 209_715, 190_650)]
    [InlineData(4, 246_723, 220_752, 199_728, 182_361)]
    [InlineData(5, 233_016, 209_715, 190_650, 174_762)]
    [InlineData(6, 220_752, 199_728, 182_361, 167_772)]
    [InlineData(8, 199_728, 182_361, 167_772, 155_344)]
    [InlineData(16, 144_631, 135_300, 127_100, 119_837)]
    [InlineData(36, 85_598, 82_241, 79_137, 76_260)]
    public void SoManyDevices_FitIntoAMessage(int idLength, int healthy, int unhealthy, int node0, int node1)
    {
        Assert.Equal(healthy, DeviceListSize.Limit / DeviceListSize.OfDevice(idLength, true, null));
        Assert.Equal(unhealthy, DeviceListSize.Limit / DeviceListSize.OfDevice(idLength, false, null));
        Assert.Equal(node0, DeviceListSize.Limit / DeviceListSize.OfDevice(idLength, true, 0));
        Assert.Equal(node1, DeviceListSize.Limit / DeviceListSize.OfDevice(idLength, true, 1));
    }

    [Theory]
    [InlineData(true, null)]
    [InlineData(false, null)]
    [InlineData(true, 0)]
    [InlineData(false, 1)]
    [InlineData(true, 127)]
    [InlineData(true, 128)]
    [InlineData(false, 1023)]
    public void TheFormula_IsTheEncodersSize(bool healthy, int? numa)
    {
        long encoded = 0;
        for (var count = 0; count < 6000; count++)
        {
            Assert.Equal(encoded, DeviceListSize.Of([(numa, count)], healthy));
            encoded += Encode(EpcDeviceIds.Of(count), healthy, numa).Length;
        }
    }

    [Fact]
    public void BanksFollowEachOther_SoThatLaterOnesHaveLongerIds()
    {
        var first = Enumerable.Range(0, 50).Sum(i => Encode(EpcDeviceIds.Of(i), true, 0).Length);
        var second = Enumerable.Range(50, 5000).Sum(i => Encode(EpcDeviceIds.Of(i), true, 1).Length);

        Assert.Equal(first + second, DeviceListSize.Of([(0, 50), (1, 5000)], healthy: true));
    }

    [Fact]
    public void TheMostDevices_AreCounted_AndMoreIsRefused()
    {
        Assert.Equal((64 * 14) + (4032 * 15) + (258_048 * 16), DeviceListSize.Of([(null, EpcDeviceIds.MaxCount)], healthy: true));
        Assert.Throws<ArgumentOutOfRangeException>(() => DeviceListSize.Of([(null, EpcDeviceIds.MaxCount + 1L)], healthy: true));
        Assert.Throws<OverflowException>(() => DeviceListSize.Of([(0, 1), (1, long.MaxValue)], healthy: true));
    }

    [Fact]
    public void Ids_AreShort_Different_AndReadBack()
    {
        var seen = new HashSet<string>();
        for (var i = 0; i < 20_000; i++)
        {
            var id = EpcDeviceIds.Of(i);
            Assert.True(seen.Add(id), $"{id} twice");
            Assert.Equal(EpcDeviceIds.LengthOf(i), id.Length);
            Assert.True(EpcDeviceIds.TryRead(id, out var index));
            Assert.Equal(i, index);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("00")]
    [InlineData("0A")]
    [InlineData("AAAA")]
    [InlineData("é")]
    [InlineData("/")]
    [InlineData("a b")]
    public void WhatIsNoId_IsNotRead(string id) => Assert.False(EpcDeviceIds.TryRead(id, out _));

    // The message written field by field, as a protobuf library writes it.
    private static byte[] Encode(string id, bool healthy, int? numa)
    {
        var device = new List<byte>();
        Append(device, 0x0A, Encoding.ASCII.GetBytes(id));
        Append(device, 0x12, Encoding.ASCII.GetBytes(healthy ? "Healthy" : "Unhealthy"));
        if (numa is { } number)
        {
            var node = new List<byte>();
            if (number != 0)
            {
                node.Add(0x08);
                AppendVarint(node, (uint)number);
            }

            var topology = new List<byte>();
            Append(topology, 0x0A, [.. node]);
            Append(device, 0x1A, [.. topology]);
        }

        var message = new List<byte>();
        Append(message, 0x0A, [.. device]);
        return [.. message];
    }

    private static void Append(List<byte> to, byte tag, byte[] content)
    {
        to.Add(tag);
        AppendVarint(to, (uint)content.Length);
        to.AddRange(content);
    }

    private static void AppendVarint(List<byte> to, uint value)
    {
        for (; value >= 0x80; value >>= 7)
        {
            to.Add((byte)(value | 0x80));
        }

        to.Add((byte)value);
    }
}
