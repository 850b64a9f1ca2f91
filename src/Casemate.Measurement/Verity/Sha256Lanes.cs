using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using System.Security.Cryptography;

namespace Casemate.Measurement.Verity;

/// <summary>
/// SHA-256 of sixteen blocks of the same length at once, one in each lane of the 512-bit registers. Source: FIPS 180-4, §5.1.1, §6.2.
/// </summary>
/// <remarks>
/// A tree hashes very many short messages that do not depend on each other. One message is bound by the latency of the processor's SHA
/// instructions; sixteen side by side are not, and take less than half of the time. What is hashed is public, so time may depend on it.
/// Used only where the processor has the instructions and a comparison with the base library, made once, came out right.
/// </remarks>
internal static class Sha256Lanes
{
    public const int Count = 16;

    private const int BlockBytes = 64;

    private static ReadOnlySpan<uint> Constants =>
    [
        0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
        0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
        0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
        0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
        0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
        0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
        0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
        0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
    ];

    /// <summary>True when this machine can, and does it right.</summary>
    public static bool IsSupported => Avx512F.IsSupported && Avx512BW.IsSupported && Comparison.IsRight;

    /// <summary>Hashes sixteen messages: each is <paramref name="prefix"/>, one block, <paramref name="suffix"/>.</summary>
    /// <param name="prefix">What stands before each block.</param>
    /// <param name="blocks">Sixteen blocks of the same length, one behind the other.</param>
    /// <param name="suffix">What stands behind each block.</param>
    /// <param name="digests">Sixteen digests of 32 bytes.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Hash(ReadOnlySpan<byte> prefix, ReadOnlySpan<byte> blocks, ReadOnlySpan<byte> suffix, Span<byte> digests)
    {
        var size = blocks.Length / Count;
        Span<byte> edge = stackalloc byte[Count * BlockBytes];
        Span<Vector512<uint>> words = stackalloc Vector512<uint>[16];
        Span<Vector512<uint>> state =
        [
            Vector512.Create(0x6a09e667u), Vector512.Create(0xbb67ae85u), Vector512.Create(0x3c6ef372u), Vector512.Create(0xa54ff53au),
            Vector512.Create(0x510e527fu), Vector512.Create(0x9b05688cu), Vector512.Create(0x1f83d9abu), Vector512.Create(0x5be0cd19u),
        ];

        var length = prefix.Length + size + suffix.Length;
        for (var offset = 0; offset < length + 9; offset += BlockBytes)
        {
            var inside = offset - prefix.Length;
            if (inside >= 0 && inside + BlockBytes <= size)
            {
                Load(words, ref Unsafe.Add(ref MemoryMarshal.GetReference(blocks), inside), size);
            }
            else
            {
                for (var lane = 0; lane < Count; lane++)
                {
                    Piece(edge.Slice(lane * BlockBytes, BlockBytes), offset, prefix, blocks.Slice(lane * size, size), suffix);
                }

                Load(words, ref MemoryMarshal.GetReference(edge), BlockBytes);
            }

            Compress(state, words);
        }

        for (var word = 0; word < state.Length; word++)
        {
            for (var lane = 0; lane < Count; lane++)
            {
                BinaryPrimitives.WriteUInt32BigEndian(digests[(lane * 32 + word * 4)..], state[word][lane]);
            }
        }
    }

    // One piece of 64 bytes of a padded message that does not lie in the block alone.
    private static void Piece(Span<byte> piece, int offset, ReadOnlySpan<byte> prefix, ReadOnlySpan<byte> block, ReadOnlySpan<byte> suffix)
    {
        piece.Clear();
        var length = prefix.Length + block.Length + suffix.Length;
        Copy(prefix, 0, offset, piece);
        Copy(block, prefix.Length, offset, piece);
        Copy(suffix, prefix.Length + block.Length, offset, piece);
        if (length >= offset && length < offset + BlockBytes)
        {
            piece[length - offset] = 0x80;
        }

        if (length + 9 <= offset + BlockBytes)
        {
            BinaryPrimitives.WriteUInt64BigEndian(piece[^8..], (ulong)length * 8);
        }
    }

    // Copies what of a part, which lies at a place of the message, falls into the piece.
    private static void Copy(ReadOnlySpan<byte> part, int place, int offset, Span<byte> piece)
    {
        var from = Math.Max(place, offset);
        var to = Math.Min(place + part.Length, offset + BlockBytes);
        if (from < to)
        {
            part[(from - place)..(to - place)].CopyTo(piece[(from - offset)..]);
        }
    }

    // Sixteen pieces of 64 bytes become sixteen vectors: vector n holds word n of every lane. The caller has checked that all of
    // the pieces lie in its span.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Load(Span<Vector512<uint>> words, ref byte first, int stride)
    {
        Span<Vector512<uint>> rows = stackalloc Vector512<uint>[16];
        Span<Vector512<uint>> pairs = stackalloc Vector512<uint>[16];
        for (var lane = 0; lane < Count; lane++)
        {
            rows[lane] = Unsafe.ReadUnaligned<Vector512<uint>>(ref Unsafe.Add(ref first, lane * stride));
        }

        for (var i = 0; i < 16; i += 2)
        {
            pairs[i] = Avx512F.UnpackLow(rows[i], rows[i + 1]);
            pairs[i + 1] = Avx512F.UnpackHigh(rows[i], rows[i + 1]);
        }

        for (var i = 0; i < 16; i += 4)
        {
            rows[i] = Quads(pairs[i], pairs[i + 2], high: false);
            rows[i + 1] = Quads(pairs[i], pairs[i + 2], high: true);
            rows[i + 2] = Quads(pairs[i + 1], pairs[i + 3], high: false);
            rows[i + 3] = Quads(pairs[i + 1], pairs[i + 3], high: true);
        }

        // rows[4g + c] now holds words c, c + 4, c + 8, c + 12 of lanes 4g to 4g + 3, one word in each quarter.
        var swap = Vector512.Create(Vector128.Create((byte)3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12));
        for (var c = 0; c < 4; c++)
        {
            var low = Avx512F.Shuffle4x128(rows[c], rows[4 + c], 0x88);
            var high = Avx512F.Shuffle4x128(rows[c], rows[4 + c], 0xDD);
            var low2 = Avx512F.Shuffle4x128(rows[8 + c], rows[12 + c], 0x88);
            var high2 = Avx512F.Shuffle4x128(rows[8 + c], rows[12 + c], 0xDD);
            words[c] = Avx512BW.Shuffle(Avx512F.Shuffle4x128(low, low2, 0x88).AsByte(), swap).AsUInt32();
            words[c + 8] = Avx512BW.Shuffle(Avx512F.Shuffle4x128(low, low2, 0xDD).AsByte(), swap).AsUInt32();
            words[c + 4] = Avx512BW.Shuffle(Avx512F.Shuffle4x128(high, high2, 0x88).AsByte(), swap).AsUInt32();
            words[c + 12] = Avx512BW.Shuffle(Avx512F.Shuffle4x128(high, high2, 0xDD).AsByte(), swap).AsUInt32();
        }
    }

    private static Vector512<uint> Quads(Vector512<uint> left, Vector512<uint> right, [ConstantExpected] bool high) => high
        ? Avx512F.UnpackHigh(left.AsUInt64(), right.AsUInt64()).AsUInt32()
        : Avx512F.UnpackLow(left.AsUInt64(), right.AsUInt64()).AsUInt32();

    // Made at once as it shall stay: the quick first form of compiled code is fifty times slower here, and a tree may be done before the
    // better one is there.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Compress(Span<Vector512<uint>> state, Span<Vector512<uint>> words)
    {
        var (a, b, c, d) = (state[0], state[1], state[2], state[3]);
        var (e, f, g, h) = (state[4], state[5], state[6], state[7]);
        var constants = Constants;
        for (var t = 0; t < 64; t += 8)
        {
            if (t >= 16)
            {
                for (var i = t; i < t + 8; i++)
                {
                    Extend(words, i);
                }
            }

            // Eight rounds at a time, so that the names rotate and the values stay where they are.
            Round(a, b, c, ref d, e, f, g, ref h, words[t & 15], constants[t]);
            Round(h, a, b, ref c, d, e, f, ref g, words[(t + 1) & 15], constants[t + 1]);
            Round(g, h, a, ref b, c, d, e, ref f, words[(t + 2) & 15], constants[t + 2]);
            Round(f, g, h, ref a, b, c, d, ref e, words[(t + 3) & 15], constants[t + 3]);
            Round(e, f, g, ref h, a, b, c, ref d, words[(t + 4) & 15], constants[t + 4]);
            Round(d, e, f, ref g, h, a, b, ref c, words[(t + 5) & 15], constants[t + 5]);
            Round(c, d, e, ref f, g, h, a, ref b, words[(t + 6) & 15], constants[t + 6]);
            Round(b, c, d, ref e, f, g, h, ref a, words[(t + 7) & 15], constants[t + 7]);
        }

        state[0] += a;
        state[1] += b;
        state[2] += c;
        state[3] += d;
        state[4] += e;
        state[5] += f;
        state[6] += g;
        state[7] += h;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Extend(Span<Vector512<uint>> words, int t)
    {
        var (x, y) = (words[(t + 1) & 15], words[(t + 14) & 15]);
        words[t & 15] += words[(t + 9) & 15] + (Right(x, 7) ^ Right(x, 18) ^ (x >>> 3)) + (Right(y, 17) ^ Right(y, 19) ^ (y >>> 10));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Round(
        Vector512<uint> a, Vector512<uint> b, Vector512<uint> c, ref Vector512<uint> d, Vector512<uint> e, Vector512<uint> f,
        Vector512<uint> g, ref Vector512<uint> h, Vector512<uint> word, uint constant)
    {
        var first = h + (Right(e, 6) ^ Right(e, 11) ^ Right(e, 25)) + Vector512.ConditionalSelect(e, f, g) + (word + Vector512.Create(constant));
        var second = (Right(a, 2) ^ Right(a, 13) ^ Right(a, 22)) + ((a & b) | (c & (a | b)));
        d += first;
        h = first + second;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> Right(Vector512<uint> value, [ConstantExpected] byte count) => Avx512F.RotateRight(value, count);

    // A class of its own, so that the code above needs no look at whether static fields are there already.
    private static class Comparison
    {
        public static readonly bool IsRight = AgreesWithTheBaseLibrary();
    }

    // Lengths on both sides of each rule of the padding, so that no piece of the code is taken into use unseen.
    private static bool AgreesWithTheBaseLibrary()
    {
        var blocks = new byte[Count * 1024];
        for (var i = 0; i < blocks.Length; i++)
        {
            blocks[i] = (byte)(i * 131 + (i >> 8) * 7);
        }

        Span<byte> lanes = stackalloc byte[Count * SHA256.HashSizeInBytes];
        foreach (var (prefix, suffix) in (ReadOnlySpan<(int, int)>)[(0, 0), (32, 0), (55, 0), (0, 56), (119, 0)])
        {
            Hash(blocks.AsSpan(0, prefix), blocks, blocks.AsSpan(0, suffix), lanes);
            for (var lane = 0; lane < Count; lane++)
            {
                byte[] message = [.. blocks.AsSpan(0, prefix), .. blocks.AsSpan(lane * 1024, 1024), .. blocks.AsSpan(0, suffix)];
                if (!lanes.Slice(lane * SHA256.HashSizeInBytes, SHA256.HashSizeInBytes).SequenceEqual(SHA256.HashData(message)))
                {
                    return false;
                }
            }
        }

        return true;
    }
}
