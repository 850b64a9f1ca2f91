namespace Casemate.Node.Advertisement;

/// <summary>How a node offers its EPC. One way per node, so that the same memory is never offered twice.</summary>
public enum EpcFrontEnd
{
    /// <summary>Not at all.</summary>
    None = 0,

    /// <summary>By the device plugin, one device for each MiB.</summary>
    OneDevicePerMib,

    /// <summary>As a number in the node's status, with the enclave device as access token.</summary>
    NodeCapacity,

    /// <summary>By Dynamic Resource Allocation, one device with a quantity for each NUMA node.</summary>
    Dra,
}
