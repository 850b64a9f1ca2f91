using System.Collections.Immutable;
using Casemate.Oci;

namespace Casemate.KataPolicy.Images;

/// <summary>What the derivation of a policy needs to know of an image. All of it was verified against digests on its way.</summary>
public sealed record ImageFacts
{
    /// <summary>The reference as the pod has it.</summary>
    public required string Requested { get; init; }

    /// <summary>The reference in full.</summary>
    public required ImageReference Reference { get; init; }

    /// <summary>The digest of the manifest for the platform.</summary>
    public required Digest ManifestDigest { get; init; }

    /// <summary>
    /// Whether the manifest was made here, from an archive of <c>docker save</c>, which has none: the image's registry has another, of
    /// another digest, for the same layers.
    /// </summary>
    public bool HasMadeManifest { get; init; }

    /// <summary>The digest of the index that the manifest was chosen from; null when the reference means a manifest.</summary>
    public Digest? IndexDigest { get; init; }

    /// <summary>The digest of the configuration.</summary>
    public required Digest ConfigDigest { get; init; }

    /// <summary>Digests of the plain layers, the lowest first.</summary>
    public required ImmutableArray<Digest> DiffIds { get; init; }

    /// <summary>The layers with their roots of dm-verity, the lowest first; empty where nobody asked for them.</summary>
    public ImmutableArray<ImageLayerPolicy> Layers { get; init; } = [];

    /// <summary>How it starts a container.</summary>
    public required ImageStart Start { get; init; }

    /// <summary>
    /// The reference by digest, as the pod must name the image: the digest of the reference where it has one, else the manifest's.
    /// </summary>
    public string ByDigest => Reference.At(Reference.Digest ?? ManifestDigest).ToString();
}
