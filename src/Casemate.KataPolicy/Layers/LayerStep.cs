using Casemate.Oci;

namespace Casemate.KataPolicy.Layers;

/// <summary>How far the work on an image's layers is.</summary>
/// <param name="Layer">The layer at work: 1 for the lowest.</param>
/// <param name="Layers">How many there are.</param>
/// <param name="DiffId">The layer's name.</param>
/// <param name="Bytes">The bytes that came out of it so far; the size of its device when it is done.</param>
/// <param name="Done">True when it is done.</param>
/// <param name="FromCache">True when it was known.</param>
public sealed record LayerStep(int Layer, int Layers, Digest DiffId, long Bytes, bool Done, bool FromCache);
