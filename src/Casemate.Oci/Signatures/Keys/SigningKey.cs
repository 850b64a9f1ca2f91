using System.Security.Cryptography;

namespace Casemate.Oci.Signatures;

/// <summary>
/// A private key in memory: PEM as PKCS #8, <c>EC PRIVATE KEY</c>, <c>RSA PRIVATE KEY</c>, or encrypted as cosign does it.
/// </summary>
public sealed class SigningKey : ISignatureSigner, IDisposable
{
    private const int MaxKeyFileChars = 64 << 10;

    // SHA-256 whatever the curve: the one digest that every verifier of image signatures takes.
    private static readonly HashAlgorithmName s_hash = HashAlgorithmName.SHA256;

    private readonly AsymmetricAlgorithm _key;

    private SigningKey(AsymmetricAlgorithm key, SignatureKey publicKey) => (_key, PublicKey) = (key, publicKey);

    /// <inheritdoc/>
    public SignatureKey PublicKey { get; }

    /// <summary>True when the file needs a password to be read.</summary>
    /// <exception cref="OciException"><see cref="OciError.MalformedDocument"/>: it holds no private key, or several.</exception>
    public static bool NeedsPassword(string pem) =>
        pem.Length <= MaxKeyFileChars && EncryptedKey.IsLabel(TheOnlyPrivateKey(pem).Label);

    /// <summary>Reads a private key.</summary>
    /// <param name="pem">The text of the file.</param>
    /// <param name="password">The password of an encrypted key, which may be empty; null when none was given.</param>
    /// <exception cref="OciException">
    /// <see cref="OciError.MalformedDocument"/>: it is not a private key. <see cref="OciError.Unsupported"/>: of a kind that is not
    /// supported. <see cref="OciError.Unauthorized"/>: the password is missing or wrong. No message holds a part of the key.
    /// </exception>
    public static SigningKey Parse(string pem, string? password = null)
    {
        var (label, content) = TheOnlyPrivateKey(pem);
        try
        {
            if (!EncryptedKey.IsLabel(label))
            {
                return FromContent(label, content);
            }

            var der = EncryptedKey.Decrypt(content, password ?? throw new OciException(
                OciError.Unauthorized, "the private key is encrypted and no password was given",
                "Set COSIGN_PASSWORD, or name a file with --password-file."));
            try
            {
                return FromContent("PRIVATE KEY", der);
            }
            finally
            {
                CryptographicOperations.ZeroMemory(der);
            }
        }
        finally
        {
            CryptographicOperations.ZeroMemory(content);
        }
    }

    /// <inheritdoc/>
    public ValueTask<byte[]> SignAsync(ReadOnlyMemory<byte> data, CancellationToken cancel) =>
        ValueTask.FromResult(_key is RSA rsa
            ? rsa.SignData(data.Span, s_hash, RSASignaturePadding.Pkcs1)
            : ((ECDsa)_key).SignData(data.Span, s_hash, DSASignatureFormat.Rfc3279DerSequence));

    /// <summary>Forgets the key.</summary>
    public void Dispose() => _key.Dispose();

    // Parameters of a curve may stand before the key, as some versions of openssl write them.
    private static (string Label, byte[] Content) TheOnlyPrivateKey(string pem)
    {
        if (pem.Length > MaxKeyFileChars)
        {
            throw Malformed($"it is longer than {MaxKeyFileChars} characters");
        }

        (string Label, byte[] Content)? found = null;
        var rest = pem.AsSpan();
        while (PemEncoding.TryFind(rest, out var fields))
        {
            var label = rest[fields.Label].ToString();
            if (label != "EC PARAMETERS")
            {
                found = found is null
                    ? (label, Convert.FromBase64String(rest[fields.Base64Data].ToString()))
                    : throw Malformed("it holds more than one key");
            }

            rest = rest[fields.Location.End.Value..];
        }

        return found ?? throw Malformed("it holds no PEM");
    }

    private static SigningKey FromContent(string label, byte[] der)
    {
        AsymmetricAlgorithm? key = null;
        try
        {
            key = label switch
            {
                "RSA PRIVATE KEY" => Rsa(der, pkcs8: false),
                "EC PRIVATE KEY" => Ec(der, pkcs8: false),
                "PRIVATE KEY" => Pkcs8(der),
                "ENCRYPTED PRIVATE KEY" => throw new OciException(
                    OciError.Unsupported, "the private key is encrypted as PKCS #8, which is not read here",
                    "Decrypt it with 'openssl pkcs8', or use a key that cosign encrypted."),
                _ => throw Malformed($"it holds '{Quoted.Of(label)}' where 'PRIVATE KEY' is wanted"),
            };
            var spki = key is RSA rsa ? rsa.ExportSubjectPublicKeyInfo() : ((ECDsa)key).ExportSubjectPublicKeyInfo();
            if (!SignatureKey.TryRead(spki, out var publicKey, out var problem))
            {
                throw new OciException(OciError.Unsupported, $"this private key cannot be used: {problem}", "Use ECDSA on P-256 or P-384, or RSA.");
            }

            var made = new SigningKey(key, publicKey);
            key = null;
            return made;
        }
        catch (CryptographicException)
        {
            throw Malformed("its content is not a key that is supported here (ECDSA on P-256 or P-384, RSA; Ed25519 is not)");
        }
        finally
        {
            key?.Dispose();
        }
    }

    private static AsymmetricAlgorithm Pkcs8(byte[] der)
    {
        try
        {
            return Ec(der, pkcs8: true);
        }
        catch (CryptographicException)
        {
            return Rsa(der, pkcs8: true);
        }
    }

    private static ECDsa Ec(byte[] der, bool pkcs8) => Imported(
        ECDsa.Create(), pkcs8 ? key => key.ImportPkcs8PrivateKey(der, out _) : key => key.ImportECPrivateKey(der, out _));

    private static RSA Rsa(byte[] der, bool pkcs8) => Imported(
        RSA.Create(), pkcs8 ? key => key.ImportPkcs8PrivateKey(der, out _) : key => key.ImportRSAPrivateKey(der, out _));

    private static T Imported<T>(T key, Action<T> import)
        where T : AsymmetricAlgorithm
    {
        try
        {
            import(key);
            return key;
        }
        catch
        {
            key.Dispose();
            throw;
        }
    }

    private static OciException Malformed(string problem) =>
        new(OciError.MalformedDocument, $"this is not a private key: {problem}", "A key is a PEM file; 'openssl genpkey' and cosign write such files.");
}
