using System.Collections.Immutable;

namespace Casemate.Oci.Signatures;

/// <summary>That an entry is in a log's tree, and what the log signed about that tree.</summary>
/// <param name="LogIndex">The entry's place in this tree.</param>
/// <param name="TreeSize">The entries of the tree.</param>
/// <param name="RootHash">The tree's hash, 32 bytes.</param>
/// <param name="Hashes">The neighbours on the way up, leaf's first; 32 bytes each.</param>
/// <param name="Checkpoint">The signed note over size and hash; null where the bundle has none.</param>
public sealed record InclusionProof(
    long LogIndex, long TreeSize, ReadOnlyMemory<byte> RootHash, ImmutableArray<ReadOnlyMemory<byte>> Hashes, string? Checkpoint);
