using Casemate.Primitives.Sockets;

namespace Casemate.Quoting.Service;

/// <summary>Who asks: the kernel's credential, and the pod as far as it is known.</summary>
/// <param name="Credential">What the kernel says.</param>
/// <param name="Endpoint">The socket that the peer came in by: its path, or <c>@</c> and an abstract name.</param>
public sealed record Peer(PeerCredential Credential, string Endpoint)
{
    /// <summary>How the rest was found.</summary>
    public PeerIdentification Identification { get; init; }

    /// <summary>UID of the pod; null: unknown.</summary>
    public string? PodUid { get; init; }

    /// <summary>Id of the container; null: unknown.</summary>
    public string? ContainerId { get; init; }

    /// <summary>Namespace of the pod; null: unknown.</summary>
    public string? Namespace { get; init; }

    /// <summary>Name of the pod; null: unknown.</summary>
    public string? PodName { get; init; }
}
