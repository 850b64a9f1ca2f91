using System.Globalization;
using Casemate.Kubernetes;

namespace Casemate.Admission;

/// <content>Devices without an amount: the one that makes enclaves, and the provisioning device.</content>
internal sealed partial class PodReview
{
    // A number in the node's status gives no device. Where EPC is counted in devices, they give it, and nothing more is needed.
    private bool NeedsEnclave(ResourceFamily target) => target.Unit is EpcUnit.Byte
        || (_offers.Where(node => node.Family == target).ToList() is { Count: > 0 } nodes
            && nodes.TrueForAll(node => node.Access.Contains(AccessResource.Enclave)));

    private bool WantsProvision(ReviewedContainer container) => _providers.Contains(container.Name) && RunsEnclaves(container);

    // Those for the quoting and the registration service come with the provisioning device.
    private bool GetsProvision(ReviewedContainer container) => WantsProvision(container) || HasOwnClaim(container, "provision-")
        || container.Count(AccessResource.Provision) > 0 || container.Count(AccessResource.QuotingEnclave) > 0
        || container.Count(AccessResource.Registration) > 0;

    // By claims as well: after the first time a container has no request any more, and the annotation still names it.
    private bool RunsEnclaves(ReviewedContainer container) => container.Bytes > 0
        || container.Count(AccessResource.Enclave) > 0 || container.Count(AccessResource.Scone) > 0
        || (_settings.BackEnd is EpcBackEnd.Claim && HasOwnClaim(container, ""));

    private void CompleteAccess(ReviewedContainer container)
    {
        TranslateScone(container);
        if (container.Bytes > 0 && container.Count(AccessResource.Enclave) is null && !TranslatesScone(container)
            && container.Count(AccessResource.Scone) is null && container.Count(AccessResource.QuotingEnclave) is null
            && NeedsEnclave(TargetOf(container)))
        {
            Give(
                container, AccessResource.Enclave, 1, ChangeId.EnclaveAdded,
                $"{TargetOf(container).Name} is an amount; {AccessResource.Enclave} gives the container the device that makes enclaves.");
        }
        else if (container.Count(AccessResource.Enclave) is > 0 and var count)
        {
            Give(container, AccessResource.Enclave, count, ChangeId.RequestCompleted, Equal(AccessResource.Enclave));
        }

        if (container.Count(AccessResource.Provision) is > 0 and var wanted)
        {
            Give(container, AccessResource.Provision, wanted, ChangeId.RequestCompleted, Equal(AccessResource.Provision));
        }
        else if (WantsProvision(container))
        {
            Give(
                container, AccessResource.Provision, 1, ChangeId.ProvisionAdded,
                $"The annotation {PodNames.QuoteProvider} says that container {container.Name} makes quotes by itself.");
        }
    }

    private bool TranslatesScone(ReviewedContainer container) => container.Count(AccessResource.Scone) > 0
        && !_reachable.Any(node => node.Access.Contains(AccessResource.Scone));

    private void TranslateScone(ReviewedContainer container)
    {
        if (!TranslatesScone(container))
        {
            return;
        }

        var reason = $"No node offers {AccessResource.Scone}; {AccessResource.Enclave} is the same device.";
        foreach (var (map, pointer) in container.Maps)
        {
            if (PodShape.Has(map, AccessResource.Scone))
            {
                _patch.Remove(pointer, AccessResource.Scone, ChangeId.EnclaveTranslated, reason);
            }
        }

        if (container.Count(AccessResource.Enclave) is null)
        {
            Give(container, AccessResource.Enclave, 1, ChangeId.EnclaveTranslated, reason);
        }
    }

    private void Give(ReviewedContainer container, string resource, long count, ChangeId change, string reason)
    {
        _patch.Make(container.Pointer + "/resources", container.Resources is not null, "{}", change);
        var amount = string.Create(CultureInfo.InvariantCulture, $"\"{count}\"");
        foreach (var (map, pointer) in container.Maps)
        {
            if (!PodShape.Has(map, resource))
            {
                _patch.Set(pointer, map, resource, amount, change, reason);
            }
        }
    }

    private static string Equal(string resource) => $"Request and limit of {resource} are equal, as extended resources must have them.";
}
