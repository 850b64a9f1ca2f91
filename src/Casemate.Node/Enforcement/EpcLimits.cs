using System.Globalization;
using Casemate.Node.DevicePlugin;
using Casemate.Node.Discovery;
using Casemate.Node.Dra;
using Casemate.Rpc;
using Casemate.Rpc.Nri;

namespace Casemate.Node.Enforcement;

/// <summary>
/// Finds the EPC limit of a container. What the account says of the container itself comes first, since a pod's author writes annotations
/// and the kubelet does not; what it says of the pod is the most that an annotation can ask for.
/// </summary>
internal sealed class EpcLimits(AllocationBook book, Func<SgxHardware?> sgx)
{
    private const string CdiPrefix = CdiSpec.Kind + "=";

    /// <summary>Finds it.</summary>
    /// <param name="pod">The container's pod.</param>
    /// <param name="container">The container.</param>
    /// <param name="kubelet">Asked only about a container with an enclave device of which the runtime does not tell enough.</param>
    /// <param name="cancellationToken">Gives it up.</param>
    /// <exception cref="RpcException">The pod's annotation is no amount; the detail is for the pod's author.</exception>
    public async ValueTask<EpcLimit> FindAsync(PodSandbox pod, Container container, KubeletView kubelet, CancellationToken cancellationToken)
    {
        if (container.Linux?.Resources?.Unified is { } unified && unified.TryGetValue(EpcLimit.File, out var set) && EpcLimit.IsIn(set))
        {
            return new EpcLimit(EpcLimitSource.SetAlready, 0);
        }

        if (OfAllocation(pod, container) is > 0 and var allocated)
        {
            return new EpcLimit(EpcLimitSource.Allocation, allocated);
        }

        if (OfClaims(container.CdiDevices.Select(device => device.Name)) is > 0 and var claimed)
        {
            return new EpcLimit(EpcLimitSource.Claim, claimed);
        }

        var hasEnclaves = HasEnclaveDevice(container);
        if (hasEnclaves && await AskAsync(pod, container, kubelet, cancellationToken).ConfigureAwait(false) is { IsSet: true } told)
        {
            return told;
        }

        return OfPod(pod, container.Name) ?? new EpcLimit(hasEnclaves ? EpcLimitSource.Unknown : EpcLimitSource.NoEnclaves, 0);
    }

    // The annotations of the container, not of its pod: the kubelet writes them, from our own answer to Allocate.
    private long OfAllocation(PodSandbox pod, Container container)
    {
        if (OfKubelet(pod, container, ContainerGrants.AllocationAnnotation) is { } id && book.BytesOfAllocation(id) is > 0 and var bytes)
        {
            return bytes;
        }

        return OfKubelet(pod, container, ContainerGrants.EpcAnnotation) is { } text
            && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var amount) ? amount : 0;
    }

    // CRI-O, and containerd where it is told to, copy the pod's annotations to its containers, and the pod's author writes those: what
    // both have alike is not taken for the kubelet's word.
    private static string? OfKubelet(PodSandbox pod, Container container, string key) =>
        container.Annotations.TryGetValue(key, out var value)
            && !(pod.Annotations.TryGetValue(key, out var ofPod) && string.Equals(ofPod, value, StringComparison.Ordinal)) ? value : null;

    private long OfClaims(IEnumerable<string> devices)
    {
        long sum = 0;
        foreach (var device in devices.Distinct(StringComparer.Ordinal))
        {
            if (device.StartsWith(CdiPrefix, StringComparison.Ordinal))
            {
                sum += Math.Min(book.BytesOfClaimDevice(device[CdiPrefix.Length..]), long.MaxValue - sum);
            }
        }

        return sum;
    }

    private bool HasEnclaveDevice(Container container) => sgx() is { } hardware && container.Linux is { } linux
        && linux.Devices.Any(device => hardware.EnclaveDevices.Any(known => known.ContainerPath == device.Path));

    private async ValueTask<EpcLimit> AskAsync(PodSandbox pod, Container container, KubeletView kubelet, CancellationToken cancellationToken)
    {
        var held = await kubelet.FindAsync(pod.Namespace, pod.Name, container.Name, cancellationToken).ConfigureAwait(false);
        if (held is null)
        {
            return default;
        }

        return AllocationBook.BytesOfDevices(held) is > 0 and var devices
            ? new EpcLimit(EpcLimitSource.Allocation, devices)
            : new EpcLimit(
                EpcLimitSource.Claim,
                OfClaims(held.DynamicResources.SelectMany(claim => claim.ClaimResources)
                    .SelectMany(resource => resource.CdiDevices).Select(device => device.Name)));
    }

    private EpcLimit? OfPod(PodSandbox pod, string container)
    {
        if (!Enforcement.EpcAnnotation.TryRead(pod.Annotations.AsReadOnly(), container, out var asked, out var problem))
        {
            throw new RpcException(RpcStatus.InvalidArgument, problem!);
        }

        var most = book.BytesOfPod(pod.Uid);
        return (asked, most) switch
        {
            (0, 0) => null,
            (0, _) => new EpcLimit(EpcLimitSource.Pod, most),
            (_, 0) => new EpcLimit(EpcLimitSource.Annotation, asked),
            _ when asked > most => new EpcLimit(EpcLimitSource.Pod, most),
            _ => new EpcLimit(EpcLimitSource.Annotation, asked),
        };
    }
}
