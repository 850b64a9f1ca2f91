using Google.Protobuf;

namespace Casemate.Rpc;

/// <summary>The answers of a server-streaming call. One write at a time.</summary>
/// <typeparam name="TResponse">The message.</typeparam>
public interface IRpcStream<in TResponse>
    where TResponse : IMessage
{
    /// <summary>Sends a message; complete when the transport has taken it.</summary>
    /// <param name="message">The message; not kept.</param>
    /// <exception cref="OperationCanceledException">
    /// The call is over: the peer is gone, its deadline has passed, or the server stops.
    /// </exception>
    ValueTask WriteAsync(TResponse message);

    /// <summary>Sends a message that writes itself.</summary>
    /// <param name="message">The message; not kept.</param>
    /// <param name="cancellationToken">
    /// Gives the write up, also while the peer does not read. A message that is under way cannot be taken back: the call is broken off.
    /// </param>
    /// <exception cref="OperationCanceledException">
    /// The call is over: the peer is gone, its deadline has passed, or the server stops. Or the write was given up.
    /// </exception>
    /// <exception cref="InvalidOperationException">
    /// The message wrote another number of bytes than it said; the call is broken off.
    /// </exception>
    ValueTask WriteEncodedAsync(IRpcEncodedMessage message, CancellationToken cancellationToken = default);
}
