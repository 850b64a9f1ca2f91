using System.Security.Cryptography;

namespace Casemate.Simulator.Dcap;

/// <summary>
/// AES-CMAC with a 128-bit key (RFC 4493): the MAC of SGX reports. Our own because the base library has no type for it; the cipher
/// itself, in CBC mode, is the base library's.
/// </summary>
internal static class AesCmac
{
    /// <summary>Bytes of a key, of a block and of the MAC.</summary>
    public const int Size = 16;

    private const int MaximumMessage = 1024;

    /// <summary>Computes the MAC of a message of at most 1024 bytes.</summary>
    /// <param name="key">16 bytes.</param>
    /// <param name="message">The message.</param>
    /// <param name="mac">Receives 16 bytes.</param>
    public static void Compute(ReadOnlySpan<byte> key, ReadOnlySpan<byte> message, Span<byte> mac)
    {
        FieldSize.Require(key, Size, nameof(key));
        FieldSize.RequireRange(message, 0, MaximumMessage, nameof(message));
        using var aes = Aes.Create();
        aes.SetKey(key);

        Span<byte> zero = stackalloc byte[Size];
        zero.Clear();
        Span<byte> subkey = stackalloc byte[Size];
        aes.EncryptEcb(zero, subkey, PaddingMode.None);
        Double(subkey);

        // CBC-MAC over the whole message, whose last block is masked with a subkey: the first one for a full block, the second
        // one for a block that had to be filled up.
        var blocks = Math.Max(1, (message.Length + Size - 1) / Size);
        Span<byte> padded = stackalloc byte[MaximumMessage];
        padded = padded[..(blocks * Size)];
        padded.Clear();
        message.CopyTo(padded);
        if (message.Length < padded.Length)
        {
            padded[message.Length] = 0x80;
            Double(subkey);
        }

        var last = padded[^Size..];
        for (var i = 0; i < Size; i++)
        {
            last[i] ^= subkey[i];
        }

        Span<byte> encrypted = stackalloc byte[MaximumMessage];
        aes.EncryptCbc(padded, zero, encrypted, PaddingMode.None);
        encrypted.Slice(padded.Length - Size, Size).CopyTo(mac);
        CryptographicOperations.ZeroMemory(subkey);
    }

    // Multiplication by x in GF(2^128) with the polynomial of RFC 4493, section 2.3.
    private static void Double(Span<byte> block)
    {
        var carry = block[0] >> 7;
        for (var i = 0; i < Size - 1; i++)
        {
            block[i] = (byte)((block[i] << 1) | (block[i + 1] >> 7));
        }

        block[Size - 1] = (byte)((block[Size - 1] << 1) ^ (carry * 0x87));
    }
}
