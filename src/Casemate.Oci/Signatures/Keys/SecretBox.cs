using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace Casemate.Oci.Signatures;

/// <summary>Opens NaCl's secret box: XSalsa20 and Poly1305, tag first. Source: NaCl, crypto_secretbox.</summary>
internal static class SecretBox
{
    /// <summary>The size of a key in bytes.</summary>
    public const int KeySize = 32;

    /// <summary>The size of a nonce in bytes.</summary>
    public const int NonceSize = 24;

    /// <summary>Opens a box; false when it was not made with this key and nonce, or was changed since.</summary>
    public static bool TryOpen(ReadOnlySpan<byte> box, ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> key, [NotNullWhen(true)] out byte[]? opened)
    {
        opened = null;
        if (box.Length < Poly1305.TagSize || nonce.Length != NonceSize || key.Length != KeySize)
        {
            return false;
        }

        var cipher = box[Poly1305.TagSize..];
        var subKey = Salsa20.HSalsa20(key, nonce[..16]);
        var stream = new byte[32 + cipher.Length];
        Salsa20.KeyStream(subKey, nonce[16..], stream);
        var tag = Poly1305.Tag(cipher, stream.AsSpan(0, 32));
        if (CryptographicOperations.FixedTimeEquals(tag, box[..Poly1305.TagSize]))
        {
            opened = new byte[cipher.Length];
            for (var i = 0; i < opened.Length; i++)
            {
                opened[i] = (byte)(cipher[i] ^ stream[32 + i]);
            }
        }

        CryptographicOperations.ZeroMemory(subKey);
        CryptographicOperations.ZeroMemory(stream);
        return opened is not null;
    }
}
