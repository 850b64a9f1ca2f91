using Casemate.Rpc;
using Casemate.Rpc.Kubelet;
using Casemate.Rpc.Kubelet.Dra;

namespace Casemate.Testing.Kubelet;

/// <content>Claims of pods: a driver is called by the socket that it registered, and has 45 s.</content>
public sealed partial class TestKubelet
{
    private static readonly TimeSpan ClaimTimeout = TimeSpan.FromSeconds(45);

    /// <summary>Has a driver make a claim ready, as before the containers of a pod start.</summary>
    /// <exception cref="AdmissionException">The driver is not registered, or the call failed.</exception>
    public async Task<NodePrepareResourceResponse> PrepareAsync(string driver, Claim claim)
    {
        await _options.Before(KubeletStep.Preparing, claim.Name);
        var answer = await CallDriverAsync(
            driver, KubeletMethods.NodePrepareResources, new NodePrepareResourcesRequest { Claims = { claim } },
            NodePrepareResourcesResponse.Parser);
        await _options.Before(KubeletStep.Prepared, claim.Name);
        return answer.Claims.TryGetValue(claim.Uid, out var one)
            ? one
            : throw new AdmissionException($"the answer of {driver} has no entry for claim {claim.Uid}");
    }

    /// <summary>Has a driver release a claim, as after the containers of its last pod have ended.</summary>
    /// <returns>Why not; empty when it did.</returns>
    /// <exception cref="AdmissionException">The driver is not registered, or the call failed.</exception>
    public async Task<string> UnprepareAsync(string driver, Claim claim)
    {
        await _options.Before(KubeletStep.Unpreparing, claim.Name);
        var answer = await CallDriverAsync(
            driver, KubeletMethods.NodeUnprepareResources, new NodeUnprepareResourcesRequest { Claims = { claim } },
            NodeUnprepareResourcesResponse.Parser);
        await _options.Before(KubeletStep.Unprepared, claim.Name);
        return answer.Claims.TryGetValue(claim.Uid, out var one)
            ? one.Error
            : throw new AdmissionException($"the answer of {driver} has no entry for claim {claim.Uid}");
    }

    private async Task<T> CallDriverAsync<T>(
        string driver, string method, Google.Protobuf.IMessage request, Google.Protobuf.MessageParser<T> parser)
        where T : class, Google.Protobuf.IMessage<T>
    {
        if (!WatchedPlugins.TryGetValue(driver, out var endpoint))
        {
            throw new AdmissionException($"DRA driver {driver} is not registered");
        }

        try
        {
            await using var client = new RpcClient(new RpcClientOptions { SocketPath = endpoint });
            return await client.CallAsync(method, request, parser, ClaimTimeout, CancellationToken.None);
        }
        catch (RpcException e)
        {
            throw new AdmissionException($"{method} failed: {e.Message}", e);
        }
    }
}
