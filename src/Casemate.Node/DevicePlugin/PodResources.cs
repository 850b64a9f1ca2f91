using Casemate.Rpc;
using Casemate.Rpc.Kubelet;
using Casemate.Rpc.Kubelet.PodResources;

namespace Casemate.Node.DevicePlugin;

/// <summary>The kubelet's word about who holds which devices.</summary>
internal sealed class PodResources(string socket, TimeProvider time)
{
    private const int MaximumAnswer = 16 * 1024 * 1024;                    // as Kubernetes' own clients; 262,144 devices take about 6 MB
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>True when there is somebody to ask.</summary>
    public bool Exists => FileStamp.TryRead(socket) is not null;

    /// <summary>Every pod with what its containers hold.</summary>
    /// <exception cref="RpcException">The kubelet did not answer.</exception>
    public async Task<ListPodResourcesResponse> ListAsync(CancellationToken cancellationToken)
    {
        await using var client = Client();
        return await client.CallAsync(
            KubeletMethods.ListPodResources, new ListPodResourcesRequest(), ListPodResourcesResponse.Parser, Patience, cancellationToken)
            .ConfigureAwait(false);
    }

    /// <summary>How many devices of each resource the kubelet can give to pods.</summary>
    /// <exception cref="RpcException">The kubelet did not answer.</exception>
    public async Task<IReadOnlyDictionary<string, int>> CountAllocatableAsync(CancellationToken cancellationToken)
    {
        await using var client = Client();
        var answer = await client.CallAsync(
            KubeletMethods.GetAllocatableResources, new AllocatableResourcesRequest(), AllocatableResourcesResponse.Parser, Patience,
            cancellationToken).ConfigureAwait(false);
        return answer.Devices.GroupBy(devices => devices.ResourceName)
            .ToDictionary(group => group.Key, group => group.Sum(devices => devices.DeviceIds.Count), StringComparer.Ordinal);
    }

    private RpcClient Client() => new(new RpcClientOptions { SocketPath = socket, MaxResponseBytes = MaximumAnswer, Time = time });
}
