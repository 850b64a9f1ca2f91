using System.Collections.Immutable;
using System.Security.Cryptography;

namespace Casemate.Oci.Signatures;

/// <summary>The tree hashes of transparency logs. Source: RFC 6962 §2.1; verification as in RFC 9162 §2.1.3.2.</summary>
internal static class MerkleProof
{
    /// <summary>The hash of a leaf.</summary>
    public static byte[] LeafHash(ReadOnlySpan<byte> entry) => SHA256.HashData([0x00, .. entry]);

    /// <summary>The hash of a tree that holds the leaf at this place; null when the number of hashes does not fit.</summary>
    /// <param name="leafHash">The leaf's hash.</param>
    /// <param name="index">The leaf's place, from 0.</param>
    /// <param name="size">The leaves of the tree.</param>
    /// <param name="hashes">The neighbours on the way up.</param>
    public static byte[]? RootHash(ReadOnlySpan<byte> leafHash, long index, long size, ImmutableArray<ReadOnlyMemory<byte>> hashes)
    {
        if (index < 0 || size <= index)
        {
            return null;
        }

        var (node, last) = (index, size - 1);
        var hash = leafHash.ToArray();
        foreach (var neighbour in hashes)
        {
            if (last == 0)
            {
                return null;
            }

            if ((node & 1) == 1 || node == last)
            {
                hash = SHA256.HashData([0x01, .. neighbour.Span, .. hash]);
                while ((node & 1) == 0 && node != 0)
                {
                    (node, last) = (node >> 1, last >> 1);
                }
            }
            else
            {
                hash = SHA256.HashData([0x01, .. hash, .. neighbour.Span]);
            }

            (node, last) = (node >> 1, last >> 1);
        }

        return last == 0 ? hash : null;
    }
}
