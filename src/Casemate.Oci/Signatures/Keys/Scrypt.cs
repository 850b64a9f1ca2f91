using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Casemate.Oci.Signatures;

/// <summary>The password-based key derivation scrypt. Source: RFC 7914; its test vectors are in the tests.</summary>
internal static class Scrypt
{
    /// <summary>Derives a key.</summary>
    /// <param name="password">The password's bytes.</param>
    /// <param name="salt">The salt.</param>
    /// <param name="n">The cost, a power of two above 1. The caller limits 128·n·r, the bytes that are taken.</param>
    /// <param name="r">The block size.</param>
    /// <param name="p">How often.</param>
    /// <param name="length">The length of the key in bytes.</param>
    public static byte[] DeriveKey(ReadOnlySpan<byte> password, ReadOnlySpan<byte> salt, int n, int r, int p, int length)
    {
        var blocks = Rfc2898DeriveBytes.Pbkdf2(password, salt, 1, HashAlgorithmName.SHA256, checked(p * 128 * r));
        var words = new uint[32 * r];
        var table = new uint[checked((long)n * words.Length)];
        for (var i = 0; i < p; i++)
        {
            var block = blocks.AsSpan(i * 128 * r, 128 * r);
            for (var w = 0; w < words.Length; w++)
            {
                words[w] = BinaryPrimitives.ReadUInt32LittleEndian(block[(4 * w)..]);
            }

            Mix(words, table, n, r);
            for (var w = 0; w < words.Length; w++)
            {
                BinaryPrimitives.WriteUInt32LittleEndian(block[(4 * w)..], words[w]);
            }
        }

        var key = Rfc2898DeriveBytes.Pbkdf2(password, blocks, 1, HashAlgorithmName.SHA256, length);
        Array.Clear(table);
        Array.Clear(words);
        CryptographicOperations.ZeroMemory(blocks);
        return key;
    }

    // RFC 7914 §5, scryptROMix.
    private static void Mix(uint[] x, uint[] table, int n, int r)
    {
        var y = new uint[x.Length];
        for (var i = 0; i < n; i++)
        {
            x.CopyTo(table.AsSpan(i * x.Length));
            MixBlocks(x, y, r);
        }

        for (var i = 0; i < n; i++)
        {
            var j = (int)(x[(2 * r - 1) * 16] & (uint)(n - 1));
            var row = table.AsSpan(j * x.Length, x.Length);
            for (var w = 0; w < x.Length; w++)
            {
                x[w] ^= row[w];
            }

            MixBlocks(x, y, r);
        }

        Array.Clear(y);
    }

    // RFC 7914 §4, scryptBlockMix: even blocks to the first half, odd ones to the second.
    private static void MixBlocks(uint[] b, uint[] y, int r)
    {
        Span<uint> x = stackalloc uint[16];
        b.AsSpan((2 * r - 1) * 16, 16).CopyTo(x);
        for (var i = 0; i < 2 * r; i++)
        {
            for (var w = 0; w < 16; w++)
            {
                x[w] ^= b[(i * 16) + w];
            }

            Salsa20.Core8(x);
            x.CopyTo(y.AsSpan(((i / 2) + (i % 2 * r)) * 16));
        }

        y.CopyTo(b, 0);
    }
}
