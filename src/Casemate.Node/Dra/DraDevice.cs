using Casemate.Node.Discovery;

namespace Casemate.Node.Dra;

/// <summary>A device as the node publishes it and gives it to containers.</summary>
/// <param name="Name">Its name, unique in the node's pool.</param>
/// <param name="Kind">What it gives.</param>
/// <param name="Numa">The NUMA node; null when it does not matter or is not known.</param>
/// <param name="Capacity">EPC in bytes, or how many claims may have it at the same time.</param>
/// <param name="Nodes">What a container gets.</param>
internal sealed record DraDevice(string Name, DraDeviceKind Kind, int? Numa, long Capacity, ValueList<ContainerDevice> Nodes)
{
    /// <summary>True for devices through which enclaves are made.</summary>
    public bool MakesEnclaves => Kind is DraDeviceKind.Epc or DraDeviceKind.Enclave;

    /// <summary>The value of the attribute <c>kind</c>.</summary>
    public string KindWord => Kind switch
    {
        DraDeviceKind.Epc => "epc",
        DraDeviceKind.Enclave => "enclave",
        DraDeviceKind.Provision => "provision",
        DraDeviceKind.SnpGuest => "snp-guest",
        DraDeviceKind.TdxGuest => "tdx-guest",
        _ => throw new InvalidOperationException($"Device kind {Kind} has no word."),
    };
}
