using Casemate.Node.Dra;
using Casemate.Node.Ledger;
using Casemate.Rpc.Kubelet.PodResources;

namespace Casemate.Node.DevicePlugin;

/// <summary>What each container of the node holds of its EPC, by the kubelet's list: devices of the one name, and shares of claims.</summary>
internal static class ContainerAmounts
{
    /// <summary>More than any kubelet runs: a list beyond it is cut, so that it cannot fill the memory of whoever collects.</summary>
    public const int Most = 1000;

    private const int LongestName = 253;

    /// <summary>Every container that holds EPC; a claim that several containers share counts with each of them.</summary>
    /// <param name="list">The kubelet's list.</param>
    /// <param name="uses">The account: claims' shares are found by their names in CDI.</param>
    public static IReadOnlyList<ContainerEpcAmount> Of(ListPodResourcesResponse list, IReadOnlyList<EpcUse> uses)
    {
        var shares = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var use in uses.Where(use => use.Holder.Contains('/', StringComparison.Ordinal)))
        {
            shares[CdiSpec.IdOf(use.Holder[(use.Holder.IndexOf('/', StringComparison.Ordinal) + 1)..])] = use.Bytes;
        }

        var amounts = new List<ContainerEpcAmount>();
        foreach (var pod in list.PodResources.Where(pod => IsName(pod.Name) && IsName(pod.Namespace)))
        {
            foreach (var container in pod.Containers.Where(container => IsName(container.Name)))
            {
                var bytes = Add(AllocationBook.BytesOfDevices(container), OfClaims(container, shares));
                if (bytes > 0)
                {
                    amounts.Add(new ContainerEpcAmount(pod.Namespace, pod.Name, container.Name, bytes));
                }

                if (amounts.Count == Most)
                {
                    return amounts;
                }
            }
        }

        return amounts;
    }

    // They become labels: what no name in Kubernetes has is left out.
    private static bool IsName(string name) => name.Length <= LongestName && !name.Any(char.IsControl);

    private static long OfClaims(ContainerResources container, Dictionary<string, long> shares) => shares.Count == 0 ? 0
        : container.DynamicResources.SelectMany(claim => claim.ClaimResources).SelectMany(device => device.CdiDevices)
            .Select(device => device.Name).Distinct(StringComparer.Ordinal)
            .Aggregate(0L, (sum, name) => Add(sum, shares.GetValueOrDefault(name)));

    // Amounts of claims come from files and the API server: too large stays too large.
    private static long Add(long sum, long amount) => amount > long.MaxValue - sum ? long.MaxValue : sum + amount;
}
