using Casemate.Oci;

namespace Casemate.KataPolicy.Layers;

/// <summary>What is known of one layer: the root hash of its block device, and its files that say who users are.</summary>
/// <param name="DiffId">The digest of the plain archive, checked.</param>
/// <param name="Profile">How the block device is made.</param>
/// <param name="RootHash">The dm-verity root hash: 64 lower-case hexadecimal digits.</param>
/// <param name="DeviceBytes">The size of the block device, without its tree.</param>
/// <param name="Files">What the layer says about <see cref="LayerRoots.WatchedFiles"/>, in that order.</param>
public sealed record LayerRoot(Digest DiffId, LayerProfile Profile, string RootHash, long DeviceBytes, IReadOnlyList<WatchedFile> Files);
