using Casemate.Primitives.Sockets;

namespace Casemate.Quoting.Service;

/// <summary>Looks for no pod: a peer is its credential.</summary>
public sealed class CredentialPeerResolver : IPeerResolver
{
    /// <summary>The one instance.</summary>
    public static CredentialPeerResolver Instance { get; } = new();

    /// <inheritdoc/>
    public ValueTask<Peer> ResolveAsync(PeerCredential credential, string endpoint, CancellationToken cancellationToken) =>
        ValueTask.FromResult(new Peer(credential, endpoint));
}
