using System.Collections.Immutable;
using System.Formats.Asn1;
using System.Numerics;

namespace Casemate.Simulator.Pki;

/// <summary>The content of a certificate before it is signed.</summary>
internal sealed record CertificateTemplate
{
    public required DistinguishedName Subject { get; init; }

    public required DistinguishedName Issuer { get; init; }

    /// <summary>Unsigned big endian.</summary>
    public required byte[] SerialNumber { get; init; }

    public required DateTimeOffset NotBefore { get; init; }

    public required DateTimeOffset NotAfter { get; init; }

    public required SigningKey SubjectKey { get; init; }

    public required ImmutableArray<CertificateExtension> Extensions { get; init; }

    /// <summary>A copy as the test kit's user wants it.</summary>
    public CertificateTemplate With(CertificateChanges changes)
    {
        if (changes.SerialNumber is { } serial)
        {
            FieldSize.RequireRange(serial, 1, 20, nameof(changes.SerialNumber));
        }

        return this with
        {
            Subject = Subject.With(Oids.CommonName, changes.CommonName),
            Issuer = Issuer.With(Oids.CommonName, changes.IssuerCommonName),
            SerialNumber = changes.SerialNumber ?? SerialNumber,
            NotBefore = changes.NotBefore ?? NotBefore,
            NotAfter = changes.NotAfter ?? NotAfter,
            Extensions =
            [
                .. Extensions.Where(e => !changes.OmittedExtensions.Contains(e.Oid)).Select(e => Changed(e, changes)),
                .. changes.AddedExtensions,
            ],
        };
    }

    /// <summary>Encodes and signs. Source: RFC 5280 section 4.1.</summary>
    public byte[] Sign(SigningKey issuerKey)
    {
        var body = Pki.Extensions.Encode(w => WriteBody(w, issuerKey));
        return Signed(body, issuerKey);
    }

    /// <summary>The outer SEQUENCE of certificates and CRLs: what is signed, the algorithm, the signature.</summary>
    public static byte[] Signed(byte[] body, SigningKey key) => Pki.Extensions.Encode(w =>
    {
        using (w.PushSequence())
        {
            w.WriteEncodedValue(body);
            key.WriteAlgorithm(w);
            w.WriteBitString(key.Sign(body));
        }
    });

    /// <summary>UTCTime until 2049, GeneralizedTime from 2050 on: RFC 5280 section 4.1.2.5.</summary>
    public static void WriteTime(AsnWriter writer, DateTimeOffset time)
    {
        var utc = time.ToUniversalTime();
        if (utc.Year is >= 1950 and < 2050)
        {
            writer.WriteUtcTime(utc);
        }
        else
        {
            writer.WriteGeneralizedTime(utc, omitFractionalSeconds: true);
        }
    }

    /// <summary>Writes a serial number given as unsigned big endian bytes.</summary>
    public static void WriteSerial(AsnWriter writer, byte[] serial) =>
        writer.WriteInteger(new BigInteger(serial, isUnsigned: true, isBigEndian: true));

    private static CertificateExtension Changed(CertificateExtension extension, CertificateChanges changes) => extension.Oid switch
    {
        Oids.BasicConstraints when changes.IsCertificateAuthority is { } authority =>
            Pki.Extensions.BasicConstraints(authority, authority ? 0 : null),
        Oids.KeyUsage when changes.KeyUsage is { } usage => Pki.Extensions.KeyUsage(usage),
        _ => extension,
    };

    private void WriteBody(AsnWriter writer, SigningKey issuerKey)
    {
        using (writer.PushSequence())
        {
            using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 0, isConstructed: true)))
            {
                writer.WriteInteger(2);                                    // v3
            }

            WriteSerial(writer, SerialNumber);
            issuerKey.WriteAlgorithm(writer);
            Issuer.Write(writer);
            using (writer.PushSequence())
            {
                WriteTime(writer, NotBefore);
                WriteTime(writer, NotAfter);
            }

            Subject.Write(writer);
            writer.WriteEncodedValue(SubjectKey.SubjectPublicKeyInfo);
            using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 3, isConstructed: true)))
            using (writer.PushSequence())
            {
                foreach (var extension in Extensions)
                {
                    WriteExtension(writer, extension);
                }
            }
        }
    }

    private static void WriteExtension(AsnWriter writer, CertificateExtension extension)
    {
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier(extension.Oid);
            if (extension.Critical)
            {
                writer.WriteBoolean(true);
            }

            writer.WriteOctetString(extension.Value);
        }
    }
}
