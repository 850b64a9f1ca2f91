using System.Formats.Asn1;
using System.Security.Cryptography.X509Certificates;

namespace Casemate.Simulator.Pki;

/// <summary>Makes the standard extensions of RFC 5280 section 4.2.1.</summary>
internal static class Extensions
{
    public static CertificateExtension SubjectKeyIdentifier(SigningKey subject) =>
        new(Oids.SubjectKeyIdentifier, false, Encode(w => w.WriteOctetString(subject.KeyIdentifier)));

    public static CertificateExtension AuthorityKeyIdentifier(SigningKey issuer) => new(
        Oids.AuthorityKeyIdentifier,
        false,
        Encode(w =>
        {
            using (w.PushSequence())
            {
                w.WriteOctetString(issuer.KeyIdentifier, new Asn1Tag(TagClass.ContextSpecific, 0));
            }
        }));

    public static CertificateExtension BasicConstraints(bool isAuthority, int? pathLength) => new(
        Oids.BasicConstraints,
        true,
        Encode(w =>
        {
            using (w.PushSequence())
            {
                if (isAuthority)
                {
                    w.WriteBoolean(true);
                    if (pathLength is { } length)
                    {
                        w.WriteInteger(length);
                    }
                }
            }
        }));

    public static CertificateExtension KeyUsage(X509KeyUsageFlags usage) =>
        new(Oids.KeyUsage, true, new X509KeyUsageExtension(usage, critical: true).RawData);

    public static CertificateExtension CrlDistributionPoint(string url) => new(
        Oids.CrlDistributionPoints,
        false,
        Encode(w =>
        {
            var context0 = new Asn1Tag(TagClass.ContextSpecific, 0, isConstructed: true);
            using (w.PushSequence())
            using (w.PushSequence())
            using (w.PushSequence(context0))
            using (w.PushSequence(context0))
            {
                w.WriteCharacterString(UniversalTagNumber.IA5String, url, new Asn1Tag(TagClass.ContextSpecific, 6));
            }
        }));

    /// <summary>Text for people who look at the certificate; not critical, so every verifier passes over it.</summary>
    public static CertificateExtension Comment(string text) =>
        new(Oids.NetscapeComment, false, Encode(w => w.WriteCharacterString(UniversalTagNumber.IA5String, text)));

    /// <summary>Encodes one value as DER.</summary>
    public static byte[] Encode(Action<AsnWriter> write)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        write(writer);
        return writer.Encode();
    }
}
