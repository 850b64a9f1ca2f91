using System.Security.Cryptography;
using System.Text.Json;
using Casemate.Primitives.Jose;

namespace Casemate.Serve.Guest;

/// <summary>
/// The key that a workload makes for itself and binds into its evidence, so that what the broker encrypts can be read by it
/// alone: P-256, ECDH-ES+A256KW. Lives in memory only.
/// </summary>
internal sealed class TeeKeyPair : IDisposable
{
    private readonly ECDiffieHellman _key = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
    private readonly Jwk _public;
    private readonly Lock _using = new();                      // Instances of the base library's keys are not for concurrent use.

    public TeeKeyPair() => _public = Jwk.FromEc(_key.ExportParameters(includePrivateParameters: false), JoseAlgorithm.EcdhEsA256Kw);

    /// <summary>Writes the public key as a JWK, members <c>kty, crv, alg, x, y</c>.</summary>
    public void WritePublicKey(Utf8JsonWriter json) => _public.WriteTo(json);

    /// <summary>The private key as PKCS#8 PEM. A secret.</summary>
    public string ExportPem()
    {
        lock (_using)
        {
            return _key.ExportPkcs8PrivateKeyPem();
        }
    }

    /// <summary>Decrypts what the broker encrypted to this key.</summary>
    /// <exception cref="KbsClientException">It was changed, or is for another key.</exception>
    public byte[] Decrypt(ReadOnlyMemory<byte> jwe)
    {
        lock (_using)
        {
            return Jwe.TryDecrypt(jwe, _key, out var content, out var error)
                ? content
                : throw new KbsClientException(KbsClientError.MalformedAnswer, $"the broker's answer is not usable: {error}");
        }
    }

    public void Dispose() => _key.Dispose();
}
