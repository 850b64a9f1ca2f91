using System.Collections.Immutable;
using Casemate.Oci;
using Casemate.Oci.Layers;

namespace Casemate.Images.Packing;

/// <summary>What was written.</summary>
/// <param name="Manifest">The image.</param>
/// <param name="Layers">Its layers, the lowest first.</param>
/// <param name="Sbom">The list of its contents, as an artifact that refers to it; null where the target keeps none.</param>
public sealed record PackedImage(Descriptor Manifest, ImmutableArray<(PackLayer Layer, BuiltLayer Built)> Layers, Descriptor? Sbom);
