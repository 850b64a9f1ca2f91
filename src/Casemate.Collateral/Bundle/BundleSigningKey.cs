using System.Security.Cryptography;
using System.Text;
using Casemate.Primitives.Files;

namespace Casemate.Collateral.Bundle;

/// <summary>The private key that signs bundles: ECDSA on P-256 with SHA-256. Who holds it decides what offline sites are given.</summary>
public sealed class BundleSigningKey : IDisposable
{
    private const int MaximumFileBytes = 16 * 1024;

    private readonly ECDsa _key;

    private BundleSigningKey(ECDsa key)
    {
        _key = key;
        PublicKey = new BundlePublicKey(key.ExportSubjectPublicKeyInfo());
    }

    /// <summary>Its public half.</summary>
    public BundlePublicKey PublicKey { get; }

    /// <summary>The file of the public half beside a private key's: the same name and <c>.pub</c>.</summary>
    public static string PublicPath(string path) => path + ".pub";

    /// <summary>Makes a key.</summary>
    public static BundleSigningKey Create() => new(ECDsa.Create(ECCurve.NamedCurves.nistP256));

    /// <summary>
    /// Reads a key. Where there is none, makes one that only its owner can read, and writes its public half beside it.
    /// </summary>
    /// <param name="path">A PEM file (PKCS #8).</param>
    /// <param name="isNew">True when it was made now.</param>
    /// <exception cref="MalformedInputException">The file is unreadable, or holds something else.</exception>
    /// <exception cref="IOException">A file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">A file may not be written.</exception>
    public static BundleSigningKey LoadOrCreate(string path, out bool isNew)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        isNew = false;
        if (File.Exists(path))
        {
            return Load(path);
        }

        const UnixFileMode readable = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
        var key = Create();
        var secret = Encoding.ASCII.GetBytes(key._key.ExportPkcs8PrivateKeyPem() + "\n");
        try
        {
            isNew = AtomicFile.TryCreate(path, secret);
            if (isNew)
            {
                AtomicFile.Write(PublicPath(path), Encoding.ASCII.GetBytes(key.PublicKey.ToPem()), readable);
                return key;
            }
        }
        catch
        {
            key.Dispose();
            throw;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
        }

        // Another process was first: its key is the one.
        key.Dispose();
        return Load(path);
    }

    /// <summary>Reads a key.</summary>
    /// <param name="path">A PEM file (PKCS #8).</param>
    /// <exception cref="MalformedInputException">The file is unreadable, or holds something else.</exception>
    public static BundleSigningKey Load(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var content = BoundedFile.Read(path, MaximumFileBytes);
        byte[] der = [];
        try
        {
            if (PemText.Read(content, path) is not [("PRIVATE KEY", var only)])
            {
                throw new MalformedInputException(path, "does not hold just one PRIVATE KEY (PKCS #8, not encrypted)");
            }

            der = only;
            var key = ECDsa.Create();
            key.ImportPkcs8PrivateKey(der, out _);
            if (IsP256(key))
            {
                return new BundleSigningKey(key);
            }

            key.Dispose();
            throw new MalformedInputException(path, "is not a key on P-256");
        }
        catch (CryptographicException exception)
        {
            throw new MalformedInputException(path, "is not an elliptic-curve key", cause: exception);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(content);
            CryptographicOperations.ZeroMemory(der);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _key.Dispose();

    /// <summary>Signs.</summary>
    /// <returns>ASN.1 DER, as <c>openssl dgst -sha256 -verify</c> reads it.</returns>
    internal byte[] Sign(ReadOnlySpan<byte> data) => _key.SignData(data, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);

    internal static bool IsP256(ECDsa key) =>
        key.ExportParameters(includePrivateParameters: false).Curve.Oid.Value == "1.2.840.10045.3.1.7";
}
