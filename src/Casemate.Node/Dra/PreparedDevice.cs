namespace Casemate.Node.Dra;

/// <summary>One device that a claim got.</summary>
/// <param name="Request">The request of the claim that it serves.</param>
/// <param name="Device">Its name in the node's pool.</param>
/// <param name="ShareId">Which share of the device; null where it is not shared.</param>
/// <param name="Kind">What it gives.</param>
/// <param name="Bytes">EPC; 0 for devices without memory.</param>
/// <param name="Numa">The NUMA node that the EPC is of; null when it is not known.</param>
internal sealed record PreparedDevice(string Request, string Device, string? ShareId, DraDeviceKind Kind, long Bytes, int? Numa)
{
    /// <summary>True for devices through which enclaves are made.</summary>
    public bool MakesEnclaves => Kind is DraDeviceKind.Epc or DraDeviceKind.Enclave;

    /// <summary>
    /// True for devices that bring the quote helper's sockets: whoever has one may want evidence, and nobody else does. A guest's device is
    /// root's; by the socket every user gets evidence of the guest.
    /// </summary>
    public bool BringsSockets => Kind is not DraDeviceKind.Provision;
}
