namespace Casemate.Oci.Diff;

/// <summary>A layer that one of two images has and the other has not.</summary>
/// <param name="Kind">Added or removed.</param>
/// <param name="Number">Its place in its image, from 1 for the lowest.</param>
/// <param name="Layer">The layer.</param>
/// <param name="DiffId">The digest of its plain archive.</param>
public sealed record LayerDifference(ChangeKind Kind, int Number, Descriptor Layer, Digest DiffId);
