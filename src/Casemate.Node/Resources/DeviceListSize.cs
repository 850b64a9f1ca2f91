namespace Casemate.Node.Resources;

/// <summary>
/// The size of a ListAndWatch message, computed: the kubelet refuses one above <see cref="Limit"/> without telling the plugin, and the
/// resource is 0 from then on. Layout: kubelet device plugin API v1beta1, <c>ListAndWatchResponse</c>.
/// </summary>
public static class DeviceListSize
{
    /// <summary>The largest message that the kubelet takes, inclusive: grpc-go's default for receiving.</summary>
    public const int Limit = 4_194_304;

    /// <summary>The size of a list whose ids are those of <see cref="EpcDeviceIds"/>, device after device, bank after bank.</summary>
    /// <param name="banks">The banks' devices; the NUMA node is null for devices without topology.</param>
    /// <param name="healthy">Whether all devices are reported <c>Healthy</c>; else all <c>Unhealthy</c>, which takes two bytes more
    /// for each.</param>
    public static long Of(IEnumerable<(int? Numa, long Devices)> banks, bool healthy)
    {
        ArgumentNullException.ThrowIfNull(banks);
        long size = 0;
        long index = 0;
        foreach (var (numa, devices) in banks)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(devices);
            var end = checked(index + devices);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(end, EpcDeviceIds.MaxCount);
            while (index < end)
            {
                // All ids of a length in one step.
                var length = EpcDeviceIds.LengthOf((int)index);
                var same = Math.Min(end, 1L << (6 * length)) - index;
                size += same * OfDevice(length, healthy, numa);
                index += same;
            }
        }

        return size;
    }

    /// <summary>What one device adds to the message.</summary>
    /// <param name="idLength">Characters of its id, 1 to 63.</param>
    /// <param name="healthy">Whether it is reported <c>Healthy</c>.</param>
    /// <param name="numa">Its NUMA node; null for none.</param>
    public static int OfDevice(int idLength, bool healthy, int? numa)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(idLength);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(idLength, 63);

        // A field is a byte of tag, its length and the content. proto3 does not write a number that is 0.
        var node = numa is null or 0 ? 0 : 1 + VarintLength((uint)numa.Value);
        var topology = numa is null ? 0 : Field(Field(node));
        return Field(Field(idLength) + Field(healthy ? "Healthy".Length : "Unhealthy".Length) + topology);
    }

    private static int Field(int content) => 1 + VarintLength((uint)content) + content;

    private static int VarintLength(uint value) => value < 1 << 7 ? 1 : value < 1 << 14 ? 2 : value < 1 << 21 ? 3 : value < 1 << 28 ? 4 : 5;
}
