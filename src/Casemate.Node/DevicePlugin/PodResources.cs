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

    /// <summary>Every pod whose containers hold something of ours, with that: see <see cref="PodResourcesReader"/>.</summary>
    /// <exception cref="RpcException">The kubelet did not answer.</exception>
    public async Task<ListPodResourcesResponse> ListAsync(CancellationToken cancellationToken)
    {
        await using var client = Client();
        return await client.CallAsync(
            KubeletMethods.ListPodResources, new ListPodResourcesRequest(), PodResourcesReader.ReadList, Patience, cancellationToken)
            .ConfigureAwait(false);
    }

    /// <summary>How many devices of resources the kubelet can give to pods; one that it does not know is not there.</summary>
    /// <param name="resources">The resources' names.</param>
    /// <param name="cancellationToken">Gives it up.</param>
    /// <exception cref="RpcException">The kubelet did not answer.</exception>
    public async Task<IReadOnlyDictionary<string, int>> CountAllocatableAsync(
        IReadOnlyCollection<string> resources, CancellationToken cancellationToken)
    {
        await using var client = Client();
        return await client.CallAsync(
            KubeletMethods.GetAllocatableResources, new AllocatableResourcesRequest(),
            answer => PodResourcesReader.CountDevices(answer, resources), Patience, cancellationToken).ConfigureAwait(false);
    }

    private RpcClient Client() => new(new RpcClientOptions { SocketPath = socket, MaxResponseBytes = MaximumAnswer, Time = time });
}
