namespace Casemate.Rpc;

/// <summary>What a handler knows of the call that it answers.</summary>
public sealed class RpcContext
{
    internal RpcContext(string path, RpcPeer? peer, DateTimeOffset? deadline, CancellationToken cancellationToken)
    {
        Path = path;
        Peer = peer;
        Deadline = deadline;
        CancellationToken = cancellationToken;
    }

    /// <summary>Service and method, such as <c>/v1beta1.DevicePlugin/Allocate</c>.</summary>
    public string Path { get; }

    /// <summary>Who calls; null when the kernel did not say.</summary>
    public RpcPeer? Peer { get; }

    /// <summary>When the caller stops waiting; null when it waits for ever.</summary>
    public DateTimeOffset? Deadline { get; }

    /// <summary>
    /// Fires when nobody waits for the answer any more: the peer is gone, the deadline has passed, or the server stops. The server gives
    /// a streaming call up as soon as it stops, and a unary call when the patience of <see cref="RpcServer.StopAsync"/> ends.
    /// </summary>
    public CancellationToken CancellationToken { get; }
}
