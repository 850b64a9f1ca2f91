using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Casemate.Primitives.Json;
using Casemate.Primitives.Text;

namespace Casemate.Primitives.Jose;

public static partial class Jwe
{
    /// <summary>The largest flattened JWE that is read, in bytes.</summary>
    public const int MaxLength = 16 * 1024 * 1024;

    /// <summary>Decrypts a flattened JWE with <c>alg</c> ECDH-ES+A256KW.</summary>
    /// <param name="flattened">JSON as UTF-8.</param>
    /// <param name="key">The recipient's private key.</param>
    /// <param name="plaintext">What the sender wrote, or null. Clear it after use if it is secret.</param>
    /// <param name="error">What is wrong; null after success. A wrong key and a changed byte give the same text.</param>
    public static bool TryDecrypt(
        ReadOnlyMemory<byte> flattened, ECDiffieHellman key, [NotNullWhen(true)] out byte[]? plaintext,
        [NotNullWhen(false)] out string? error)
    {
        plaintext = null;
        error = ReadFlattened(flattened, JoseAlgorithm.EcdhEsA256Kw, out var parts);
        if (error is not null)
        {
            return false;
        }

        if (parts.EphemeralKey is not { } ephemeral || !SameCurve(ephemeral, key))
        {
            error = "epk is missing or on another curve than the recipient's key";
            return false;
        }

        using var theirs = ECDiffieHellman.Create(ephemeral.ToEcParameters());
        var secret = key.DeriveRawSecretAgreement(theirs.PublicKey);
        Span<byte> wrappingKey = stackalloc byte[32];
        ConcatKdf.DeriveKey(secret, JoseAlgorithm.EcdhEsA256Kw, parts.PartyU, parts.PartyV, wrappingKey);
        CryptographicOperations.ZeroMemory(secret);
        _ = AesKeyWrap.TryUnwrap(wrappingKey, parts.EncryptedKey, out var contentKey);
        CryptographicOperations.ZeroMemory(wrappingKey);
        return Open(parts, contentKey, out plaintext, out error);
    }

    /// <summary>Decrypts a flattened JWE with <c>alg</c> RSA-OAEP-256.</summary>
    /// <param name="flattened">JSON as UTF-8.</param>
    /// <param name="key">The recipient's private key.</param>
    /// <param name="plaintext">What the sender wrote, or null. Clear it after use if it is secret.</param>
    /// <param name="error">What is wrong; null after success. A wrong key and a changed byte give the same text.</param>
    public static bool TryDecrypt(
        ReadOnlyMemory<byte> flattened, RSA key, [NotNullWhen(true)] out byte[]? plaintext, [NotNullWhen(false)] out string? error)
    {
        plaintext = null;
        error = ReadFlattened(flattened, JoseAlgorithm.RsaOaep256, out var parts);
        if (error is not null)
        {
            return false;
        }

        byte[]? contentKey = null;
        try
        {
            contentKey = key.Decrypt(parts.EncryptedKey, RSAEncryptionPadding.OaepSHA256);
        }
        catch (CryptographicException)
        {
            // Falls through to the one answer for every wrong key: telling padding from tag errors is an oracle.
        }

        return Open(parts, contentKey, out plaintext, out error);
    }

    private static bool Open(
        Parts parts, byte[]? contentKey, [NotNullWhen(true)] out byte[]? plaintext, [NotNullWhen(false)] out string? error)
    {
        (plaintext, error) = (null, "the content does not decrypt: it is for another key, or was changed");
        if (contentKey is not { Length: ContentKeySize })
        {
            return false;
        }

        var output = new byte[parts.Ciphertext.Length];
        try
        {
            using var gcm = new AesGcm(contentKey, TagSize);
            gcm.Decrypt(parts.Iv, parts.Ciphertext, parts.Tag, output, Encoding.ASCII.GetBytes(parts.Header));
        }
        catch (CryptographicException)
        {
            return false;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(contentKey);
        }

        (plaintext, error) = (output, null);
        return true;
    }

    private static string? ReadFlattened(ReadOnlyMemory<byte> flattened, string algorithm, out Parts parts)
    {
        parts = default;
        if (flattened.Length > MaxLength)
        {
            return $"a JWE has at most {MaxLength} bytes";
        }

        if (!StrictJson.TryParse(flattened, out var document, out var error, maxDepth: 8))
        {
            return error;
        }

        using (document)
        {
            var root = document.RootElement;
            if (root.ValueKind is not JsonValueKind.Object)
            {
                return "a flattened JWE is a JSON object";
            }

            foreach (var member in root.EnumerateObject())
            {
                if (member.Name is not ("protected" or "encrypted_key" or "iv" or "ciphertext" or "tag")
                    && !(member.Name is "aad" && member.Value.ValueKind is JsonValueKind.Null))
                {
                    return "only protected, encrypted_key, iv, ciphertext and tag are accepted in a flattened JWE";
                }
            }

            if (!TryText(root, "protected", out var header)
                || !TryBytes(root, "encrypted_key", out var encryptedKey) || !TryBytes(root, "iv", out var iv)
                || !TryBytes(root, "ciphertext", out var ciphertext) || !TryBytes(root, "tag", out var tag))
            {
                return "protected, encrypted_key, iv, ciphertext and tag must be base64url without padding";
            }

            if (iv.Length != IvSize || tag.Length != TagSize)
            {
                return $"A256GCM has an iv of {IvSize} and a tag of {TagSize} bytes";
            }

            parts = new Parts(header, encryptedKey, iv, ciphertext, tag);
            return ReadHeader(header, algorithm, ref parts);
        }
    }

    private static string? ReadHeader(string header, string algorithm, ref Parts parts)
    {
        if (!Base64UrlText.TryDecode(header, out var json))
        {
            return "protected is not base64url without padding";
        }

        if (!StrictJson.TryParse(json, out var document, out var problem, maxDepth: 8))
        {
            return $"protected: {problem}";
        }

        using var owned = document;
        var root = document.RootElement;
        if (root.ValueKind is not JsonValueKind.Object || !TryText(root, "alg", out var alg) || !TryText(root, "enc", out var enc))
        {
            return "the protected header lacks alg or enc";
        }

        if (alg != algorithm || enc != JoseAlgorithm.A256Gcm)
        {
            return $"the recipient's key wants alg {algorithm} and enc {JoseAlgorithm.A256Gcm}";
        }

        if (root.TryGetProperty("crit", out _) || root.TryGetProperty("zip", out _))
        {
            return "the protected header demands an extension (crit or zip)";
        }

        if (root.TryGetProperty("epk", out var epk))
        {
            if (!Jwk.TryRead(epk, out var ephemeral, out var error))
            {
                return $"epk: {error}";
            }

            parts = parts with { EphemeralKey = ephemeral };
        }

        foreach (var name in (ReadOnlySpan<string>)["apu", "apv"])
        {
            if (root.TryGetProperty(name, out _))
            {
                if (!TryBytes(root, name, out var party))
                {
                    return $"{name} is not base64url without padding";
                }

                parts = name is "apu" ? parts with { PartyU = party } : parts with { PartyV = party };
            }
        }

        return null;
    }

    private static bool SameCurve(Jwk ephemeral, ECDiffieHellman key) =>
        ephemeral.IsEc && Jwk.FromEc(key.ExportParameters(includePrivateParameters: false)).Curve == ephemeral.Curve;

    private static bool TryText(JsonElement element, string name, [NotNullWhen(true)] out string? text)
    {
        text = element.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.String ? value.GetString() : null;
        return text is not null;
    }

    private static bool TryBytes(JsonElement element, string name, [NotNullWhen(true)] out byte[]? bytes)
    {
        bytes = null;
        return TryText(element, name, out var text) && Base64UrlText.TryDecode(text, out bytes);
    }

    private readonly record struct Parts(string Header, byte[] EncryptedKey, byte[] Iv, byte[] Ciphertext, byte[] Tag)
    {
        public Jwk? EphemeralKey { get; init; } = null;

        public byte[] PartyU { get; init; } = [];

        public byte[] PartyV { get; init; } = [];
    }
}
