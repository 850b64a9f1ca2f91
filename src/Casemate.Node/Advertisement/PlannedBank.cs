namespace Casemate.Node.Advertisement;

/// <summary>What is offered of one NUMA node's EPC.</summary>
/// <param name="Numa">The NUMA node; null when it is not known.</param>
/// <param name="TotalBytes">What the kernel owns.</param>
/// <param name="ReserveBytes">What is kept for the node's own enclaves.</param>
/// <param name="Devices">Devices of 1 MiB; 0 unless each MiB is a device.</param>
/// <param name="AdvertisedBytes">What is offered; at most <see cref="AvailableBytes"/>.</param>
public sealed record PlannedBank(int? Numa, long TotalBytes, long ReserveBytes, long Devices, long AdvertisedBytes)
{
    /// <summary>E of this bank: total less reserve.</summary>
    public long AvailableBytes => TotalBytes - ReserveBytes;
}
