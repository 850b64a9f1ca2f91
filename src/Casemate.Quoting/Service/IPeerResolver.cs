using Casemate.Primitives.Sockets;

namespace Casemate.Quoting.Service;

/// <summary>Finds the pod behind a connection.</summary>
public interface IPeerResolver
{
    /// <summary>Finds out who a peer is. Called once per connection, before its first request is carried out.</summary>
    /// <param name="credential">What the kernel says.</param>
    /// <param name="endpoint">The socket that the peer came in by.</param>
    /// <param name="cancellationToken">Stops the search.</param>
    /// <returns>The peer; one that cannot be found out about has <see cref="PeerIdentification.Unknown"/>. Never throws for that.</returns>
    ValueTask<Peer> ResolveAsync(PeerCredential credential, string endpoint, CancellationToken cancellationToken);
}
