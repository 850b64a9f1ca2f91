using Casemate.Kubernetes;
using Casemate.Node.Discovery;

namespace Casemate.Node.Health;

/// <summary>One comparison of what is there with what is offered.</summary>
internal sealed class HealthCheck(NodeHardware offered, NodeHardware now)
{
    private readonly List<HealthProblem> _problems = [];

    public HardwareHealth Judge(long leakedPages, ValueList<MiscAmount> eventsBefore, ValueList<MiscAmount> eventsNow)
    {
        Compare("The enclave device", offered.Sgx?.Enclave, now.Sgx?.Enclave);
        Compare("The provisioning device", offered.Sgx?.Provision, now.Sgx?.Provision);
        Compare("The device of the security processor", offered.SnpHost?.Firmware, now.SnpHost?.Firmware);
        Compare("The device for SEV-SNP reports", offered.SnpGuest?.Device, now.SnpGuest?.Device);
        Compare("The device for TD reports", offered.TdxGuest?.Device, now.TdxGuest?.Device);
        CompareEpc(offered.Sgx?.EpcBytes ?? 0, now.Sgx?.EpcBytes ?? 0);
        if (leakedPages > 0)
        {
            Add(HealthProblemId.EpcLeaked,
                $"The kernel leaked {EpcText.Number(leakedPages)} EPC {(leakedPages == 1 ? "page" : "pages")}; they are gone until "
                    + "the machine starts again.");
        }

        foreach (var count in eventsNow)
        {
            var before = eventsBefore.FirstOrDefault(old => old.Resource == count.Resource)?.Value ?? 0;
            if (count.Value > before)
            {
                Add(HealthProblemId.LimitHit, $"{count.Resource} went from {EpcText.Number(before)} to {EpcText.Number(count.Value)}: "
                    + "allocations failed at a limit.");
            }
        }

        return new HardwareHealth([.. _problems], leakedPages);
    }

    private void Compare(string what, DeviceNode? before, DeviceNode? after)
    {
        if (before is null)
        {
            return;
        }

        if (after is null)
        {
            Add(HealthProblemId.DeviceGone, $"{what} {before.RealPath} is gone.");
        }
        else if ((before.RealPath, before.Major, before.Minor) != (after.RealPath, after.Major, after.Minor))
        {
            Add(
                HealthProblemId.DeviceChanged,
                $"{what} was {before.RealPath} ({before.Major}:{before.Minor}) and is {after.RealPath} ({after.Major}:{after.Minor}).");
        }
    }

    private void CompareEpc(long before, long after)
    {
        if (before == after)
        {
            return;
        }

        if (after == 0)
        {
            Add(HealthProblemId.EpcGone, $"Of {EpcText.Of(before)} of EPC, nothing is left.");
        }
        else
        {
            Add(HealthProblemId.EpcTotalChanged, $"The kernel owned {EpcText.Of(before)} of EPC and owns {EpcText.Of(after)}.");
        }
    }

    private void Add(HealthProblemId id, string message) => _problems.Add(new HealthProblem(id, message));
}
