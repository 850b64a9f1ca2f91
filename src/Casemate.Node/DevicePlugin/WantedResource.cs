using Casemate.Kubernetes;
using Casemate.Node.Advertisement;

namespace Casemate.Node.DevicePlugin;

/// <summary>A resource that a plan asks the device plugin to offer.</summary>
/// <param name="Name">The resource's name.</param>
/// <param name="Kind">What its devices give.</param>
/// <param name="GranuleBytes">EPC of one device.</param>
/// <param name="List">Its devices.</param>
internal sealed record WantedResource(string Name, ResourceKind Kind, long GranuleBytes, DeviceList List)
{
    /// <summary>All that a plan asks for.</summary>
    public static IEnumerable<WantedResource> Of(AdvertisementPlan plan)
    {
        foreach (var resource in plan.Resources.Where(resource => resource.Carrier is ResourceCarrier.DevicePlugin))
        {
            yield return KindOf(resource.Name) is var kind and not ResourceKind.Epc
                ? new(resource.Name, kind, 0, DeviceList.Of((null, resource.Count)))
                : new(resource.Name, ResourceKind.Epc, resource.GranuleBytes, DeviceList.Of(
                    plan.Banks.Select(bank => (plan.Banks.Count > 1 ? bank.Numa : null, bank.Devices))));
        }
    }

    private static ResourceKind KindOf(string name) => name switch
    {
        AccessResource.Enclave => ResourceKind.Enclave,
        AccessResource.Provision => ResourceKind.Provision,
        AccessResource.Scone => ResourceKind.Scone,
        AccessResource.QuotingEnclave => ResourceKind.QuotingEnclave,
        AccessResource.Registration => ResourceKind.Registration,
        _ => ResourceKind.Epc,
    };
}
