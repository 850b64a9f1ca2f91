namespace Casemate.Oci.Layers;

/// <summary>A layer that was written.</summary>
/// <param name="Descriptor">The layer as it stands in a manifest.</param>
/// <param name="DiffId">The digest of the plain tar archive, as it stands in a configuration.</param>
/// <param name="UnpackedSize">The size of the plain tar archive in bytes.</param>
public sealed record BuiltLayer(Descriptor Descriptor, Digest DiffId, long UnpackedSize);
