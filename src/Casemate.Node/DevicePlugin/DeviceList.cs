using System.Collections.Immutable;
using Casemate.Node.Resources;

namespace Casemate.Node.DevicePlugin;

/// <summary>
/// The devices of one resource at one moment, as a few ranges: a hundred thousand devices take no more memory than one.
/// </summary>
internal sealed class DeviceList
{
    private DeviceList(ImmutableArray<DeviceRange> ranges)
    {
        Ranges = ranges;
        Count = ranges.Sum(range => range.Count);
        HealthyCount = ranges.Sum(range => range.Healthy);
        Size = ranges.Sum(range =>
            SizeOf(range.First, range.Healthy, range.Numa, healthy: true)
            + SizeOf(range.First + range.Healthy, range.Count - range.Healthy, range.Numa, healthy: false));
        WorstSize = ranges.Sum(range => SizeOf(range.First, range.Count, range.Numa, healthy: false));
    }

    /// <summary>The ranges, by index, without gaps from 0.</summary>
    public ImmutableArray<DeviceRange> Ranges { get; }

    /// <summary>How many devices.</summary>
    public int Count { get; }

    /// <summary>How many of them are healthy.</summary>
    public int HealthyCount { get; }

    /// <summary>Bytes of the ListAndWatch message.</summary>
    public long Size { get; }

    /// <summary>Bytes of the message with every device unhealthy, the longest that this list can become.</summary>
    public long WorstSize { get; }

    /// <summary>True when the kubelet takes the message whatever the devices' health will be.</summary>
    public bool AlwaysFits => WorstSize <= DeviceListSize.Limit;

    /// <summary>A list of healthy devices.</summary>
    /// <param name="banks">How many of each NUMA node; null for devices without topology. 262,144 in all at most.</param>
    public static DeviceList Of(params IEnumerable<(int? Numa, long Devices)> banks)
    {
        var ranges = ImmutableArray.CreateBuilder<DeviceRange>();
        var first = 0;
        foreach (var (numa, devices) in banks)
        {
            var count = checked((int)devices);
            ArgumentOutOfRangeException.ThrowIfNegative(count);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(count, EpcDeviceIds.MaxCount - first);
            ranges.Add(new DeviceRange(numa, first, count, count));
            first += count;
        }

        return new DeviceList(ranges.ToImmutable());
    }

    /// <summary>The same devices with another health.</summary>
    /// <param name="healthy">How many of each range are healthy; more than there are counts as all, a missing number as none.</param>
    public DeviceList WithHealthy(IReadOnlyList<long> healthy) => new(
        [.. Ranges.Select((range, i) => range with { Healthy = (int)Math.Clamp(i < healthy.Count ? healthy[i] : 0, 0, range.Count) })]);

    /// <summary>True when both have the same devices, whatever their health.</summary>
    public bool HasSameDevices(DeviceList other) =>
        Ranges.Select(range => (range.Numa, range.Count)).SequenceEqual(other.Ranges.Select(range => (range.Numa, range.Count)));

    /// <summary>True when both are the same message.</summary>
    public bool IsSame(DeviceList? other) => other is not null && Ranges.AsSpan().SequenceEqual(other.Ranges.AsSpan());

    /// <summary>Finds the device of an id.</summary>
    public bool TryFind(string id, out int index) => EpcDeviceIds.TryRead(id, out index) && index < Count;

    /// <summary>The range of a device.</summary>
    public DeviceRange RangeOf(int index)
    {
        foreach (var range in Ranges)
        {
            if (index < range.End)
            {
                return range;
            }
        }

        throw new ArgumentOutOfRangeException(nameof(index));
    }

    /// <summary>True when a device is healthy.</summary>
    public bool IsHealthy(int index) => RangeOf(index) is var range && index - range.First < range.Healthy;

    // All ids of one length in one step.
    private static long SizeOf(int first, int count, int? numa, bool healthy)
    {
        long size = 0;
        var end = first + count;
        for (var index = first; index < end;)
        {
            var length = EpcDeviceIds.LengthOf(index);
            var next = (int)Math.Min(end, 1L << (6 * length));
            size += (long)(next - index) * DeviceListSize.OfDevice(length, healthy, numa);
            index = next;
        }

        return size;
    }
}
