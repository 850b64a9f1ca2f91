using System.Buffers.Binary;
using System.Numerics;

namespace Casemate.Oci.Signatures;

/// <summary>
/// The Salsa20 core and what is built of it. Sources: D. J. Bernstein, "The Salsa20 family of stream ciphers" and "Extending the
/// Salsa20 nonce"; RFC 7914 §3.
/// </summary>
internal static class Salsa20
{
    // "expand 32-byte k"
    private static readonly uint[] s_constants = [0x61707865, 0x3320646E, 0x79622D32, 0x6B206574];

    /// <summary>The core with 8 rounds, in place: what scrypt takes.</summary>
    public static void Core8(Span<uint> state)
    {
        Span<uint> start = stackalloc uint[16];
        state.CopyTo(start);
        Rounds(state, 8);
        for (var i = 0; i < 16; i++)
        {
            state[i] += start[i];
        }
    }

    /// <summary>The key that XSalsa20 makes of a key and the first 16 bytes of a nonce.</summary>
    public static byte[] HSalsa20(ReadOnlySpan<byte> key, ReadOnlySpan<byte> nonce16)
    {
        Span<uint> x = stackalloc uint[16];
        Fill(x, key, nonce16);
        Rounds(x, 20);
        var derived = new byte[32];
        ReadOnlySpan<int> taken = [0, 5, 10, 15, 6, 7, 8, 9];
        for (var i = 0; i < taken.Length; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(derived.AsSpan(4 * i), x[taken[i]]);
        }

        return derived;
    }

    /// <summary>Fills <paramref name="stream"/> with the key stream from its beginning.</summary>
    public static void KeyStream(ReadOnlySpan<byte> key, ReadOnlySpan<byte> nonce8, Span<byte> stream)
    {
        Span<byte> input = stackalloc byte[16];
        Span<uint> x = stackalloc uint[16];
        Span<uint> start = stackalloc uint[16];
        Span<byte> block = stackalloc byte[64];
        nonce8.CopyTo(input);
        for (ulong counter = 0; !stream.IsEmpty; counter++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(input[8..], counter);
            Fill(x, key, input);
            x.CopyTo(start);
            Rounds(x, 20);
            for (var i = 0; i < 16; i++)
            {
                BinaryPrimitives.WriteUInt32LittleEndian(block[(4 * i)..], x[i] + start[i]);
            }

            var taken = Math.Min(64, stream.Length);
            block[..taken].CopyTo(stream);
            stream = stream[taken..];
        }
    }

    private static void Fill(Span<uint> x, ReadOnlySpan<byte> key, ReadOnlySpan<byte> input)
    {
        for (var i = 0; i < 4; i++)
        {
            x[5 * i] = s_constants[i];
            x[1 + i] = BinaryPrimitives.ReadUInt32LittleEndian(key[(4 * i)..]);
            x[11 + i] = BinaryPrimitives.ReadUInt32LittleEndian(key[(16 + (4 * i))..]);
            x[6 + i] = BinaryPrimitives.ReadUInt32LittleEndian(input[(4 * i)..]);
        }
    }

    private static void Rounds(Span<uint> x, int rounds)
    {
        for (var i = 0; i < rounds; i += 2)
        {
            Quarter(x, 0, 4, 8, 12);
            Quarter(x, 5, 9, 13, 1);
            Quarter(x, 10, 14, 2, 6);
            Quarter(x, 15, 3, 7, 11);
            Quarter(x, 0, 1, 2, 3);
            Quarter(x, 5, 6, 7, 4);
            Quarter(x, 10, 11, 8, 9);
            Quarter(x, 15, 12, 13, 14);
        }
    }

    private static void Quarter(Span<uint> x, int a, int b, int c, int d)
    {
        x[b] ^= BitOperations.RotateLeft(x[a] + x[d], 7);
        x[c] ^= BitOperations.RotateLeft(x[b] + x[a], 9);
        x[d] ^= BitOperations.RotateLeft(x[c] + x[b], 13);
        x[a] ^= BitOperations.RotateLeft(x[d] + x[c], 18);
    }
}
