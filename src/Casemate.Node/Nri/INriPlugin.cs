using Casemate.Rpc;
using Casemate.Rpc.Nri;

namespace Casemate.Node.Nri;

/// <summary>What a runtime asks of a plugin.</summary>
internal interface INriPlugin
{
    /// <summary>Tells what is there already.</summary>
    /// <param name="pods">Pods, by the runtime's id.</param>
    /// <param name="containers">All containers.</param>
    /// <param name="patience">How long the answer may take at most.</param>
    /// <param name="cancellationToken">Fires when nobody waits any more.</param>
    /// <returns>Changes to them.</returns>
    ValueTask<IReadOnlyList<ContainerUpdate>> SynchronizeAsync(
        IReadOnlyDictionary<string, PodSandbox> pods, IReadOnlyList<Container> containers, TimeSpan patience,
        CancellationToken cancellationToken);

    /// <summary>A container is about to be created.</summary>
    /// <param name="pod">Its pod.</param>
    /// <param name="container">The container.</param>
    /// <param name="patience">How long the answer may take at most.</param>
    /// <param name="cancellationToken">Fires when nobody waits any more.</param>
    /// <returns>Changes to it; null for none.</returns>
    /// <exception cref="RpcException">The container must not be created.</exception>
    ValueTask<ContainerAdjustment?> CreateAsync(
        PodSandbox pod, Container container, TimeSpan patience, CancellationToken cancellationToken);

    /// <summary>Whether a container that was created without changes would get some now.</summary>
    /// <param name="cancellationToken">Fires when nobody waits any more.</param>
    ValueTask<bool> HasLateChangesAsync(CancellationToken cancellationToken);
}
