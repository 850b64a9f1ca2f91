using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Casemate.Attestation.ConfidentialContainers;
using Casemate.Primitives.Jose;

namespace Casemate.Testing.Attestation;

/// <summary>A workload's side of the protocol, made of the protocol's own words so that tests can also say them wrongly.</summary>
public sealed class TestWorkload : IDisposable
{
    private readonly ECDiffieHellman? _ec;
    private readonly RSA? _rsa;

    private TestWorkload(ECDiffieHellman? ec, RSA? rsa)
    {
        (_ec, _rsa) = (ec, rsa);
        var jwk = ec is not null
            ? Jwk.FromEc(ec.ExportParameters(false), JoseAlgorithm.EcdhEsA256Kw)
            : Jwk.FromRsa(rsa!.ExportParameters(false), JoseAlgorithm.RsaOaep256);
        PublicKeyJson = Encoding.UTF8.GetString(jwk.ToJson());
    }

    /// <summary>The public key, JSON.</summary>
    public string PublicKeyJson { get; private init; }

    /// <summary>The same workload saying another text of its key.</summary>
    public TestWorkload WithPublicKey(string json) => new(_ec, _rsa) { PublicKeyJson = json };

    /// <summary>A workload with an elliptic-curve key.</summary>
    /// <param name="curve">P-256 or P-521.</param>
    public static TestWorkload WithEcKey(string curve = "nistP256") =>
        new(ECDiffieHellman.Create(ECCurve.CreateFromFriendlyName(curve)), null);

    /// <summary>A workload with an RSA key.</summary>
    public static TestWorkload WithRsaKey() => new(null, RSA.Create(2048));

    /// <summary>The request for a handshake.</summary>
    public static byte[] AuthRequest(string tee, string version = "0.4.0") => Encoding.UTF8.GetBytes(
        $$"""{"version":"{{version}}","tee":"{{tee}}","extra-params":{"supported-hash-algorithms":["sha256","sha384","sha512"]} }""");

    /// <summary>What the evidence must bind.</summary>
    public byte[] Digest(string nonce)
    {
        using var key = JsonDocument.Parse(PublicKeyJson);
        return KbsRuntimeData.Digest(nonce, key.RootElement, "");
    }

    /// <summary>The request that carries the evidence.</summary>
    public byte[] AttestRequest(string nonce, ReadOnlyMemory<byte> evidence, string? initData = null, string additionalEvidence = "")
    {
        var output = new ArrayBufferWriter<byte>(16 * 1024);
        using (var writer = new Utf8JsonWriter(output))
        {
            writer.WriteStartObject();
            if (initData is not null)
            {
                writer.WriteStartObject("init-data");
                writer.WriteString("format", "toml");
                writer.WriteString("body", initData);
                writer.WriteEndObject();
            }

            writer.WriteStartObject("runtime-data");
            writer.WriteString("nonce", nonce);
            writer.WritePropertyName("tee-pubkey");
            writer.WriteRawValue(PublicKeyJson);
            writer.WriteEndObject();
            writer.WriteStartObject("tee-evidence");
            writer.WritePropertyName("primary_evidence");
            writer.WriteRawValue(evidence.Span);
            writer.WriteString("additional_evidence", additionalEvidence);
            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        return output.WrittenSpan.ToArray();
    }

    /// <summary>Opens an answer.</summary>
    /// <exception cref="CryptographicException">It is not for this workload.</exception>
    public byte[] Decrypt(ReadOnlyMemory<byte> jwe)
    {
        string? error;
        byte[]? plaintext;
        return (_ec is not null ? Jwe.TryDecrypt(jwe, _ec, out plaintext, out error) : Jwe.TryDecrypt(jwe, _rsa!, out plaintext, out error))
            ? plaintext!
            : throw new CryptographicException(error);
    }

    /// <summary>Forgets the key.</summary>
    public void Dispose()
    {
        _ec?.Dispose();
        _rsa?.Dispose();
    }
}
