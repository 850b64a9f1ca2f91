using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Casemate.Attestation;

/// <summary>A SHA-256 as a key: complete inputs, never names or parts of them.</summary>
internal readonly record struct CacheKey(ulong A, ulong B, ulong C, ulong D)
{
    /// <summary>The fingerprint of one input.</summary>
    public static CacheKey Of(ReadOnlySpan<byte> input)
    {
        Span<byte> digest = stackalloc byte[32];
        SHA256.HashData(input, digest);
        return FromDigest(digest);
    }

    /// <summary>The fingerprint of several inputs: a hash over their hashes, so that no boundary can be shifted.</summary>
    public static CacheKey Of(params ReadOnlySpan<ReadOnlyMemory<byte>> inputs)
    {
        Span<byte> digests = stackalloc byte[32 * inputs.Length];
        for (var i = 0; i < inputs.Length; i++)
        {
            SHA256.HashData(inputs[i].Span, digests.Slice(32 * i, 32));
        }

        return Of(digests);
    }

    /// <summary>The fingerprint of two fingerprints.</summary>
    public CacheKey With(CacheKey other)
    {
        Span<ulong> words = [A, B, C, D, other.A, other.B, other.C, other.D];
        return Of(MemoryMarshal.AsBytes(words));
    }

    private static CacheKey FromDigest(ReadOnlySpan<byte> digest) => new(
        BinaryPrimitives.ReadUInt64LittleEndian(digest), BinaryPrimitives.ReadUInt64LittleEndian(digest[8..]),
        BinaryPrimitives.ReadUInt64LittleEndian(digest[16..]), BinaryPrimitives.ReadUInt64LittleEndian(digest[24..]));
}
