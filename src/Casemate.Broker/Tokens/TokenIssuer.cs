using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Casemate.Primitives.Files;
using Casemate.Primitives.Jose;

namespace Casemate.Broker;

/// <summary>
/// Signs attestation results and recognises its own. Source: draft-ietf-rats-ear (EAR) as Confidential Containers' attestation
/// service writes it, signed with ES256 (RFC 7515). Safe for concurrent use.
/// </summary>
public sealed partial class TokenIssuer : IDisposable
{
    /// <summary>The profile that stands in every token.</summary>
    public const string Profile = "tag:github.com,2024:confidential-containers/Trustee";

    private readonly ECDsa _signingKey;
    private readonly ECDsa _verifyingKey;
    private readonly Lock _signing = new();
    private readonly Lock _verifying = new();
    private readonly byte[] _header;

    private TokenIssuer(ECDsa key, TokenOptions options)
    {
        Options = options;
        _signingKey = key;
        var parameters = key.ExportParameters(includePrivateParameters: false);
        _verifyingKey = ECDsa.Create(parameters);                          // instances are not documented as safe for two threads
        PublicKey = Jwk.FromEc(parameters, JoseAlgorithm.Es256);
        KeyId = PublicKey.Thumbprint();
        _header = Json(writer =>
        {
            writer.WriteString("alg"u8, JoseAlgorithm.Es256);
            writer.WriteString("typ"u8, "JWT"u8);
            writer.WriteString("kid"u8, KeyId);
            writer.WritePropertyName("jwk"u8);
            PublicKey.WriteTo(writer);
        });
        JwksJson = Json(writer =>
        {
            writer.WriteStartArray("keys"u8);
            writer.WriteStartObject();
            writer.WriteString("use"u8, "sig"u8);
            writer.WriteString("kid"u8, KeyId);
            using (var jwk = JsonDocument.Parse(PublicKey.ToJson()))
            {
                foreach (var member in jwk.RootElement.EnumerateObject())
                {
                    member.WriteTo(writer);
                }
            }

            writer.WriteEndObject();
            writer.WriteEndArray();
        });
    }

    /// <summary>What stands in every token.</summary>
    public TokenOptions Options { get; }

    /// <summary>The key that verifies this issuer's tokens.</summary>
    public Jwk PublicKey { get; }

    /// <summary><c>kid</c> of the tokens: the key's thumbprint (RFC 7638).</summary>
    public string KeyId { get; }

    /// <summary>The key set to publish, JSON as UTF-8. Source: RFC 7517, section 5.</summary>
    public ReadOnlyMemory<byte> JwksJson { get; }

    /// <summary>Loads the signing key, or makes one in a file that only its owner can read.</summary>
    /// <param name="keyFile">PKCS#8, PEM; its directory must exist. Of several processes that make it at once, one wins.</param>
    /// <param name="options">What stands in every token; null: the defaults.</param>
    /// <exception cref="IOException">The file cannot be made or read.</exception>
    /// <exception cref="InvalidDataException">The file holds no P-256 key.</exception>
    /// <exception cref="ArgumentException">The options are out of range.</exception>
    public static TokenIssuer Open(string keyFile, TokenOptions? options = null)
    {
        options ??= new TokenOptions();
        if (options.Problems().FirstOrDefault() is { } problem)
        {
            throw new ArgumentException(problem, nameof(options));
        }

        if (!File.Exists(keyFile))
        {
            using var fresh = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            _ = AtomicFile.TryCreate(keyFile, Encoding.ASCII.GetBytes(fresh.ExportPkcs8PrivateKeyPem() + "\n"));
        }

        var key = ECDsa.Create();
        try
        {
            if (new FileInfo(keyFile).Length > 16 * 1024)
            {
                throw new ArgumentException("The file is too large.");
            }

            key.ImportFromPem(File.ReadAllText(keyFile));
            if (key.KeySize != 256)
            {
                throw new ArgumentException("The key is not on P-256.");
            }
        }
        catch (Exception e) when (e is ArgumentException or CryptographicException)
        {
            key.Dispose();
            throw new InvalidDataException(
                $"The token key '{keyFile}' is no P-256 private key in PEM (PKCS#8). Restore it, or remove it: a new key is made, and "
                + "relying parties fetch it from the key set.");
        }

        return new TokenIssuer(key, options);
    }

    /// <summary>Signs a token.</summary>
    /// <param name="subject">What it says.</param>
    /// <param name="now">When it starts to be valid.</param>
    public IssuedToken Issue(TokenSubject subject, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(subject);
        var id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        var issuedAt = now.ToUnixTimeSeconds();
        var expires = DateTimeOffset.FromUnixTimeSeconds(issuedAt) + Options.Lifetime;
        var payload = Json(writer => WritePayload(writer, subject, id, issuedAt, expires.ToUnixTimeSeconds()));
        lock (_signing)
        {
            return new IssuedToken(Jws.SignEs256(_header, payload, _signingKey), id, expires);
        }
    }

    /// <summary>Checks a token: signed by this issuer's key, from this issuer, valid now, with a key to encrypt to.</summary>
    /// <param name="token">The token, compact form.</param>
    /// <param name="now">The instant at which validity is judged.</param>
    /// <param name="verified">What it says, or null.</param>
    /// <param name="error">What is wrong, without any part of the token; null after success.</param>
    public bool TryVerify(
        string token, DateTimeOffset now, [NotNullWhen(true)] out VerifiedToken? verified, [NotNullWhen(false)] out string? error)
    {
        verified = null;
        if (!UnverifiedJws.TryRead(token, out var jws, out error))
        {
            return false;
        }

        // A key in the header proves nothing: whoever signs can put one there. It may only name the key that is trusted anyway.
        if ((jws.KeyId is not null && jws.KeyId != KeyId) || (jws.Key is not null && jws.Key.Thumbprint() != KeyId))
        {
            error = "the token names another key";
            return false;
        }

        byte[]? payload;
        lock (_verifying)
        {
            if (!jws.TryVerify(_verifyingKey, out payload))
            {
                error = "the signature is not this broker's";
                return false;
            }
        }

        return TryReadPayload(payload, now, out verified, out error);
    }

    /// <summary>Forgets the key.</summary>
    public void Dispose()
    {
        _signingKey.Dispose();
        _verifyingKey.Dispose();
    }

    private static byte[] Json(Action<Utf8JsonWriter> writeMembers)
    {
        var output = new ArrayBufferWriter<byte>(1024);
        using (var writer = new Utf8JsonWriter(output))
        {
            writer.WriteStartObject();
            writeMembers(writer);
            writer.WriteEndObject();
        }

        return output.WrittenSpan.ToArray();
    }
}
