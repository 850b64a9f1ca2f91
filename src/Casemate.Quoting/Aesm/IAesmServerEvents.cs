using Casemate.Primitives.Sockets;
using Casemate.Quoting.Service;

namespace Casemate.Quoting.Aesm;

/// <summary>
/// What a server tells its host, which logs and counts it. Called from many threads at once; must not block, and must not throw.
/// </summary>
public interface IAesmServerEvents
{
    /// <summary>A socket is ready for clients.</summary>
    /// <param name="endpoint">Its path, or <c>@</c> and its abstract name.</param>
    void Listening(string endpoint);

    /// <summary>The file of a socket had vanished and was made again.</summary>
    /// <param name="endpoint">Its path.</param>
    void SocketRestored(string endpoint);

    /// <summary>A socket no longer reaches this server, or its file cannot be made again. Reported once until that changes.</summary>
    /// <param name="endpoint">Its path.</param>
    /// <param name="problem">What is wrong with it.</param>
    void SocketLost(string endpoint, string problem);

    /// <summary>A connection was closed because a limit was reached.</summary>
    /// <param name="endpoint">The socket.</param>
    /// <param name="credential">Who connected.</param>
    /// <param name="limit">The name of the option that holds the limit.</param>
    void ConnectionRefused(string endpoint, PeerCredential credential, string limit);

    /// <summary>A connection was closed because of what its peer did or failed to do.</summary>
    /// <param name="endpoint">The socket.</param>
    /// <param name="credential">Who connected.</param>
    /// <param name="reason">What the peer did.</param>
    void ConnectionDropped(string endpoint, PeerCredential credential, string reason);

    /// <summary>A request was answered.</summary>
    /// <param name="peer">Who asked.</param>
    /// <param name="type">What was asked.</param>
    /// <param name="error">What was answered; for the remedy see <see cref="AesmErrorText"/>.</param>
    void Answered(Peer peer, AesmMessageType type, AesmError error);

    /// <summary>Something failed that should not: a fault of this program.</summary>
    /// <param name="endpoint">The socket.</param>
    /// <param name="exception">The fault.</param>
    void Faulted(string endpoint, Exception exception);
}
