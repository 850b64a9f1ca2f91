using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Casemate.Primitives.Text;

namespace Casemate.Primitives.Jose;

/// <summary>
/// Encrypts to one recipient (JWE, flattened JSON): the content with A256GCM under a fresh key, that key to an elliptic-curve key
/// with ECDH-ES+A256KW or to an RSA key with RSA-OAEP-256. Source: RFC 7516, section 7.2.2; RFC 7518.
/// </summary>
public static partial class Jwe
{
    private const int ContentKeySize = 32;
    private const int IvSize = 12;
    private const int TagSize = 16;

    /// <summary>
    /// Whether <see cref="Encrypt"/> would accept the key; asked early, a bad key is refused before anything else is done.
    /// </summary>
    /// <param name="recipient">The recipient's public key.</param>
    /// <param name="error">What to use instead; null when the key will do.</param>
    public static bool CanEncryptTo(Jwk recipient, [NotNullWhen(false)] out string? error)
    {
        error = (recipient.IsEc, recipient.Algorithm) switch
        {
            (true, JoseAlgorithm.EcdhEsA256Kw) or (false, JoseAlgorithm.RsaOaep256) => null,
            (true, _) => $"the alg of an EC key must be {JoseAlgorithm.EcdhEsA256Kw}",
            (false, "RSA1_5") => $"RSA1_5 is broken by chosen ciphertexts and refused; use {JoseAlgorithm.RsaOaep256} or an EC key",
            (false, _) => $"the alg of an RSA key must be {JoseAlgorithm.RsaOaep256}",
        };
        return error is null;
    }

    /// <summary>Encrypts.</summary>
    /// <param name="recipient">The recipient's public key, its <c>alg</c> ECDH-ES+A256KW (EC) or RSA-OAEP-256 (RSA).</param>
    /// <param name="plaintext">What the recipient shall read.</param>
    /// <returns>A flattened JWE, JSON as UTF-8.</returns>
    /// <exception cref="ArgumentException">The key is not one that <see cref="CanEncryptTo"/> accepts.</exception>
    /// <remarks>
    /// Clients of Confidential Containers rebuild the header from its parsed members to authenticate it. Hence no spaces, and
    /// the order alg, enc, epk (crv, kty, x, y).
    /// </remarks>
    public static byte[] Encrypt(Jwk recipient, ReadOnlySpan<byte> plaintext)
    {
        if (!CanEncryptTo(recipient, out var error))
        {
            throw new ArgumentException(error, nameof(recipient));
        }

        Span<byte> contentKey = stackalloc byte[ContentKeySize];
        RandomNumberGenerator.Fill(contentKey);
        try
        {
            var (header, encryptedKey) = recipient.IsEc ? WrapToEc(recipient, contentKey) : WrapToRsa(recipient, contentKey);
            var encodedHeader = Base64UrlText.Encode(header);
            var iv = RandomNumberGenerator.GetBytes(IvSize);
            var (ciphertext, tag) = (new byte[plaintext.Length], new byte[TagSize]);
            using (var gcm = new AesGcm(contentKey, TagSize))
            {
                gcm.Encrypt(iv, plaintext, ciphertext, tag, Encoding.ASCII.GetBytes(encodedHeader));
            }

            return Flatten(encodedHeader, encryptedKey, iv, ciphertext, tag);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(contentKey);
        }
    }

    private static (byte[] Header, byte[] EncryptedKey) WrapToEc(Jwk recipient, ReadOnlySpan<byte> contentKey)
    {
        var parameters = recipient.ToEcParameters();
        using var theirs = ECDiffieHellman.Create(parameters);
        using var ephemeral = ECDiffieHellman.Create(parameters.Curve);
        var secret = ephemeral.DeriveRawSecretAgreement(theirs.PublicKey);
        Span<byte> wrappingKey = stackalloc byte[32];
        try
        {
            ConcatKdf.DeriveKey(secret, JoseAlgorithm.EcdhEsA256Kw, [], [], wrappingKey);
            var point = ephemeral.ExportParameters(includePrivateParameters: false).Q;
            var (x, y) = (Base64UrlText.Encode(point.X), Base64UrlText.Encode(point.Y));
            var epk = $$"""{"crv":"{{recipient.Curve}}","kty":"EC","x":"{{x}}","y":"{{y}}"}""";
            var header = $$"""{"alg":"{{JoseAlgorithm.EcdhEsA256Kw}}","enc":"{{JoseAlgorithm.A256Gcm}}","epk":{{epk}}}""";
            return (Encoding.ASCII.GetBytes(header), AesKeyWrap.Wrap(wrappingKey, contentKey));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
            CryptographicOperations.ZeroMemory(wrappingKey);
        }
    }

    private static (byte[] Header, byte[] EncryptedKey) WrapToRsa(Jwk recipient, ReadOnlySpan<byte> contentKey)
    {
        using var rsa = RSA.Create(recipient.ToRsaParameters());
        var header = $$"""{"alg":"{{JoseAlgorithm.RsaOaep256}}","enc":"{{JoseAlgorithm.A256Gcm}}"}""";
        return (Encoding.ASCII.GetBytes(header), rsa.Encrypt(contentKey, RSAEncryptionPadding.OaepSHA256));
    }

    private static byte[] Flatten(string header, byte[] encryptedKey, byte[] iv, byte[] ciphertext, byte[] tag)
    {
        var output = new ArrayBufferWriter<byte>(512 + ciphertext.Length * 4 / 3);
        using (var writer = new Utf8JsonWriter(output))
        {
            writer.WriteStartObject();
            writer.WriteString("protected"u8, header);
            writer.WriteString("encrypted_key"u8, Base64UrlText.Encode(encryptedKey));
            writer.WriteString("iv"u8, Base64UrlText.Encode(iv));
            writer.WriteString("ciphertext"u8, Base64UrlText.Encode(ciphertext));
            writer.WriteString("tag"u8, Base64UrlText.Encode(tag));
            writer.WriteEndObject();
        }

        return output.WrittenSpan.ToArray();
    }
}
