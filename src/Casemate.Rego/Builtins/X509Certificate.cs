using System.Formats.Asn1;
using System.Security.Cryptography;

namespace Casemate.Rego.Builtins;

/// <summary>A certificate or a request for one, in the parts that policies ask for. Source: RFC 5280, RFC 2986.</summary>
internal sealed class X509Certificate
{
    private const int MostExtensions = 128;
    private static readonly Asn1Tag s_explicit0 = new(TagClass.ContextSpecific, 0, isConstructed: true);
    private static readonly Asn1Tag s_explicit3 = new(TagClass.ContextSpecific, 3, isConstructed: true);

    private X509Certificate(ReadOnlyMemory<byte> raw) => Raw = raw;

    public ReadOnlyMemory<byte> Raw { get; }

    public ReadOnlyMemory<byte> ToBeSigned { get; private set; }

    public ReadOnlyMemory<byte> Subject { get; private set; }

    public ReadOnlyMemory<byte> Issuer { get; private set; }

    public ReadOnlyMemory<byte> PublicKeyInfo { get; private set; }

    public string PublicKeyOid { get; private set; } = "";

    public string SignatureOid { get; private set; } = "";

    public ReadOnlyMemory<byte> SignatureParameters { get; private set; }

    public ReadOnlyMemory<byte> Signature { get; private set; }

    public int Version { get; private set; }

    public System.Numerics.BigInteger SerialNumber { get; private set; }

    public DateTimeOffset NotBefore { get; private set; }

    public DateTimeOffset NotAfter { get; private set; }

    public List<(string Oid, bool Critical, ReadOnlyMemory<byte> Value)> Extensions { get; } = [];

    /// <summary>Reads a certificate.</summary>
    /// <exception cref="AsnContentException">It is none.</exception>
    public static X509Certificate ReadCertificate(ReadOnlyMemory<byte> der)
    {
        var certificate = new X509Certificate(der);
        var body = certificate.ReadSigned();
        certificate.Version = 1;
        if (body.HasData && body.PeekTag().HasSameClassAndValue(s_explicit0))
        {
            var version = body.ReadSequence(s_explicit0);
            certificate.Version = version.TryReadInt32(out var number) && number is >= 0 and <= 2 ? number + 1
                : throw new AsnContentException("malformed version");
        }

        certificate.SerialNumber = body.ReadInteger();
        body.ReadEncodedValue();
        certificate.Issuer = body.ReadEncodedValue();
        var validity = body.ReadSequence();
        certificate.NotBefore = ReadTime(validity);
        certificate.NotAfter = ReadTime(validity);
        certificate.Subject = body.ReadEncodedValue();
        certificate.ReadPublicKey(body);
        while (body.HasData)
        {
            if (body.PeekTag().HasSameClassAndValue(s_explicit3))
            {
                certificate.ReadExtensions(body.ReadSequence(s_explicit3));
            }
            else
            {
                body.ReadEncodedValue();
            }
        }

        return certificate;
    }

    /// <summary>Reads a request for a certificate.</summary>
    /// <exception cref="AsnContentException">It is none.</exception>
    public static X509Certificate ReadRequest(ReadOnlyMemory<byte> der)
    {
        var request = new X509Certificate(der);
        var body = request.ReadSigned();
        request.Version = body.TryReadInt32(out var version) ? version : throw new AsnContentException("malformed version");
        request.Subject = body.ReadEncodedValue();
        request.ReadPublicKey(body);
        if (!body.HasData)
        {
            return request;
        }

        var attributes = body.ReadSetOf(new Asn1Tag(TagClass.ContextSpecific, 0, isConstructed: true));
        while (attributes.HasData)
        {
            var attribute = attributes.ReadSequence();
            var isExtensions = attribute.ReadObjectIdentifier() == "1.2.840.113549.1.9.14";
            var values = attribute.ReadSetOf();
            if (isExtensions)
            {
                request.ReadExtensions(values);
            }
        }

        return request;
    }

    /// <summary>The value of an extension; null when it is absent.</summary>
    public ReadOnlyMemory<byte>? Extension(string oid)
    {
        var index = Extensions.FindIndex(extension => extension.Oid == oid);
        if (index < 0)
        {
            return null;
        }

        return Extensions[index].Value;
    }

    /// <summary>The public key; null for one of a kind that is not known here.</summary>
    /// <exception cref="CryptographicException">It is malformed.</exception>
    public AsymmetricAlgorithm? PublicKey()
    {
        AsymmetricAlgorithm? key = PublicKeyOid switch
        {
            "1.2.840.113549.1.1.1" => RSA.Create(),
            "1.2.840.10045.2.1" => ECDsa.Create(),
            _ => null,
        };
        try
        {
            switch (key)
            {
                case RSA rsa:
                    rsa.ImportSubjectPublicKeyInfo(PublicKeyInfo.Span, out _);
                    break;
                case ECDsa ec:
                    ec.ImportSubjectPublicKeyInfo(PublicKeyInfo.Span, out _);
                    break;
            }
        }
        catch (PlatformNotSupportedException)
        {
            // A curve that is not known here.
            key!.Dispose();
            return null;
        }
        catch (CryptographicException)
        {
            key!.Dispose();
            throw;
        }

        return key;
    }

    private AsnReader ReadSigned()
    {
        var outer = new AsnReader(Raw, AsnEncodingRules.DER);
        var certificate = outer.ReadSequence();
        outer.ThrowIfNotEmpty();
        ToBeSigned = certificate.PeekEncodedValue();
        var body = certificate.ReadSequence();
        var algorithm = certificate.ReadSequence();
        SignatureOid = algorithm.ReadObjectIdentifier();
        SignatureParameters = algorithm.HasData ? algorithm.ReadEncodedValue() : default;
        Signature = certificate.ReadBitString(out _);
        certificate.ThrowIfNotEmpty();
        return body;
    }

    private void ReadPublicKey(AsnReader body)
    {
        PublicKeyInfo = body.PeekEncodedValue();
        PublicKeyOid = body.ReadSequence().ReadSequence().ReadObjectIdentifier();
    }

    private void ReadExtensions(AsnReader wrapped)
    {
        var list = wrapped.ReadSequence();
        while (list.HasData)
        {
            var extension = list.ReadSequence();
            var oid = extension.ReadObjectIdentifier();
            var critical = extension.PeekTag().HasSameClassAndValue(Asn1Tag.Boolean) && extension.ReadBoolean();
            if (Extensions.Count >= MostExtensions || Extension(oid) is not null)
            {
                throw new AsnContentException("too many extensions, or one twice");
            }

            Extensions.Add((oid, critical, extension.ReadOctetString()));
        }
    }

    private static DateTimeOffset ReadTime(AsnReader reader) =>
        reader.PeekTag().HasSameClassAndValue(Asn1Tag.UtcTime) ? reader.ReadUtcTime(2049) : reader.ReadGeneralizedTime();
}
