using System.Formats.Asn1;
using System.Security.Cryptography;
using Casemate.Primitives.Asn1;

namespace Casemate.Simulator.Pki;

/// <summary>A private key that signs certificates and revocation lists. Safe for concurrent use.</summary>
internal abstract class SigningKey
{
    private readonly Lazy<byte[]> _keyIdentifier;

    protected SigningKey(byte[] subjectPublicKeyInfo)
    {
        SubjectPublicKeyInfo = subjectPublicKeyInfo;
        _keyIdentifier = new Lazy<byte[]>(() => IdentifierOf(subjectPublicKeyInfo));
    }

    /// <summary>SubjectPublicKeyInfo, DER.</summary>
    public byte[] SubjectPublicKeyInfo { get; }

    /// <summary>SHA-1 of the public key bits, 20 bytes: RFC 5280 section 4.2.1.2, method 1, as both vendors use it.</summary>
    public byte[] KeyIdentifier => _keyIdentifier.Value;

    /// <summary>Writes the AlgorithmIdentifier of the signatures that <see cref="Sign"/> makes.</summary>
    public abstract void WriteAlgorithm(AsnWriter writer);

    /// <summary>Signs; the result is the content of an X.509 signature BIT STRING.</summary>
    public abstract byte[] Sign(ReadOnlySpan<byte> data);

    private static byte[] IdentifierOf(byte[] subjectPublicKeyInfo)
    {
        var outer = new DerReader(subjectPublicKeyInfo);
        if (!outer.TryReadSequence(out var inner) || !inner.TryReadSequence(out _) || !inner.TryReadWholeBitString(out var bits))
        {
            throw new CryptographicException("The public key is not a SubjectPublicKeyInfo.");
        }

#pragma warning disable CA5350 // A name for a key, not a protection of anything: RFC 5280 defines it with SHA-1.
        return SHA1.HashData(bits);
#pragma warning restore CA5350
    }
}
