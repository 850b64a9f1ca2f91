using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using Casemate.Primitives.Asn1;

namespace Casemate.Oci.Signatures;

/// <summary>
/// A public key that verifies signatures of images. Ed25519 is refused by name: this platform's base library does not have it.
/// Sources: RFC 5280 §4.1.2.7; sigstore's supported key types.
/// </summary>
public sealed class SignatureKey : IEquatable<SignatureKey>
{
    private const int MaxKeyFileChars = 64 << 10;
    private const int SmallestRsaBits = 2_048;
    private const int LargestRsaBits = 8_192;
    private static readonly byte[] s_ecPublicKey = [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01];
    private static readonly byte[] s_p256 = [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07];
    private static readonly byte[] s_p384 = [0x2B, 0x81, 0x04, 0x00, 0x22];
    private static readonly byte[] s_rsaEncryption = [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01];
    private static readonly byte[] s_ed25519 = [0x2B, 0x65, 0x70];

    private readonly byte[] _spki;

    private SignatureKey(SignatureKeyKind kind, byte[] spki) => (Kind, _spki) = (kind, spki);

    /// <summary>The kind of the key.</summary>
    public SignatureKeyKind Kind { get; }

    /// <summary>The key as DER (SubjectPublicKeyInfo).</summary>
    public ReadOnlyMemory<byte> SubjectPublicKeyInfo => _spki;

    /// <summary>The SHA-256 digest of <see cref="SubjectPublicKeyInfo"/>: how logs and bundles name a key.</summary>
    public Digest Fingerprint => Digest.Of(_spki);

    /// <summary>Reads a PEM file with one <c>PUBLIC KEY</c>.</summary>
    /// <exception cref="OciException"><see cref="OciError.MalformedDocument"/> or <see cref="OciError.Unsupported"/>: it is no such key.</exception>
    public static SignatureKey Parse(string pem) =>
        TryRead(pem, out var key, out var problem) ? key : throw new OciException(
            problem.StartsWith("Ed25519", StringComparison.Ordinal) ? OciError.Unsupported : OciError.MalformedDocument,
            $"this is not a usable public key: {problem}",
            "A key is PEM, '-----BEGIN PUBLIC KEY-----': ECDSA on P-256 or P-384, or RSA with 2,048 to 8,192 bits.");

    /// <summary>Reads a PEM file with one <c>PUBLIC KEY</c>.</summary>
    /// <param name="pem">The text of the file.</param>
    /// <param name="key">The key; null when there is none.</param>
    /// <param name="problem">What is wrong; null after success.</param>
    public static bool TryRead(string pem, [NotNullWhen(true)] out SignatureKey? key, [NotNullWhen(false)] out string? problem)
    {
        key = null;
        if (pem.Length > MaxKeyFileChars)
        {
            problem = $"it is longer than {MaxKeyFileChars} characters";
            return false;
        }

        if (!PemEncoding.TryFind(pem, out var fields))
        {
            problem = "it holds no PEM";
            return false;
        }

        if (pem[fields.Label] is not "PUBLIC KEY" and var label)
        {
            problem = $"it holds '{Quoted.Of(label)}' where 'PUBLIC KEY' is wanted";
            return false;
        }

        if (PemEncoding.TryFind(pem.AsSpan(fields.Location.End.Value), out _))
        {
            problem = "it holds more than one key";
            return false;
        }

        return TryRead(Convert.FromBase64String(pem[fields.Base64Data]), out key, out problem);
    }

    /// <summary>Reads a key from DER (SubjectPublicKeyInfo).</summary>
    /// <param name="spki">The DER bytes, all of them.</param>
    /// <param name="key">The key; null when there is none.</param>
    /// <param name="problem">What is wrong; null after success.</param>
    public static bool TryRead(ReadOnlySpan<byte> spki, [NotNullWhen(true)] out SignatureKey? key, [NotNullWhen(false)] out string? problem)
    {
        key = null;
        if (!TryReadKind(spki, out var kind, out problem))
        {
            return false;
        }

        try
        {
            if (kind is SignatureKeyKind.Rsa)
            {
                using var rsa = RSA.Create();
                rsa.ImportSubjectPublicKeyInfo(spki, out var read);
                problem = read != spki.Length ? "bytes follow the key"
                    : rsa.KeySize is < SmallestRsaBits or > LargestRsaBits ? $"RSA keys of {rsa.KeySize} bits are not accepted"
                    : null;
            }
            else
            {
                using var ecdsa = ECDsa.Create();
                ecdsa.ImportSubjectPublicKeyInfo(spki, out var read);
                problem = read != spki.Length ? "bytes follow the key" : null;
            }
        }
        catch (CryptographicException)
        {
            problem = "its numbers are not those of a key";
        }

        key = problem is null ? new SignatureKey(kind, spki.ToArray()) : null;
        return problem is null;
    }

    /// <summary>True when <paramref name="signature"/> is this key's over <paramref name="data"/>. Never throws.</summary>
    /// <param name="data">The signed bytes, not their digest.</param>
    /// <param name="signature">DER for ECDSA (RFC 3279 §2.2.3), the plain number for RSA.</param>
    public bool Verify(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature) =>
        Verify(data, signature, HashAlgorithmName.SHA256)
        || (Kind is SignatureKeyKind.EcdsaP384 && Verify(data, signature, HashAlgorithmName.SHA384));

    /// <summary>True when <paramref name="signature"/> is this key's over data with this SHA-256 hash. Never throws.</summary>
    public bool VerifyHash(ReadOnlySpan<byte> sha256, ReadOnlySpan<byte> signature)
    {
        try
        {
            if (Kind is SignatureKeyKind.Rsa)
            {
                using var rsa = RSA.Create();
                rsa.ImportSubjectPublicKeyInfo(_spki, out _);
                return rsa.VerifyHash(sha256, signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
            }

            using var ecdsa = ECDsa.Create();
            ecdsa.ImportSubjectPublicKeyInfo(_spki, out _);
            return sha256.Length == SHA256.HashSizeInBytes && ecdsa.VerifyHash(sha256, signature, DSASignatureFormat.Rfc3279DerSequence);
        }
        catch (CryptographicException)
        {
            return false;                                                  // A signature that cannot be decoded is not one.
        }
    }

    /// <summary>True for the same key.</summary>
    public bool Equals(SignatureKey? other) => other is not null && _spki.AsSpan().SequenceEqual(other._spki);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as SignatureKey);

    /// <inheritdoc/>
    public override int GetHashCode() => Fingerprint.GetHashCode();

    /// <inheritdoc/>
    public override string ToString() => $"{Kind} {Fingerprint}";

    /// <summary>True when the signature is this key's over the data, with one hash only.</summary>
    internal bool Verify(ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature, HashAlgorithmName hash)
    {
        try
        {
            if (Kind is SignatureKeyKind.Rsa)
            {
                using var rsa = RSA.Create();
                rsa.ImportSubjectPublicKeyInfo(_spki, out _);
                return rsa.VerifyData(data, signature, hash, RSASignaturePadding.Pkcs1);
            }

            using var ecdsa = ECDsa.Create();
            ecdsa.ImportSubjectPublicKeyInfo(_spki, out _);
            return ecdsa.VerifyData(data, signature, hash, DSASignatureFormat.Rfc3279DerSequence);
        }
        catch (CryptographicException)
        {
            return false;                                                  // A signature that cannot be decoded is not one.
        }
    }

    private static bool TryReadKind(ReadOnlySpan<byte> spki, out SignatureKeyKind kind, [NotNullWhen(false)] out string? problem)
    {
        kind = default;
        problem = "it is not a SubjectPublicKeyInfo";
        if (!new DerReader(spki).TryReadSequence(out var outer) || !outer.TryReadSequence(out var algorithm) || !algorithm.TryReadOid(out var oid))
        {
            return false;
        }

        if (oid.SequenceEqual(s_rsaEncryption))
        {
            (kind, problem) = (SignatureKeyKind.Rsa, null);
        }
        else if (oid.SequenceEqual(s_ed25519))
        {
            problem = "Ed25519 is not supported by the cryptography of this platform";
        }
        else if (oid.SequenceEqual(s_ecPublicKey) && algorithm.TryReadOid(out var curve) && (curve.SequenceEqual(s_p256) || curve.SequenceEqual(s_p384)))
        {
            (kind, problem) = (curve.SequenceEqual(s_p256) ? SignatureKeyKind.EcdsaP256 : SignatureKeyKind.EcdsaP384, null);
        }
        else
        {
            problem = "it is of a kind or on a curve that is not supported";
        }

        return problem is null;
    }
}
