using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace Casemate.Primitives.Cose;

/// <summary>
/// A public key that its reader trusts: P-256 (ES256), P-384 (ES384), or RSA of 2048 bits or more (PS256, PS384). Keys from certificates
/// of the
/// message itself are another matter: who vouches for those is asked elsewhere.
/// </summary>
public sealed class CosePublicKey : IDisposable
{
    private readonly AsymmetricAlgorithm _key;

    private CosePublicKey(AsymmetricAlgorithm key) => _key = key;

    /// <summary>Reads a key.</summary>
    /// <param name="pem">The key, PEM: SubjectPublicKeyInfo (<c>PUBLIC KEY</c>).</param>
    /// <param name="key">The key, or null.</param>
    /// <param name="error">What is wrong; null after success.</param>
    public static bool TryRead(ReadOnlySpan<char> pem, [NotNullWhen(true)] out CosePublicKey? key, [NotNullWhen(false)] out string? error)
    {
        key = null;
        error = "not a public key in PEM that can be used: P-256, P-384, or RSA with at least 2048 bits";
        if (!PemEncoding.TryFind(pem, out var fields) || !pem[fields.Label].SequenceEqual("PUBLIC KEY"))
        {
            return false;
        }

        var der = Convert.FromBase64String(pem[fields.Base64Data].ToString());
        AsymmetricAlgorithm? read = Import(
            ECDsa.Create(), der, k => k.ExportParameters(false).Curve.Oid.Value is "1.2.840.10045.3.1.7" or "1.3.132.0.34");
        read ??= Import(RSA.Create(), der, k => k.KeySize >= 2048);
        if (read is null)
        {
            return false;
        }

        key = new CosePublicKey(read);
        error = null;
        return true;
    }

    /// <summary>Whether a message is signed with the private part of this key, by an algorithm that fits the key.</summary>
    /// <param name="message">The message.</param>
    public bool Verify(CoseSign1 message)
    {
        ArgumentNullException.ThrowIfNull(message);
        var data = message.ToBeSigned();
        var signature = message.Signature.Span;
        return (_key, message.Algorithm) switch
        {
            (ECDsa { KeySize: 256 } ec, CoseAlgorithm.Es256) => ec.VerifyData(data, signature, HashAlgorithmName.SHA256),
            (ECDsa { KeySize: 384 } ec, CoseAlgorithm.Es384) => ec.VerifyData(data, signature, HashAlgorithmName.SHA384),
            (RSA rsa, CoseAlgorithm.Ps256) => rsa.VerifyData(data, signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pss),
            (RSA rsa, CoseAlgorithm.Ps384) => rsa.VerifyData(data, signature, HashAlgorithmName.SHA384, RSASignaturePadding.Pss),
            _ => false,
        };
    }

    /// <inheritdoc/>
    public void Dispose() => _key.Dispose();

    private static T? Import<T>(T empty, byte[] der, Func<T, bool> isUsable)
        where T : AsymmetricAlgorithm
    {
        try
        {
            empty.ImportSubjectPublicKeyInfo(der, out var read);
            if (read == der.Length && isUsable(empty))
            {
                return empty;
            }
        }
        catch (CryptographicException)
        {
            // Another kind of key; the caller says that none fits.
        }

        empty.Dispose();
        return null;
    }
}
