using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace Casemate.Primitives.Cose;

/// <summary>A private key that signs COSE messages: P-256 (ES256), P-384 (ES384), or RSA of 2048 bits or more (PS384).</summary>
public sealed class CoseSigningKey : IDisposable
{
    private readonly AsymmetricAlgorithm _key;

    private CoseSigningKey(AsymmetricAlgorithm key, int algorithm) => (_key, Algorithm) = (key, algorithm);

    /// <summary>The algorithm that follows from the key, a member of <see cref="CoseAlgorithm"/>.</summary>
    public int Algorithm { get; }

    /// <summary>The public key, as SubjectPublicKeyInfo in DER.</summary>
    public byte[] PublicKey => _key.ExportSubjectPublicKeyInfo();

    /// <summary>Reads a key.</summary>
    /// <param name="pem">The key, PEM, not encrypted: PKCS #8, or the older forms of EC and RSA keys.</param>
    /// <param name="key">The key, or null.</param>
    /// <param name="error">What is wrong, without anything of the key; null after success.</param>
    public static bool TryRead(ReadOnlySpan<char> pem, [NotNullWhen(true)] out CoseSigningKey? key, [NotNullWhen(false)] out string? error)
    {
        key = null;
        error = "not a private key in PEM that can be used: an unencrypted key for P-256, P-384, or RSA with at least 2048 bits";
        if (TryImport(ECDsa.Create(), pem, k => k.ExportParameters(true).D is not null) is ECDsa ec)
        {
            var algorithm = ec.ExportParameters(false).Curve.Oid.Value switch
            {
                "1.2.840.10045.3.1.7" => CoseAlgorithm.Es256,
                "1.3.132.0.34" => CoseAlgorithm.Es384,
                _ => 0,
            };
            key = algorithm == 0 ? null : new CoseSigningKey(ec, algorithm);
            if (key is null)
            {
                ec.Dispose();
            }
        }
        else if (TryImport(RSA.Create(), pem, k => k.ExportParameters(true).D is not null) is RSA rsa)
        {
            key = rsa.KeySize < 2048 ? null : new CoseSigningKey(rsa, CoseAlgorithm.Ps384);
            if (key is null)
            {
                rsa.Dispose();
            }
        }

        error = key is null ? error : null;
        return key is not null;
    }

    /// <summary>Signs.</summary>
    /// <param name="data">What the signature covers.</param>
    /// <returns>The signature. For ECDSA: r and s, as long as the field each, big endian.</returns>
    public byte[] Sign(ReadOnlySpan<byte> data) => _key switch
    {
        ECDsa ec => ec.SignData(data, Algorithm == CoseAlgorithm.Es256 ? HashAlgorithmName.SHA256 : HashAlgorithmName.SHA384),
        RSA rsa => rsa.SignData(data, HashAlgorithmName.SHA384, RSASignaturePadding.Pss),
        _ => throw new InvalidOperationException("The key is of no kind that signs."),
    };

    /// <inheritdoc/>
    public void Dispose() => _key.Dispose();

    private static T? TryImport<T>(T empty, ReadOnlySpan<char> pem, Func<T, bool> hasPrivatePart)
        where T : AsymmetricAlgorithm
    {
        try
        {
            empty.ImportFromPem(pem);
            if (hasPrivatePart(empty))
            {
                return empty;
            }
        }
        catch (Exception failure) when (failure is CryptographicException or ArgumentException)
        {
            // The next kind of key is tried; the caller says that none fits.
        }

        empty.Dispose();
        return null;
    }
}
