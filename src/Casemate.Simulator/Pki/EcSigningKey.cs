using System.Formats.Asn1;
using System.Security.Cryptography;

namespace Casemate.Simulator.Pki;

/// <summary>An ECDSA key on P-256 (with SHA-256) or P-384 (with SHA-384).</summary>
internal sealed class EcSigningKey : SigningKey
{
    private readonly ECDsa _key;
    private readonly HashAlgorithmName _hash;
    private readonly Lock _signing = new();

    private EcSigningKey(ECDsa key, HashAlgorithmName hash)
        : base(key.ExportSubjectPublicKeyInfo())
    {
        _key = key;
        _hash = hash;
        var point = key.ExportParameters(includePrivateParameters: false).Q;
        PublicPoint = [.. point.X!, .. point.Y!];
    }

    /// <summary>x and y, big endian, each as long as the field.</summary>
    public byte[] PublicPoint { get; }

    /// <summary>Makes the P-256 key with private scalar <paramref name="scalar"/> (32 bytes, big endian).</summary>
    public static EcSigningKey P256(byte[] scalar) => Create(scalar, ECCurve.NamedCurves.nistP256, HashAlgorithmName.SHA256);

    /// <summary>Makes the P-384 key with private scalar <paramref name="scalar"/> (48 bytes, big endian).</summary>
    public static EcSigningKey P384(byte[] scalar) => Create(scalar, ECCurve.NamedCurves.nistP384, HashAlgorithmName.SHA384);

    public override void WriteAlgorithm(AsnWriter writer)
    {
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier(_hash == HashAlgorithmName.SHA256 ? Oids.EcdsaWithSha256 : Oids.EcdsaWithSha384);
        }
    }

    public override byte[] Sign(ReadOnlySpan<byte> data) => Sign(data, DSASignatureFormat.Rfc3279DerSequence);

    /// <summary>Signs; the result is r and s, big endian, each as long as the field.</summary>
    public byte[] SignFixed(ReadOnlySpan<byte> data) => Sign(data, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);

    private static EcSigningKey Create(byte[] scalar, ECCurve curve, HashAlgorithmName hash) =>
        new(ECDsa.Create(new ECParameters { Curve = curve, D = scalar }), hash);

    private byte[] Sign(ReadOnlySpan<byte> data, DSASignatureFormat format)
    {
        lock (_signing)
        {
            return _key.SignData(data, _hash, format);
        }
    }
}
