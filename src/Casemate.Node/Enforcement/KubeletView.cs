using Casemate.Node.DevicePlugin;
using Casemate.Rpc;
using ContainerResources = Casemate.Rpc.Kubelet.PodResources.ContainerResources;
using ListPodResourcesResponse = Casemate.Rpc.Kubelet.PodResources.ListPodResourcesResponse;

namespace Casemate.Node.Enforcement;

/// <summary>What the kubelet gave to containers; asked at most once, and only when somebody needs it.</summary>
internal sealed class KubeletView(PodResources? kubelet, TimeSpan patience, TimeProvider time)
{
    private static readonly TimeSpan LongestPatience = TimeSpan.FromMilliseconds(500);

    private ListPodResourcesResponse? _list;
    private bool _asked;

    /// <summary>Why the kubelet's word is missing; null while it is not.</summary>
    public string? Problem { get; private set; }

    /// <summary>What a container has; null when the kubelet does not know it, or did not answer in time.</summary>
    public async ValueTask<ContainerResources?> FindAsync(string @namespace, string pod, string container, CancellationToken cancellationToken)
    {
        if (!_asked)
        {
            _asked = true;
            await AskAsync(cancellationToken).ConfigureAwait(false);
        }

        return _list?.PodResources.FirstOrDefault(known => known.Name == pod && known.Namespace == @namespace)?
            .Containers.FirstOrDefault(known => known.Name == container);
    }

    private async ValueTask AskAsync(CancellationToken cancellationToken)
    {
        if (kubelet is null || !kubelet.Exists)
        {
            Problem = "the kubelet's pod-resources socket is not there";
            return;
        }

        using var limit = new CancellationTokenSource(patience < LongestPatience ? patience : LongestPatience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            _list = await kubelet.ListAsync(either.Token).ConfigureAwait(false);
        }
        catch (RpcException e)
        {
            Problem = e.Message;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            Problem = "the kubelet did not answer in time";
        }
    }
}
