using Casemate.Kubernetes;
using Casemate.Node.Discovery;
using Casemate.Node.Resources;

namespace Casemate.Node.Advertisement;

/// <summary>Makes one plan.</summary>
internal sealed class AdvertisementPlanner(NodeHardware hardware, AdvertisementSettings settings)
{
    private const long MiB = 1L << 20;

    // A guest's device takes any number of users, so as many as pods fit.
    private const long GuestSlots = 110;

    private readonly List<string> _reasons = [];
    private readonly List<PlanCut> _cuts = [];
    private readonly List<PlannedResource> _resources = [];

    public AdvertisementPlan Plan()
    {
        var (frontEnd, family, banks) = PlanEpc();
        PlanGuest("snp-guest", "SEV-SNP guest", hardware.SnpGuest is not null, hardware.SnpGuest?.Device);
        PlanGuest("tdx-guest", "trust domain", hardware.TdxGuest is not null, hardware.TdxGuest?.Device);
        PlanHost("SEV-SNP guests", hardware.SnpHost is { Usable: true });
        PlanHost("trust domains", hardware.TdxHost is { Usable: true });
        if (hardware.Simulated)
        {
            _reasons.Add("The hardware is simulated: whatever is offered of it proves nothing and protects nothing.");
        }

        var labels = new PlannedLabels(hardware, settings, frontEnd, banks);
        return new AdvertisementPlan
        {
            FrontEnd = frontEnd,
            Family = family,
            Resources = [.. _resources],
            Banks = [.. banks],
            Labels = labels.Make(),
            Taints = [.. Taints(frontEnd, family)],
            Reasons = [.. _reasons],
            Cuts = [.. _cuts],
            Simulated = hardware.Simulated,
        };
    }

    private (EpcFrontEnd, ResourceFamily?, List<PlannedBank>) PlanEpc()
    {
        if (hardware.Sgx is not { } sgx)
        {
            _reasons.Add("No EPC is offered: the machine has no SGX.");
            return (EpcFrontEnd.None, null, []);
        }

        if (!sgx.Usable)
        {
            _reasons.Add(sgx.Enclave is null
                ? "No EPC is offered: no device node is there that makes enclaves, so a container could not use it."
                : "No EPC is offered: the driver has none.");
            if (sgx.EpcBytes > 0)
            {
                _cuts.Add(new PlanCut("EPC", sgx.EpcBytes, "The enclave device is missing."));
            }

            return (EpcFrontEnd.None, null, []);
        }

        var banks = ReserveFrom(sgx);
        var available = banks.Sum(bank => bank.AvailableBytes);
        if (available < MiB)
        {
            _reasons.Add($"No EPC is offered: of {EpcText.Of(sgx.EpcBytes)}, the reserve leaves {EpcText.Of(available)}, less than 1 MiB.");
            _cuts.Add(new PlanCut("EPC", available, "Less than 1 MiB."));
            return (EpcFrontEnd.None, null, [.. banks]);
        }

        return Offer(sgx, banks, available);
    }

    private (EpcFrontEnd, ResourceFamily?, List<PlannedBank>) Offer(SgxHardware sgx, List<PlannedBank> banks, long available)
    {
        if (settings.Dra)
        {
            _reasons.Add("DRA is on: EPC is a device with a quantity for each NUMA node, and no resource name carries it as well.");
            return (EpcFrontEnd.Dra, null, OfferDra(sgx, banks));
        }

        var small = available <= settings.EpcDeviceLimitMiB * MiB;
        var family = settings.Family ?? (small ? ResourceFamily.Azure : ResourceFamily.Intel);
        _reasons.Add(settings.Family is null
            ? $"EPC is published as {family}: the default for "
                + $"{(small ? "at most" : "more than")} {EpcText.Number(settings.EpcDeviceLimitMiB)} MiB."
            : $"EPC is published as {family}: the setting says so.");
        _reasons.Add(
            "The other names are not published, so that the same EPC is not offered twice; the webhook translates requests in them.");

        var frontEnd = small && family.Unit is EpcUnit.MiB ? EpcFrontEnd.OneDevicePerMib : EpcFrontEnd.NodeCapacity;
        var planned = frontEnd is EpcFrontEnd.OneDevicePerMib
            ? OfferDevices(family, banks, available)
            : OfferCapacity(family, banks, available, small);
        OfferAccess(sgx, frontEnd);
        return (frontEnd, family, planned);
    }

    // The reserve comes from the largest bank; from the next when that is not enough.
    private List<PlannedBank> ReserveFrom(SgxHardware sgx)
    {
        var left = settings.ReserveMiB > sgx.EpcBytes / MiB ? sgx.EpcBytes : settings.ReserveMiB * MiB;
        var shares = new Dictionary<EpcBank, long>(ReferenceEqualityComparer.Instance);
        // Sorted in place: OrderBy has parts that are compiled only when the agent starts.
        var largestFirst = sgx.Banks.ToList();
        largestFirst.Sort((one, other) => one.Bytes == other.Bytes ? Nullable.Compare(one.Numa, other.Numa) : other.Bytes.CompareTo(one.Bytes));
        foreach (var bank in largestFirst)
        {
            shares[bank] = Math.Min(left, bank.Bytes);
            left -= shares[bank];
        }

        var reserved = shares.Values.Sum();
        if (reserved > 0)
        {
            _reasons.Add($"{EpcText.Of(reserved)} are kept for the node's own enclaves.");
        }

        return [.. sgx.Banks.Select(bank => new PlannedBank(bank.Numa, bank.Bytes, shares[bank], 0, 0))];
    }

    private List<PlannedBank> OfferDevices(ResourceFamily family, List<PlannedBank> banks, long available)
    {
        var planned = banks.ConvertAll(bank => bank with
        {
            Devices = bank.AvailableBytes / MiB,
            AdvertisedBytes = bank.AvailableBytes / MiB * MiB,
        });
        var count = planned.Sum(bank => bank.Devices);
        _resources.Add(List(family.Name, MiB, Topology(planned)));
        _reasons.Add(
            $"Each MiB is a device: {EpcText.Of(available)} are not above the limit of {EpcText.Number(settings.EpcDeviceLimitMiB)} MiB "
                + $"(epc-device-limit-mib); {EpcText.Number(count)} devices.");
        CutRemainder(available - (count * MiB));
        return planned;
    }

    private List<PlannedBank> OfferCapacity(ResourceFamily family, List<PlannedBank> banks, long available, bool small)
    {
        // Whole units of the sum; the banks' shares are what the ledger may give of each.
        var units = family.CapacityFromBytes(available);
        var cut = available - (units * family.UnitBytes);
        var left = cut;
        var planned = banks.ConvertAll(bank =>
        {
            var less = Math.Min(left, bank.AvailableBytes);
            left -= less;
            return bank with { AdvertisedBytes = bank.AvailableBytes - less };
        });
        _resources.Add(new PlannedResource(family.Name, ResourceCarrier.NodeStatus, units, family.UnitBytes));
        _reasons.Add(small
            ? $"The amount stands in the node's status: {family.Name} counts bytes, of which none can be a device."
            : $"The amount stands in the node's status: as one device for each MiB, {EpcText.Of(available)} would stall the kubelet "
                + $"(limit {EpcText.Number(settings.EpcDeviceLimitMiB)} MiB, epc-device-limit-mib).");
        CutRemainder(cut);
        return planned;
    }

    private List<PlannedBank> OfferDra(SgxHardware sgx, List<PlannedBank> banks)
    {
        var planned = banks.ConvertAll(bank => bank with { AdvertisedBytes = bank.AvailableBytes / MiB * MiB });
        for (var i = 0; i < planned.Count; i++)
        {
            if (planned[i].AdvertisedBytes > 0)
            {
                _resources.Add(new PlannedResource(
                    $"epc-{planned[i].Numa ?? i}", ResourceCarrier.ResourceSlice, planned[i].AdvertisedBytes / MiB, MiB));
            }
        }

        AddAccess("enclave", ResourceCarrier.ResourceSlice, sgx.Enclave, settings.EnclaveCount);
        AddAccess("provision", ResourceCarrier.ResourceSlice, sgx.Provision, settings.ProvisionCount);
        CutRemainder(planned.Sum(bank => bank.AvailableBytes - bank.AdvertisedBytes));
        return planned;
    }

    private void OfferAccess(SgxHardware sgx, EpcFrontEnd frontEnd)
    {
        AddAccess(AccessResource.Enclave, ResourceCarrier.DevicePlugin, sgx.Enclave, settings.EnclaveCount);
        AddAccess(AccessResource.Provision, ResourceCarrier.DevicePlugin, sgx.Provision, settings.ProvisionCount);
        if (settings.SconeCount > 0)
        {
            AddAccess(AccessResource.Scone, ResourceCarrier.DevicePlugin, sgx.Enclave, settings.SconeCount);
        }

        if (settings.DcapInfrastructure)
        {
            AddAccess(AccessResource.QuotingEnclave, ResourceCarrier.DevicePlugin, sgx.Provision, 1);
            AddAccess(AccessResource.Registration, ResourceCarrier.DevicePlugin, sgx.Provision, 1);
            _reasons.Add("One quoting service and one registration service may have both devices: one each, so that there is no second.");
        }

        if (frontEnd is EpcFrontEnd.NodeCapacity)
        {
            _reasons.Add(
                $"A number in the node's status gives no device: pods also need {AccessResource.Enclave}: 1, which the webhook adds.");
        }
    }

    private void AddAccess(string name, ResourceCarrier carrier, DeviceNode? node, int count)
    {
        if (node is null || count == 0)
        {
            _cuts.Add(new PlanCut(name, 0, node is null ? "Its device node is missing, or this driver has none." : "The setting says 0."));
            return;
        }

        _resources.Add(carrier is ResourceCarrier.DevicePlugin
            ? List(name, 0, [(null, count)])
            : new PlannedResource(name, carrier, count, 0));
    }

    private void PlanGuest(string name, string what, bool present, DeviceNode? device)
    {
        if (!present)
        {
            return;
        }

        if (!settings.Dra)
        {
            _reasons.Add($"This is a {what}: its device for reports is offered by DRA alone.");
        }
        else if (device is null)
        {
            _cuts.Add(new PlanCut(name, 0, "The guest makes evidence by files alone; there is no device that a container could be given."));
        }
        else
        {
            _resources.Add(new PlannedResource(name, ResourceCarrier.ResourceSlice, GuestSlots, 0));
            _reasons.Add($"DRA is on, and this is a {what}: any container may ask for its device for reports.");
        }
    }

    private void PlanHost(string what, bool usable)
    {
        if (usable)
        {
            _reasons.Add($"The machine can start {what}: a label says so. The container runtime starts them, so no resource stands for them.");
        }
    }

    private void CutRemainder(long bytes)
    {
        if (bytes > 0)
        {
            _cuts.Add(new PlanCut(
                "EPC", bytes, "No whole MiB; amounts are rounded down, each NUMA node's by itself where it is offered by itself."));
        }
    }

    private IEnumerable<PlannedTaint> Taints(EpcFrontEnd frontEnd, ResourceFamily? family)
    {
        if (frontEnd is EpcFrontEnd.None)
        {
            yield break;
        }

        if (settings.TaintByFamily && family is not null)
        {
            yield return new PlannedTaint(family.Name, "", "NoSchedule");
        }

        if (settings.TaintAsAksEngine)
        {
            yield return new PlannedTaint(ResourceFamily.OpenEnclave.Name, "true", "NoSchedule");
        }
    }

    // A single bank needs no topology: there is nothing to choose between.
    private static List<(int? Numa, long Devices)> Topology(List<PlannedBank> banks) =>
        banks.ConvertAll(bank => (banks.Count > 1 ? bank.Numa : null, bank.Devices));

    private static PlannedResource List(string name, long granule, IReadOnlyList<(int? Numa, long Devices)> banks) => new(
        name, ResourceCarrier.DevicePlugin, banks.Sum(bank => bank.Devices), granule,
        DeviceListSize.Of(banks, healthy: true), DeviceListSize.Of(banks, healthy: false));
}
