using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace KbsExample;

/// <summary>Decrypts the flattened JWE of the KBS protocol: ECDH-ES+A256KW on P-256, content under AES-256-GCM (RFC 7516, 7518).</summary>
internal static class Jwe
{
    public static byte[] Decrypt(ReadOnlySpan<byte> message, ECDiffieHellman key)
    {
        using var jwe = JsonDocument.Parse(message.ToArray());
        var protectedText = jwe.RootElement.GetProperty("protected").GetString()!;
        using var header = JsonDocument.Parse(Base64Url.DecodeFromChars(protectedText));
        var (alg, enc) = (header.RootElement.GetProperty("alg").GetString(), header.RootElement.GetProperty("enc").GetString());
        if (alg != "ECDH-ES+A256KW" || enc != "A256GCM")
        {
            throw new KbsException($"unexpected algorithms '{alg}' and '{enc}'");
        }

        var sender = header.RootElement.GetProperty("epk");
        using var ephemeral = ECDiffieHellman.Create(new ECParameters       // refuses points that are not on the curve
        {
            Curve = ECCurve.NamedCurves.nistP256,
            Q = new ECPoint { X = Bytes(sender, "x"), Y = Bytes(sender, "y") },
        });
        using var ephemeralKey = ephemeral.PublicKey;
        var wrappingKey = ConcatKdf(key.DeriveRawSecretAgreement(ephemeralKey), alg);
        var contentKey = UnwrapKey(wrappingKey, Bytes(jwe.RootElement, "encrypted_key"));

        var ciphertext = Bytes(jwe.RootElement, "ciphertext");
        var plaintext = new byte[ciphertext.Length];
        using var gcm = new AesGcm(contentKey, tagSizeInBytes: 16);
        // The additional data is the text of the header as it was sent, never a copy written anew.
        var additionalData = Encoding.ASCII.GetBytes(protectedText);
        gcm.Decrypt(Bytes(jwe.RootElement, "iv"), ciphertext, Bytes(jwe.RootElement, "tag"), plaintext, additionalData);
        return plaintext;
    }

    // RFC 7518, section 4.6.2: one block of 256 bits, party information empty.
    private static byte[] ConcatKdf(byte[] sharedSecret, string algorithm)
    {
        using var input = new MemoryStream();
        input.Write([0, 0, 0, 1]);
        input.Write(sharedSecret);
        input.Write([0, 0, 0, (byte)algorithm.Length]);
        input.Write(Encoding.ASCII.GetBytes(algorithm));
        input.Write([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0]);
        return SHA256.HashData(input.ToArray());
    }

    // RFC 3394, section 2.2.2.
    private static byte[] UnwrapKey(byte[] wrappingKey, byte[] wrapped)
    {
        if (wrapped.Length != 40)
        {
            throw new KbsException($"the wrapped key has {wrapped.Length} bytes, not 40");
        }

        using var aes = Aes.Create();
        aes.Key = wrappingKey;
        Span<byte> block = stackalloc byte[16];
        var check = wrapped.AsSpan(0, 8);
        var blocks = wrapped.AsSpan(8);
        for (var turn = 5; turn >= 0; turn--)
        {
            for (var i = 4; i >= 1; i--)
            {
                var part = blocks.Slice(8 * (i - 1), 8);
                BinaryPrimitives.WriteUInt64BigEndian(block, BinaryPrimitives.ReadUInt64BigEndian(check) ^ (ulong)((4 * turn) + i));
                part.CopyTo(block[8..]);
                aes.DecryptEcb(block, block, PaddingMode.None);
                block[..8].CopyTo(check);
                block[8..].CopyTo(part);
            }
        }

        ReadOnlySpan<byte> expected = [0xA6, 0xA6, 0xA6, 0xA6, 0xA6, 0xA6, 0xA6, 0xA6];
        return CryptographicOperations.FixedTimeEquals(check, expected)
            ? blocks.ToArray()
            : throw new KbsException("the content key was not wrapped for this key");
    }

    private static byte[] Bytes(JsonElement json, string name) => Base64Url.DecodeFromChars(json.GetProperty(name).GetString());
}
