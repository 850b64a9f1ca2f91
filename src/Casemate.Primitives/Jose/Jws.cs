using System.Security.Cryptography;
using System.Text;
using Casemate.Primitives.Text;

namespace Casemate.Primitives.Jose;

/// <summary>Makes signed messages in compact form. Source: RFC 7515, section 7.1; <see cref="UnverifiedJws"/> reads them.</summary>
public static class Jws
{
    /// <summary>Signs with ES256.</summary>
    /// <param name="header">The protected header, JSON as UTF-8; its <c>alg</c> must say ES256.</param>
    /// <param name="payload">What to sign.</param>
    /// <param name="key">A P-256 private key.</param>
    /// <returns>Header, payload and signature in base64url, with dots between them.</returns>
    /// <exception cref="ArgumentException">The key is on another curve.</exception>
    public static string SignEs256(ReadOnlySpan<byte> header, ReadOnlySpan<byte> payload, ECDsa key)
    {
        if (key.KeySize != 256)
        {
            throw new ArgumentException("ES256 wants a P-256 key.", nameof(key));
        }

        var signed = $"{Base64UrlText.Encode(header)}.{Base64UrlText.Encode(payload)}";
        var signature = key.SignData(
            Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        return $"{signed}.{Base64UrlText.Encode(signature)}";
    }
}
