using Casemate.Node.Advertisement;
using Casemate.Node.Discovery;
using Casemate.Node.Health;

namespace Casemate.Node.Dra;

/// <summary>All devices that a node offers by DRA at one moment, and how they are.</summary>
/// <param name="Devices">By name, in the order in which they are published.</param>
/// <param name="Sgx">The SGX behind them; null when there is none.</param>
/// <param name="Simulated">True when the hardware is described and not there.</param>
/// <param name="Problem">What is wrong with the SGX devices, for the health of devices; null when they are well.</param>
internal sealed record DraCatalog(ValueList<DraDevice> Devices, SgxHardware? Sgx, bool Simulated, string? Problem)
{
    /// <summary>Nothing.</summary>
    public static readonly DraCatalog Empty = new([], null, false, null);

    /// <summary>Decides.</summary>
    /// <param name="plan">The plan in force.</param>
    /// <param name="hardware">The hardware as it was found last.</param>
    /// <param name="health">What is wrong with it.</param>
    public static DraCatalog Of(AdvertisementPlan plan, NodeHardware hardware, HardwareHealth health)
    {
        var devices = new List<DraDevice>();
        if (plan.FrontEnd is EpcFrontEnd.Dra && hardware.Sgx is { Enclave: not null } sgx)
        {
            for (var i = 0; i < plan.Banks.Count; i++)
            {
                var bank = plan.Banks[i];
                if (bank.AdvertisedBytes > 0)
                {
                    var name = $"epc-{bank.Numa ?? i}";
                    devices.Add(new DraDevice(name, DraDeviceKind.Epc, bank.Numa, bank.AdvertisedBytes, sgx.EnclaveDevices));
                }
            }

            AddAccess(devices, plan, DraDeviceKind.Enclave, "enclave", sgx.EnclaveDevices);
            AddAccess(devices, plan, DraDeviceKind.Provision, "provision", sgx.ProvisionDevices);
        }

        AddGuest(devices, plan, DraDeviceKind.SnpGuest, "snp-guest", hardware.SnpGuest?.Device);
        AddGuest(devices, plan, DraDeviceKind.TdxGuest, "tdx-guest", hardware.TdxGuest?.Device);
        var problem = health.Healthy ? null : string.Join(' ', health.Problems.Select(one => one.Message));
        return new DraCatalog([.. devices], hardware.Sgx, hardware.Simulated, problem);
    }

    /// <summary>A device; null when the node has none of that name at present.</summary>
    public DraDevice? Find(string name) => Devices.FirstOrDefault(device => device.Name == name);

    private static void AddAccess(
        List<DraDevice> devices, AdvertisementPlan plan, DraDeviceKind kind, string name, ValueList<ContainerDevice> nodes)
    {
        var planned = plan.Resources.FirstOrDefault(resource => resource.Carrier is ResourceCarrier.ResourceSlice && resource.Name == name);
        if (planned is { Count: > 0 } && nodes.Count > 0)
        {
            devices.Add(new DraDevice(name, kind, null, planned.Count, nodes));
        }
    }

    private static void AddGuest(List<DraDevice> devices, AdvertisementPlan plan, DraDeviceKind kind, string name, DeviceNode? node) =>
        AddAccess(devices, plan, kind, name, node is null ? [] : [new ContainerDevice(node.RealPath, node.Path)]);
}
