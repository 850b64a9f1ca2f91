using System.Formats.Asn1;
using System.Security.Cryptography;

namespace Casemate.Simulator.Pki;

/// <summary>An RSA-4096 key signing RSASSA-PSS with SHA-384, MGF1 with SHA-384 and a salt of 48 bytes, as AMD's keys do.</summary>
internal sealed class RsaSigningKey : SigningKey
{
    /// <summary>Size of the modulus.</summary>
    public const int Bits = 4096;

    private readonly RSA _key;
    private readonly bool _explicitTrailer;
    private readonly Lock _signing = new();

    private RsaSigningKey(RSA key, bool explicitTrailer)
        : base(key.ExportSubjectPublicKeyInfo())
    {
        _key = key;
        _explicitTrailer = explicitTrailer;
    }

    /// <summary>Makes a new key: about a second of work on one core.</summary>
    public static byte[] GeneratePkcs8()
    {
        using var key = RSA.Create(Bits);
        return key.ExportPkcs8PrivateKey();
    }

    /// <summary>Loads a key.</summary>
    /// <param name="pkcs8">PrivateKeyInfo, DER.</param>
    /// <param name="explicitTrailer">
    /// AMD writes trailerField with its default value (which DER would leave out) wherever the ARK signs and, in older VEK
    /// certificates, where the ASK signs; newer VEK certificates leave it out.
    /// </param>
    public static RsaSigningKey FromPkcs8(byte[] pkcs8, bool explicitTrailer)
    {
        var key = RSA.Create();
        key.ImportPkcs8PrivateKey(pkcs8, out _);
        return new RsaSigningKey(key, explicitTrailer);
    }

    /// <summary>RSASSA-PSS-params, RFC 4055 section 3.1. Every hash carries NULL parameters, as in AMD's certificates.</summary>
    public override void WriteAlgorithm(AsnWriter writer)
    {
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier(Oids.RsassaPss);
            using (writer.PushSequence())
            {
                using (writer.PushSequence(Context(0)))
                {
                    WriteSha384(writer);
                }

                using (writer.PushSequence(Context(1)))
                using (writer.PushSequence())
                {
                    writer.WriteObjectIdentifier(Oids.Mgf1);
                    WriteSha384(writer);
                }

                using (writer.PushSequence(Context(2)))
                {
                    writer.WriteInteger(SHA384.HashSizeInBytes);
                }

                if (_explicitTrailer)
                {
                    using (writer.PushSequence(Context(3)))
                    {
                        writer.WriteInteger(1);
                    }
                }
            }
        }
    }

    public override byte[] Sign(ReadOnlySpan<byte> data)
    {
        lock (_signing)
        {
            // The base library's PSS salt is as long as the hash: 48 bytes.
            return _key.SignData(data, HashAlgorithmName.SHA384, RSASignaturePadding.Pss);
        }
    }

    private static Asn1Tag Context(int number) => new(TagClass.ContextSpecific, number, isConstructed: true);

    private static void WriteSha384(AsnWriter writer)
    {
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier(Oids.Sha384);
            writer.WriteNull();
        }
    }
}
