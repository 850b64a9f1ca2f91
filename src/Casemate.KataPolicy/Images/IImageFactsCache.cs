using Casemate.KataPolicy.Layers;
using Casemate.Oci;

namespace Casemate.KataPolicy.Images;

/// <summary>
/// Keeps what was read of images, by digest. Documents are checked against their digest whenever they are used; what it answers about
/// layers is believed, so it must be as safe from strangers as the policy that is made from it.
/// </summary>
public interface IImageFactsCache
{
    /// <summary>Finds an index, manifest or configuration.</summary>
    /// <returns>The media type and the bytes, which the caller checks; null when it is not kept.</returns>
    (string MediaType, byte[] Content)? FindDocument(Digest digest);

    /// <summary>Keeps a document that was checked. A cache that cannot keep it does nothing.</summary>
    void KeepDocument(Digest digest, string mediaType, ReadOnlySpan<byte> content);

    /// <summary>Finds what a layer says about <see cref="LayerRoots.WatchedFiles"/>.</summary>
    IReadOnlyList<WatchedFile>? FindLayer(Digest diffId);

    /// <summary>Keeps what a layer says. A cache that cannot keep it does nothing.</summary>
    void KeepLayer(Digest diffId, IReadOnlyList<WatchedFile> files);
}
