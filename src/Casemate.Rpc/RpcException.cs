namespace Casemate.Rpc;

/// <summary>
/// A call ended with an error. Thrown by <see cref="RpcClient"/>; a handler of <see cref="RpcServer"/> throws it to answer with a status
/// of its choice, and its detail goes to the peer as it is.
/// </summary>
/// <param name="status">Which error; anything but <see cref="RpcStatus.Ok"/>.</param>
/// <param name="detail">One sentence for the peer, without secrets.</param>
/// <param name="cause">What happened underneath; never sent to a peer.</param>
public sealed class RpcException(RpcStatus status, string detail, Exception? cause = null) : Exception($"{status}: {detail}", cause)
{
    /// <summary>Which error; a success can be no exception.</summary>
    public RpcStatus Status { get; } = status is not RpcStatus.Ok ? status : throw new ArgumentOutOfRangeException(nameof(status));

    /// <summary>The text that goes with it (<c>grpc-message</c>); may be empty.</summary>
    public string Detail { get; } = detail;

    /// <summary>
    /// True when the same call may succeed if it is repeated a little later. Not for <see cref="RpcStatus.ResourceExhausted"/>: a message
    /// that is too long stays so.
    /// </summary>
    public bool IsTransient => Status is RpcStatus.Unavailable or RpcStatus.Aborted;
}
