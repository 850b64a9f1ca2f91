using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Casemate.Primitives.Asn1;

namespace Casemate.Attestation.Pki;

/// <summary>
/// A public key ready to verify, safe for concurrent use. The base library does not promise that one key object may be used from
/// two threads at once, so each call borrows an object and hands it back; under contention another one is imported.
/// </summary>
internal sealed class VerifyingKey
{
    private readonly Func<AsymmetricAlgorithm> _import;
    private readonly AsymmetricAlgorithm?[] _idle = new AsymmetricAlgorithm?[Environment.ProcessorCount];

    private VerifyingKey(KeyKind kind, Func<AsymmetricAlgorithm> import, AsymmetricAlgorithm first)
    {
        Kind = kind;
        _import = import;
        SizeInBits = first.KeySize;
        _idle[0] = first;
    }

    /// <summary>The kind of key.</summary>
    public KeyKind Kind { get; }

    /// <summary>Size of the key in bits: the field of a curve, the modulus of RSA.</summary>
    public int SizeInBits { get; }

    /// <summary>Imports the key of a certificate; false when its kind is unsupported or the point is not on the curve.</summary>
    public static bool TryCreate(Certificate certificate, out VerifyingKey? key)
    {
        Func<AsymmetricAlgorithm>? import = certificate.KeyKind switch
        {
            KeyKind.P256 => () => ImportP256(certificate.PublicKey.Span[1..]),

            // Importing P-384 parameters makes OpenSSL validate the point by a full multiplication (0.75 ms); through a
            // certificate object it does not, and a point off the curve is refused when it is decoded.
            KeyKind.P384 => () => ImportThroughCertificate(certificate.Der.Span),
            KeyKind.Rsa => () => ImportRsa(certificate.SubjectPublicKeyInfo.Span),
            _ => null,
        };
        return TryCreate(certificate.KeyKind, import, out key);
    }

    /// <summary>Imports an RSA key; false when the base library refuses it.</summary>
    /// <param name="modulus">Big endian.</param>
    /// <param name="exponent">Big endian.</param>
    /// <param name="key">The key, or null.</param>
    public static bool TryCreateRsa(byte[] modulus, byte[] exponent, out VerifyingKey? key) =>
        TryCreate(KeyKind.Rsa, () => RSA.Create(new RSAParameters { Modulus = modulus, Exponent = exponent }), out key);

    /// <summary>Imports a raw P-256 point; false when it is not on the curve.</summary>
    /// <param name="point">x and y, 32 bytes each, big endian.</param>
    /// <param name="key">The key, or null.</param>
    public static bool TryCreateP256(ReadOnlySpan<byte> point, out VerifyingKey? key)
    {
        var copy = point.ToArray();
        return TryCreate(KeyKind.P256, () => ImportP256(copy), out key);
    }

    /// <summary>Verifies ECDSA with SHA-256 (P-256) where the signature is r and s, 32 bytes each, big endian.</summary>
    public bool VerifyRaw(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature) =>
        Kind is KeyKind.P256 && signature.Length == 64 && VerifyFixedField(data, signature);

    /// <summary>Verifies ECDSA with SHA-384 (P-384) where the signature is r and s, 48 bytes each, big endian.</summary>
    public bool VerifyRawP384(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature) =>
        Kind is KeyKind.P384 && signature.Length == 96 && VerifyFixedField(data, signature);

    /// <summary>Verifies RSASSA-PKCS1-v1_5 or, with a salt as long as the hash, RSASSA-PSS.</summary>
    public bool VerifyRsa(HashAlgorithmName hash, RSASignaturePadding padding, ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
    {
        if (Kind is not KeyKind.Rsa)
        {
            return false;
        }

        var key = (RSA)Borrow();
        try
        {
            return key.VerifyData(data, signature, hash, padding);
        }
        catch (CryptographicException)
        {
            return false;
        }
        finally
        {
            GiveBack(key);
        }
    }

    /// <summary>Verifies a signature of a certificate outside of Intel's and AMD's chains, by any scheme that is known.</summary>
    public bool VerifyAnyScheme(SignatureScheme scheme, ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature) => scheme switch
    {
        SignatureScheme.EcdsaP384Sha384 => Kind is KeyKind.P384 && VerifyEcdsa(data, signature),
        SignatureScheme.RsaPkcs1Sha256 => VerifyRsa(HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1, data, signature),
        SignatureScheme.RsaPkcs1Sha384 => VerifyRsa(HashAlgorithmName.SHA384, RSASignaturePadding.Pkcs1, data, signature),
        SignatureScheme.RsaPkcs1Sha512 => VerifyRsa(HashAlgorithmName.SHA512, RSASignaturePadding.Pkcs1, data, signature),
        _ => Verify(scheme, data, signature),
    };

    /// <summary>Verifies a signature as certificates and CRLs of Intel and AMD carry it; other schemes fail.</summary>
    public bool Verify(SignatureScheme scheme, ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
    {
        switch (scheme)
        {
            case SignatureScheme.EcdsaP256Sha256:
                return Kind is KeyKind.P256 && VerifyEcdsa(data, signature);
            case SignatureScheme.RsaPssSha384:
                return VerifyRsa(HashAlgorithmName.SHA384, RSASignaturePadding.Pss, data, signature);
            case SignatureScheme.EcdsaP384Sha384:
            case SignatureScheme.RsaPkcs1Sha256:
            case SignatureScheme.RsaPkcs1Sha384:
            case SignatureScheme.RsaPkcs1Sha512:
            case SignatureScheme.Unsupported:
            default:
                return false;
        }
    }

    private static bool TryCreate(KeyKind kind, Func<AsymmetricAlgorithm>? import, out VerifyingKey? key)
    {
        key = null;
        if (import is null)
        {
            return false;
        }

        try
        {
            key = new VerifyingKey(kind, import, import());
            return true;
        }
        catch (CryptographicException)
        {
            return false;                                                   // not a point on the curve, or not a usable RSA key
        }
    }

    // The base library turns fixed fields into DER on the heap; doing it on the stack makes a verification allocation-free.
    private bool VerifyFixedField(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
    {
        Span<byte> der = stackalloc byte[2 + (2 * (2 + 1 + 48))];
        var size = signature.Length / 2;
        var length = WriteInteger(signature[..size], der[2..]);
        length += WriteInteger(signature[size..], der[(2 + length)..]);
        der[0] = DerTag.Sequence;
        der[1] = (byte)length;                                              // at most 102, so the short form
        return VerifyEcdsa(data, der[..(2 + length)]);
    }

    private static int WriteInteger(ReadOnlySpan<byte> unsigned, Span<byte> destination)
    {
        unsigned = unsigned.TrimStart((byte)0);
        var padding = unsigned.IsEmpty || unsigned[0] >= 0x80 ? 1 : 0;      // zero itself, and numbers that would look negative
        destination[0] = DerTag.Integer;
        destination[1] = (byte)(unsigned.Length + padding);
        destination[2] = 0;
        unsigned.CopyTo(destination[(2 + padding)..]);
        return 2 + padding + unsigned.Length;
    }

    private bool VerifyEcdsa(ReadOnlySpan<byte> data, ReadOnlySpan<byte> derSignature)
    {
        Span<byte> hash = stackalloc byte[48];
        hash = Kind is KeyKind.P256 ? hash[..SHA256.HashData(data, hash)] : hash[..SHA384.HashData(data, hash)];
        var key = (ECDsa)Borrow();
        try
        {
            return key.VerifyHash(hash, derSignature, DSASignatureFormat.Rfc3279DerSequence);
        }
        catch (CryptographicException)
        {
            return false;                                                   // a signature that is not even DER
        }
        finally
        {
            GiveBack(key);
        }
    }

    private AsymmetricAlgorithm Borrow()
    {
        for (var i = 0; i < _idle.Length; i++)
        {
            if (Interlocked.Exchange(ref _idle[i], null) is { } key)
            {
                return key;
            }
        }

        return _import();
    }

    private void GiveBack(AsymmetricAlgorithm key)
    {
        for (var i = 0; i < _idle.Length; i++)
        {
            if (Interlocked.CompareExchange(ref _idle[i], key, null) is null)
            {
                return;
            }
        }

        key.Dispose();
    }

    private static ECDsa ImportP256(ReadOnlySpan<byte> point)
    {
        // The portable class behind ECDsa.Create decodes and encodes a DER signature again on the heap, 1.3 KB each time; OpenSSL's own
        // class hands it on as it is.
        ECDsa key = OperatingSystem.IsLinux() ? new ECDsaOpenSsl() : ECDsa.Create();
        try
        {
            key.ImportParameters(new ECParameters
            {
                Curve = ECCurve.NamedCurves.nistP256,
                Q = new ECPoint { X = point[..32].ToArray(), Y = point[32..64].ToArray() },
            });
            return key;
        }
        catch
        {
            key.Dispose();
            throw;
        }
    }

    private static ECDsa ImportThroughCertificate(ReadOnlySpan<byte> der)
    {
        using var certificate = X509CertificateLoader.LoadCertificate(der);
        return certificate.GetECDsaPublicKey() ?? throw new CryptographicException("The certificate holds no EC key.");
    }

    private static RSA ImportRsa(ReadOnlySpan<byte> spki)
    {
        var rsa = RSA.Create();
        try
        {
            rsa.ImportSubjectPublicKeyInfo(spki, out _);
            return rsa;
        }
        catch
        {
            rsa.Dispose();
            throw;
        }
    }
}
