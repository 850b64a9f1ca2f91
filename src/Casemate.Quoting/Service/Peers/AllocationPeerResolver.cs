using Casemate.Primitives.Sockets;

namespace Casemate.Quoting.Service.Peers;

/// <summary>
/// Finds the pod of a peer by the socket that it came in by: each allocation of a device has a directory of its own with a socket in it,
/// <c>ROOT/ALLOCATION/aesm.socket</c>, that is mounted into one container. Needs no access to the host's processes.
/// </summary>
/// <param name="root">Where the directories are.</param>
/// <param name="allocations">Knows who holds an allocation.</param>
/// <param name="otherwise">Asked for peers that came in by other sockets, or by one of an allocation that nobody knows.</param>
public sealed class AllocationPeerResolver(string root, IAllocationDirectory allocations, IPeerResolver otherwise) : IPeerResolver
{
    private readonly string _root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(root));

    /// <summary>The allocation that a socket belongs to; null when it is the socket of none.</summary>
    /// <param name="endpoint">Path of a socket.</param>
    public string? AllocationOf(string endpoint)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        if (!endpoint.StartsWith('/') || Path.GetDirectoryName(endpoint) is not { } directory || Path.GetDirectoryName(directory) != _root)
        {
            return null;
        }

        return Path.GetFileName(directory) is { Length: > 0 } name and not "." and not ".." ? name : null;
    }

    /// <inheritdoc/>
    public async ValueTask<Peer> ResolveAsync(PeerCredential credential, string endpoint, CancellationToken cancellationToken)
    {
        if (AllocationOf(endpoint) is not { } allocation)
        {
            return await otherwise.ResolveAsync(credential, endpoint, cancellationToken).ConfigureAwait(false);
        }

        if (allocations.Find(allocation) is { } pod)
        {
            return new Peer(credential, endpoint)
            {
                Identification = PeerIdentification.Allocation,
                PodUid = pod.PodUid,
                ContainerId = pod.ContainerId,
                Namespace = pod.Namespace,
                PodName = pod.PodName,
            };
        }

        // Nobody says whose the allocation is: its process may. If that says nothing either, the allocation is known all the same: it has a
        // lane of its own, and the audit names the socket.
        var peer = await otherwise.ResolveAsync(credential, endpoint, cancellationToken).ConfigureAwait(false);
        return peer.Identification is PeerIdentification.Unknown ? peer with { Identification = PeerIdentification.Allocation } : peer;
    }
}
