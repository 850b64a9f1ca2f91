using Casemate.Oci;

namespace Casemate.KataPolicy.Layers;

/// <summary>One layer of an image, in its place.</summary>
/// <param name="Descriptor">The layer as the manifest lists it.</param>
/// <param name="ChainId">
/// The digest that names the layer together with all below it. Source: OCI Image Format Specification 1.1, config.md, "Layer ChainID".
/// </param>
/// <param name="Root">What is known of the layer itself.</param>
public sealed record ImageLayer(Descriptor Descriptor, Digest ChainId, LayerRoot Root);
