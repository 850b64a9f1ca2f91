using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace Casemate.Primitives.Jose;

/// <summary>
/// AES key wrap with the default initial value. Source: RFC 3394, sections 2.2.1 and 2.2.2; <c>A256KW</c> of RFC 7518, section 4.4,
/// when the key encryption key has 32 bytes.
/// </summary>
public static class AesKeyWrap
{
    private const int SemiBlock = 8;
    private const ulong DefaultInitialValue = 0xA6A6A6A6A6A6A6A6;

    /// <summary>Wraps a key.</summary>
    /// <param name="keyEncryptionKey">16, 24 or 32 bytes.</param>
    /// <param name="key">The key to wrap: a multiple of 8 bytes, at least 16, at most 512.</param>
    /// <returns>The wrapped key, 8 bytes longer.</returns>
    /// <exception cref="ArgumentException">A length is none of these.</exception>
    public static byte[] Wrap(ReadOnlySpan<byte> keyEncryptionKey, ReadOnlySpan<byte> key)
    {
        if (!IsKeyLength(key.Length))
        {
            throw new ArgumentException("A key to wrap has 16 to 512 bytes, a multiple of 8.", nameof(key));
        }

        using var aes = CreateAes(keyEncryptionKey);
        var output = new byte[key.Length + SemiBlock];
        key.CopyTo(output.AsSpan(SemiBlock));
        var n = key.Length / SemiBlock;
        var integrity = DefaultInitialValue;
        Span<byte> block = stackalloc byte[16];
        for (var j = 0; j < 6; j++)
        {
            for (var i = 1; i <= n; i++)
            {
                var register = output.AsSpan(i * SemiBlock, SemiBlock);
                BinaryPrimitives.WriteUInt64BigEndian(block, integrity);
                register.CopyTo(block[SemiBlock..]);
                aes.EncryptEcb(block, block, PaddingMode.None);
                integrity = BinaryPrimitives.ReadUInt64BigEndian(block) ^ (ulong)(n * j + i);
                block[SemiBlock..].CopyTo(register);
            }
        }

        BinaryPrimitives.WriteUInt64BigEndian(output, integrity);
        CryptographicOperations.ZeroMemory(block);
        return output;
    }

    /// <summary>Unwraps a key and checks its integrity.</summary>
    /// <param name="keyEncryptionKey">16, 24 or 32 bytes.</param>
    /// <param name="wrapped">The wrapped key; any length may come from outside.</param>
    /// <param name="key">The key, 8 bytes shorter, or null. Clear it after use.</param>
    /// <returns>False for an impossible length or a failed integrity check; which of the two is not told.</returns>
    /// <exception cref="ArgumentException"><paramref name="keyEncryptionKey"/> has no AES key length.</exception>
    public static bool TryUnwrap(ReadOnlySpan<byte> keyEncryptionKey, ReadOnlySpan<byte> wrapped, [NotNullWhen(true)] out byte[]? key)
    {
        key = null;
        using var aes = CreateAes(keyEncryptionKey);
        if (!IsKeyLength(wrapped.Length - SemiBlock))
        {
            return false;
        }

        var output = wrapped[SemiBlock..].ToArray();
        var n = output.Length / SemiBlock;
        var integrity = BinaryPrimitives.ReadUInt64BigEndian(wrapped);
        Span<byte> block = stackalloc byte[16];
        for (var j = 5; j >= 0; j--)
        {
            for (var i = n; i >= 1; i--)
            {
                var register = output.AsSpan((i - 1) * SemiBlock, SemiBlock);
                BinaryPrimitives.WriteUInt64BigEndian(block, integrity ^ (ulong)(n * j + i));
                register.CopyTo(block[SemiBlock..]);
                aes.DecryptEcb(block, block, PaddingMode.None);
                integrity = BinaryPrimitives.ReadUInt64BigEndian(block);
                block[SemiBlock..].CopyTo(register);
            }
        }

        BinaryPrimitives.WriteUInt64BigEndian(block, integrity);
        Span<byte> expected = stackalloc byte[SemiBlock];
        BinaryPrimitives.WriteUInt64BigEndian(expected, DefaultInitialValue);
        var genuine = CryptographicOperations.FixedTimeEquals(block[..SemiBlock], expected);
        CryptographicOperations.ZeroMemory(block);
        if (!genuine)
        {
            CryptographicOperations.ZeroMemory(output);
            return false;
        }

        key = output;
        return true;
    }

    private static bool IsKeyLength(int length) => length is >= 16 and <= 512 && length % SemiBlock == 0;

    private static Aes CreateAes(ReadOnlySpan<byte> keyEncryptionKey)
    {
        if (keyEncryptionKey.Length is not (16 or 24 or 32))
        {
            throw new ArgumentException("An AES key has 16, 24 or 32 bytes.", nameof(keyEncryptionKey));
        }

        var aes = Aes.Create();
        aes.SetKey(keyEncryptionKey);
        return aes;
    }
}
