namespace Casemate.Node.Advertisement;

/// <summary>One resource to be offered.</summary>
/// <param name="Name">The resource's name; of a device in a ResourceSlice its own, such as <c>epc-0</c>.</param>
/// <param name="Carrier">What carries it.</param>
/// <param name="Count">How many units: devices, units of the name, or for EPC in a ResourceSlice MiB of the one device.</param>
/// <param name="GranuleBytes">EPC that one unit stands for; 0 for a resource that gives access and no memory.</param>
/// <param name="ListBytes">The size of the ListAndWatch message with all devices healthy; 0 unless a device plugin carries it.</param>
/// <param name="WorstListBytes">The size with all devices unhealthy; 0 unless a device plugin carries it.</param>
public sealed record PlannedResource(
    string Name, ResourceCarrier Carrier, long Count, long GranuleBytes, long ListBytes = 0, long WorstListBytes = 0)
{
    /// <summary>EPC that it offers.</summary>
    public long Bytes => Count * GranuleBytes;
}
