using Casemate.Kubernetes;
using Casemate.Node.Advertisement;
using Casemate.Node.Ledger;

namespace Casemate.Node.Cluster;

/// <summary>What pods hold of a node's EPC, as the API server tells it.</summary>
internal static class PodUses
{
    /// <summary>
    /// One use for each pod that asks for EPC, has not ended, and is not known from its devices. What cannot be read counts as all there
    /// is.
    /// </summary>
    /// <param name="pods">The pods of the node.</param>
    /// <param name="plan">The plan in force: of which name EPC is devices.</param>
    public static IReadOnlyList<EpcUse> Of(IEnumerable<PodRequest> pods, AdvertisementPlan plan)
    {
        // One device for each MiB: the kubelet lists who holds which. A pod with another name is one of an earlier way of offering.
        var devices = plan.FrontEnd is EpcFrontEnd.OneDevicePerMib ? plan.Family?.Name : null;
        return [.. pods.Where(pod => pod.Bytes > 0 && !(devices is not null && pod.Names.Contains(devices)))
            .Select(pod => new EpcUse(pod.Uid, pod.Bytes))];
    }

    /// <summary>What a pod asks for; null when it asks for no EPC, has ended, or has no identity.</summary>
    public static PodRequest? Read(KubeObject value)
    {
        PodKind pod;
        try
        {
            pod = PodKind.Read(value);
        }
        catch (KubeException)
        {
            return Request(value, long.MaxValue, []);                      // fail closed: nothing more is given beside it
        }

        if (pod.Status.Phase is "Succeeded" or "Failed")
        {
            return null;
        }

        if (pod.Spec.InitContainers.Concat(pod.Spec.Containers).Any(container => container is null))
        {
            return Request(value, long.MaxValue, []);
        }

        var containers = pod.Spec.InitContainers
            .Select(container => Read(
                container, container.RestartPolicy == "Always" ? ContainerKind.RestartableInit : ContainerKind.Init))
            .Concat(pod.Spec.Containers.Select(container => Read(container, ContainerKind.Main))).ToList();
        if (containers.Any(container => container is null) || !PodEpc.TryUsed(containers!, out var bytes))
        {
            return Request(value, long.MaxValue, []);
        }

        var names = pod.Spec.InitContainers.Concat(pod.Spec.Containers).Select(container => container.Name);
        var request = Request(value, bytes, [.. containers.SelectMany(container => container!.Requests).Select(request => request.Family.Name)]);
        return request is null ? null : request with
        {
            Containers = [.. containers.Zip(names, (container, name) => new ContainerEpcAmount(value.Namespace ?? "", value.Name, name, Largest(container!)))
                .Where(container => container.Bytes > 0)],
        };
    }

    // All names mean the same memory.
    private static long Largest(ContainerEpc container) => container.Requests
        .Select(request => request.Family.TryToBytes(request.Quantity, out var bytes) ? bytes : 0).DefaultIfEmpty(0).Max();

    private static PodRequest? Request(KubeObject pod, long bytes, HashSet<string> names) =>
        bytes > 0 && pod.Uid.Length > 0 ? new PodRequest(pod.Uid, bytes, names) : null;

    private static ContainerEpc? Read(PodKindContainer container, ContainerKind kind)
    {
        var requests = new List<EpcRequest>();
        foreach (var family in ResourceFamily.All)
        {
            if ((container.Resources.Requests.GetValueOrDefault(family.Name)
                ?? container.Resources.Limits.GetValueOrDefault(family.Name)) is not { } text)
            {
                continue;
            }

            if (!Quantity.TryReadWhole(text, out var quantity) || quantity < 0)
            {
                return null;
            }

            requests.Add(new EpcRequest(family, quantity));
        }

        return new ContainerEpc(kind, [.. requests]);
    }
}
