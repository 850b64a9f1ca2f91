using Casemate.Oci;

namespace Casemate.KataPolicy.Layers;

/// <summary>
/// Keeps what was computed of layers, so that it need not be computed again. What it answers is believed: it must be as safe from
/// strangers as the policy that is made from it.
/// </summary>
public interface ILayerRootCache
{
    /// <summary>Finds a layer.</summary>
    /// <param name="diffId">The digest of the plain archive.</param>
    /// <param name="profile">How the block device is made.</param>
    /// <param name="cancel">Ends the wait.</param>
    /// <returns>What is known; null when nothing is, or when what is kept is damaged.</returns>
    ValueTask<LayerRoot?> FindAsync(Digest diffId, LayerProfile profile, CancellationToken cancel);

    /// <summary>Keeps a layer. A cache that cannot keep it does nothing: it only makes work quicker.</summary>
    ValueTask KeepAsync(LayerRoot root, CancellationToken cancel);
}
