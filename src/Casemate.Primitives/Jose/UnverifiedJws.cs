using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Casemate.Primitives.Json;
using Casemate.Primitives.Text;

namespace Casemate.Primitives.Jose;

/// <summary>
/// A signed message (JWS, compact form) that parsed but whose signature nobody has checked: it gives away its header, to find
/// the key, and its payload only for a key that made the signature. Source: RFC 7515; RFC 8725 for what is refused.
/// </summary>
public sealed class UnverifiedJws
{
    /// <summary>The longest token that is read, in characters.</summary>
    public const int MaxLength = 256 * 1024;

    private readonly byte[] _signedBytes;
    private readonly byte[] _payload;
    private readonly byte[] _signature;

    private UnverifiedJws(string? keyId, Jwk? key, byte[] signedBytes, byte[] payload, byte[] signature)
    {
        (KeyId, Key) = (keyId, key);
        (_signedBytes, _payload, _signature) = (signedBytes, payload, signature);
    }

    /// <summary><c>kid</c> of the header; null when absent. A claim of the sender.</summary>
    public string? KeyId { get; }

    /// <summary><c>jwk</c> of the header; null when absent. Whoever made the token chose it: never a reason to trust a signature.</summary>
    public Jwk? Key { get; }

    /// <summary>Reads a token in compact form with the one algorithm that is accepted, ES256.</summary>
    /// <param name="token">Three base64url parts and two dots.</param>
    /// <param name="jws">The token, or null.</param>
    /// <param name="error">What is wrong; null when the token was read.</param>
    /// <returns>
    /// False for any other <c>alg</c> (<c>none</c> above all), for <c>crit</c> and <c>b64</c>, duplicate members, padding, and
    /// anything that is not a token.
    /// </returns>
    public static bool TryRead(string token, [NotNullWhen(true)] out UnverifiedJws? jws, [NotNullWhen(false)] out string? error)
    {
        jws = null;
        if (token.Length > MaxLength)
        {
            error = $"the token is longer than {MaxLength} characters";
            return false;
        }

        var firstDot = token.IndexOf('.');
        var secondDot = firstDot < 0 ? -1 : token.IndexOf('.', firstDot + 1);
        if (secondDot < 0 || token.IndexOf('.', secondDot + 1) >= 0)
        {
            error = "the token is not three parts with dots between them";
            return false;
        }

        if (!Base64UrlText.TryDecode(token.AsSpan(0, firstDot), out var header)
            || !Base64UrlText.TryDecode(token.AsSpan(firstDot + 1, secondDot - firstDot - 1), out var payload)
            || !Base64UrlText.TryDecode(token.AsSpan(secondDot + 1), out var signature))
        {
            error = "a part of the token is not base64url without padding";
            return false;
        }

        error = ReadHeader(header, out var keyId, out var key);
        if (error is null && signature.Length != 64)
        {
            error = "an ES256 signature has 64 bytes";
        }

        if (error is not null)
        {
            return false;
        }

        jws = new UnverifiedJws(keyId, key, Encoding.ASCII.GetBytes(token, 0, secondDot), payload, signature);
        return true;
    }

    /// <summary>Checks the signature and, if this key made it, hands out the payload.</summary>
    /// <param name="key">A P-256 key that the caller has its own reasons to trust.</param>
    /// <param name="payload">The payload, or null.</param>
    /// <returns>True when the signature is this key's.</returns>
    public bool TryVerify(ECDsa key, [NotNullWhen(true)] out byte[]? payload)
    {
        payload = null;
        if (key.KeySize != 256
            || !key.VerifyData(_signedBytes, _signature, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation))
        {
            return false;
        }

        payload = _payload;
        return true;
    }

    private static string? ReadHeader(byte[] header, out string? keyId, out Jwk? key)
    {
        (keyId, key) = (null, null);
        if (!StrictJson.TryParse(header, out var document, out var problem, maxDepth: 8))
        {
            return $"header: {problem}";
        }

        using (document)
        {
            var root = document.RootElement;
            if (root.ValueKind is not JsonValueKind.Object)
            {
                return "the header is not a JSON object";
            }

            if (!root.TryGetProperty("alg", out var algorithm) || algorithm.ValueKind is not JsonValueKind.String
                || !algorithm.ValueEquals(JoseAlgorithm.Es256))
            {
                return "alg is not ES256";
            }

            if (root.TryGetProperty("crit", out _) || root.TryGetProperty("b64", out _))
            {
                return "the header demands an extension (crit or b64)";
            }

            if (root.TryGetProperty("kid", out var kid))
            {
                if (kid.ValueKind is not JsonValueKind.String)
                {
                    return "kid is not a string";
                }

                keyId = kid.GetString();
            }

            return root.TryGetProperty("jwk", out var jwk) && !Jwk.TryRead(jwk, out key, out var error) ? $"jwk: {error}" : null;
        }
    }
}
