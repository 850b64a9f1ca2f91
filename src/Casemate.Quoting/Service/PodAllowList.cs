using System.Collections.Immutable;

namespace Casemate.Quoting.Service;

/// <summary>Who may quote. A peer is admitted by one entry; a peer whose namespace is unknown is admitted by none.</summary>
public sealed record PodAllowList
{
    /// <summary>Namespaces whose pods may all quote.</summary>
    public ImmutableHashSet<string> Namespaces { get; init; } = [];

    /// <summary>Service accounts whose pods may quote, as <c>NAMESPACE/NAME</c>.</summary>
    public ImmutableHashSet<string> ServiceAccounts { get; init; } = [];

    /// <summary>Finds the service account of a pod; null: nobody knows them, and <see cref="ServiceAccounts"/> admits nobody.</summary>
    public Func<Peer, string?>? ServiceAccountOf { get; init; }

    /// <summary>True when a peer may quote.</summary>
    public bool Admits(Peer peer)
    {
        ArgumentNullException.ThrowIfNull(peer);
        if (peer.Namespace is not { Length: > 0 } name)
        {
            return false;
        }

        return Namespaces.Contains(name)
            || (!ServiceAccounts.IsEmpty && ServiceAccountOf?.Invoke(peer) is { Length: > 0 } account
                && ServiceAccounts.Contains($"{name}/{account}"));
    }
}
