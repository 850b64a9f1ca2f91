using Casemate.Node.Resources;
using Casemate.Rpc.Kubelet.PodResources;

namespace Casemate.Node.DevicePlugin;

/// <content>What one container holds, for whoever sets its limit.</content>
internal sealed partial class AllocationBook
{
    /// <summary>EPC of an allocation; 0 when it is not known, or is of a resource without memory.</summary>
    public long BytesOfAllocation(string id)
    {
        lock (_lock)
        {
            return _entries.TryGetValue(id, out var entry) ? entry.Allocation.Bytes : 0;
        }
    }

    /// <summary>EPC of a claim's device; 0 when it is not known.</summary>
    /// <param name="device">The device's name in the CDI kind: it begins with the claim's UID.</param>
    public long BytesOfClaimDevice(string device)
    {
        lock (_lock)
        {
            foreach (var (claim, uses) in _claims)
            {
                if (device.StartsWith(claim, StringComparison.Ordinal))
                {
                    return uses.FirstOrDefault(use => use.Holder == $"{claim}/{device}")?.Bytes ?? 0;
                }
            }

            return 0;
        }
    }

    /// <summary>EPC of a pod that no device stands for; 0 when it is not known.</summary>
    /// <param name="uid">The pod's UID.</param>
    public long BytesOfPod(string uid)
    {
        lock (_lock)
        {
            return _others.FirstOrDefault(use => use.Holder == uid)?.Bytes ?? 0;
        }
    }

    /// <summary>EPC of the devices that the kubelet gave to a container, each resource being the same memory; 0 when it gave none.</summary>
    public static long BytesOfDevices(ContainerResources container) => container.Devices.GroupBy(devices => devices.ResourceName)
        .Select(resource => IsOurs(resource.Key, out var granule)
            ? granule * resource.SelectMany(devices => devices.DeviceIds).Distinct(StringComparer.Ordinal)
                .Count(id => EpcDeviceIds.TryRead(id, out _))
            : 0)
        .DefaultIfEmpty(0).Max();
}
