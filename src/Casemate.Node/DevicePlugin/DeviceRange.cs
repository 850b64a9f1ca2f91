namespace Casemate.Node.DevicePlugin;

/// <summary>Devices of one NUMA node, with consecutive ids; the first of them are healthy.</summary>
/// <param name="Numa">The NUMA node; null for devices without topology.</param>
/// <param name="First">Index of the first device, see <see cref="Resources.EpcDeviceIds"/>.</param>
/// <param name="Count">How many devices.</param>
/// <param name="Healthy">How many of them are healthy; the last ones are not.</param>
internal readonly record struct DeviceRange(int? Numa, int First, int Count, int Healthy)
{
    /// <summary>Index after the last device.</summary>
    public int End => First + Count;
}
