using System.Formats.Asn1;
using System.Net;
using System.Security.Cryptography;
using System.Text;

namespace Casemate.Rego.Builtins;

/// <summary>Certificates as values, with the names that OPA gives their parts: those of Go's <c>crypto/x509</c>.</summary>
internal static class X509Values
{
    public static readonly string[] Usages =
    [
        "2.5.29.37.0", "1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2", "1.3.6.1.5.5.7.3.3", "1.3.6.1.5.5.7.3.4", "1.3.6.1.5.5.7.3.5",
        "1.3.6.1.5.5.7.3.6", "1.3.6.1.5.5.7.3.7", "1.3.6.1.5.5.7.3.8", "1.3.6.1.5.5.7.3.9", "1.3.6.1.4.1.311.10.3.3",
        "2.16.840.1.113730.4.1", "1.3.6.1.4.1.311.2.1.22", "1.3.6.1.4.1.311.61.1.1",
    ];

    private static readonly Dictionary<string, int> s_signatures = new()
    {
        ["1.2.840.113549.1.1.5"] = 3,
        ["1.2.840.113549.1.1.11"] = 4,
        ["1.2.840.113549.1.1.12"] = 5,
        ["1.2.840.113549.1.1.13"] = 6,
        ["1.2.840.10045.4.1"] = 9,
        ["1.2.840.10045.4.3.2"] = 10,
        ["1.2.840.10045.4.3.3"] = 11,
        ["1.2.840.10045.4.3.4"] = 12,
        ["1.3.101.112"] = 16,
    };

    private static readonly (string Oid, string Name)[] s_names =
    [
        ("2.5.4.6", "Country"), ("2.5.4.10", "Organization"), ("2.5.4.11", "OrganizationalUnit"), ("2.5.4.7", "Locality"),
        ("2.5.4.8", "Province"), ("2.5.4.9", "StreetAddress"), ("2.5.4.17", "PostalCode"),
    ];

    /// <summary>A certificate.</summary>
    /// <exception cref="AsnContentException">An extension or name in it is malformed.</exception>
    public static RegoObject Certificate(X509Certificate certificate)
    {
        var members = Common(certificate);
        var constraints = BasicConstraints(certificate);
        members["RawTBSCertificate"] = GoJson.Base64(certificate.ToBeSigned.Span);
        members["RawIssuer"] = GoJson.Base64(certificate.Issuer.Span);
        members["Issuer"] = Name(certificate.Issuer);
        members["SerialNumber"] = RegoNumber.Create(certificate.SerialNumber);
        members["NotBefore"] = GoJson.Time(certificate.NotBefore);
        members["NotAfter"] = GoJson.Time(certificate.NotAfter);
        members["KeyUsage"] = RegoNumber.Create(KeyUsage(certificate));
        var usages = ExtendedUsages(certificate);
        members["ExtKeyUsage"] = GoJson.Slice(usages.Select(oid => Array.IndexOf(Usages, oid)).Where(index => index >= 0)
            .Select(index => RegoNumber.Create(index)));
        members["UnknownExtKeyUsage"] = GoJson.Slice(usages.Where(oid => !Usages.Contains(oid)).Select(GoJson.Oid));
        members["BasicConstraintsValid"] = RegoValue.From(constraints is not null);
        members["IsCA"] = RegoValue.From(constraints?.IsAuthority ?? false);
        members["MaxPathLen"] = RegoNumber.Create(constraints is null ? 0 : constraints.Value.PathLength);
        members["MaxPathLenZero"] = RegoValue.From(constraints?.PathLength == 0);
        members["SubjectKeyId"] = certificate.Extension("2.5.29.14") is { } subject
            ? GoJson.Base64(new AsnReader(subject, AsnEncodingRules.DER).ReadOctetString()) : RegoValue.Null;
        members["AuthorityKeyId"] = AuthorityKey(certificate);
        members["CRLDistributionPoints"] = GoJson.Slice(DistributionPoints(certificate).Select(RegoString.Create));
        var access = Access(certificate);
        members["OCSPServer"] = GoJson.Slice(
            access.Where(each => each.Method == "1.3.6.1.5.5.7.48.1").Select(each => RegoString.Create(each.Url)));
        members["IssuingCertificateURL"] = GoJson.Slice(
            access.Where(each => each.Method == "1.3.6.1.5.5.7.48.2").Select(each => RegoString.Create(each.Url)));
        members["PolicyIdentifiers"] = GoJson.Slice(Policies(certificate).Select(GoJson.Oid));
        return Object(members);
    }

    /// <summary>A request for a certificate.</summary>
    public static RegoObject Request(X509Certificate request)
    {
        var members = Common(request);
        members.Remove("URIStrings");
        members["RawTBSCertificateRequest"] = GoJson.Base64(request.ToBeSigned.Span);
        return Object(members);
    }

    public static List<string> ExtendedUsages(X509Certificate certificate)
    {
        var usages = new List<string>();
        if (certificate.Extension("2.5.29.37") is { } extension)
        {
            var list = new AsnReader(extension, AsnEncodingRules.DER).ReadSequence();
            while (list.HasData)
            {
                usages.Add(list.ReadObjectIdentifier());
            }
        }

        return usages;
    }

    /// <summary>Bits as Go numbers them: digital signature is 1, signing of certificates 32.</summary>
    public static int KeyUsage(X509Certificate certificate)
    {
        if (certificate.Extension("2.5.29.15") is not { } extension)
        {
            return 0;
        }

        var bits = new AsnReader(extension, AsnEncodingRules.DER).ReadBitString(out _);
        var usage = 0;
        for (var bit = 0; bit < Math.Min(9, bits.Length * 8); bit++)
        {
            usage |= (bits[bit / 8] >> (7 - (bit % 8)) & 1) << bit;
        }

        return usage;
    }

    public static (bool IsAuthority, int PathLength)? BasicConstraints(X509Certificate certificate)
    {
        if (certificate.Extension("2.5.29.19") is not { } extension)
        {
            return null;
        }

        var constraints = new AsnReader(extension, AsnEncodingRules.DER).ReadSequence();
        var authority = constraints.HasData && constraints.PeekTag().HasSameClassAndValue(Asn1Tag.Boolean) && constraints.ReadBoolean();
        return (authority, !constraints.HasData ? -1 : constraints.TryReadInt32(out var length) && length >= 0 ? length
            : throw new AsnContentException("malformed path length"));
    }

    /// <summary>Alternative names of one kind: 1 mail, 2 DNS, 6 URI.</summary>
    public static IEnumerable<string> AlternativeNames(X509Certificate certificate, int kind) =>
        Alternatives(certificate).Where(name => name.Kind == kind).Select(name => Encoding.ASCII.GetString(name.Content.Span));

    public static IEnumerable<IPAddress> Addresses(X509Certificate certificate) => Alternatives(certificate)
        .Where(name => name.Kind == 7 && name.Content.Length is 4 or 16).Select(name => new IPAddress(name.Content.Span));

    private static Dictionary<string, RegoValue> Common(X509Certificate certificate) => new()
    {
        ["Raw"] = GoJson.Base64(certificate.Raw.Span),
        ["RawSubject"] = GoJson.Base64(certificate.Subject.Span),
        ["RawSubjectPublicKeyInfo"] = GoJson.Base64(certificate.PublicKeyInfo.Span),
        ["Signature"] = GoJson.Base64(certificate.Signature.Span),
        ["SignatureAlgorithm"] = RegoNumber.Create(s_signatures.GetValueOrDefault(certificate.SignatureOid)),
        ["PublicKeyAlgorithm"] = RegoNumber.Create(
            certificate.PublicKeyOid switch { "1.2.840.113549.1.1.1" => 1, "1.2.840.10045.2.1" => 3, "1.3.101.112" => 4, _ => 0 }),
        ["PublicKey"] = PublicKey(certificate),
        ["Version"] = RegoNumber.Create(certificate.Version),
        ["Subject"] = Name(certificate.Subject),
        ["Extensions"] = GoJson.Slice(certificate.Extensions.Select(extension => GoJson.Object(
            ("Id", GoJson.Oid(extension.Oid)), ("Critical", RegoValue.From(extension.Critical)),
            ("Value", GoJson.Base64(extension.Value.Span))))),
        ["DNSNames"] = GoJson.Slice(AlternativeNames(certificate, 2).Select(RegoString.Create)),
        ["EmailAddresses"] = GoJson.Slice(AlternativeNames(certificate, 1).Select(RegoString.Create)),
        ["IPAddresses"] = GoJson.Slice(Addresses(certificate).Select(address => RegoString.Create(address.ToString()))),
        ["URIStrings"] = GoJson.Slice(AlternativeNames(certificate, 6).Select(RegoString.Create)),
    };

    private static RegoObject Object(Dictionary<string, RegoValue> members) => RegoObject.Create(
        members.ToDictionary(member => (RegoValue)RegoString.Create(member.Key), member => member.Value));

    private static RegoValue PublicKey(X509Certificate certificate)
    {
        using var key = certificate.PublicKey();
        switch (key)
        {
            case RSA rsa:
                var numbers = rsa.ExportParameters(false);
                return GoJson.Object(("N", GoJson.Unsigned(numbers.Modulus)), ("E", GoJson.Unsigned(numbers.Exponent)));
            case ECDsa ec:
                var point = ec.ExportParameters(false);
                return GoJson.Object(
                    ("Curve", RegoObject.Empty), ("X", GoJson.Unsigned(point.Q.X)), ("Y", GoJson.Unsigned(point.Q.Y)));
            default:
                return RegoValue.Null;
        }
    }

    private static RegoObject Name(ReadOnlyMemory<byte> encoded)
    {
        var (parts, single) = (new List<(string Oid, string Value)>(), new Dictionary<string, string>());
        var sequence = new AsnReader(encoded, AsnEncodingRules.DER).ReadSequence();
        while (sequence.HasData)
        {
            var set = sequence.ReadSetOf();
            while (set.HasData)
            {
                var attribute = set.ReadSequence();
                var oid = attribute.ReadObjectIdentifier();
                var value = Text(attribute);
                parts.Add((oid, value));
                single[oid] = value;
            }
        }

        return GoJson.Object(
        [
            .. s_names.Select(name => (
                name.Name, GoJson.Slice(parts.Where(part => part.Oid == name.Oid).Select(part => RegoString.Create(part.Value))))),
            ("SerialNumber", RegoString.Create(single.GetValueOrDefault("2.5.4.5", ""))),
            ("CommonName", RegoString.Create(single.GetValueOrDefault("2.5.4.3", ""))),
            ("Names", GoJson.Slice(parts.Select(part => GoJson.Object(
                ("Type", GoJson.Oid(part.Oid)), ("Value", RegoString.Create(part.Value)))))),
            ("ExtraNames", RegoValue.Null),
        ]);
    }

    private static string Text(AsnReader reader)
    {
        var tag = reader.PeekTag();
        return tag.TagClass is TagClass.Universal && (UniversalTagNumber)tag.TagValue is UniversalTagNumber.UTF8String
            or UniversalTagNumber.PrintableString or UniversalTagNumber.IA5String or UniversalTagNumber.T61String
            or UniversalTagNumber.BMPString or UniversalTagNumber.NumericString or UniversalTagNumber.VisibleString
            ? reader.ReadCharacterString((UniversalTagNumber)tag.TagValue)
            : Convert.ToHexStringLower(reader.ReadEncodedValue().Span);
    }

    private static IEnumerable<(int Kind, ReadOnlyMemory<byte> Content)> Alternatives(X509Certificate certificate)
    {
        if (certificate.Extension("2.5.29.17") is not { } extension)
        {
            yield break;
        }

        var names = new AsnReader(extension, AsnEncodingRules.DER).ReadSequence();
        while (names.HasData)
        {
            var tag = names.PeekTag();
            yield return (tag.TagValue, tag.IsConstructed ? names.ReadEncodedValue() : names.ReadOctetString(tag));
        }
    }

    private static RegoValue AuthorityKey(X509Certificate certificate)
    {
        if (certificate.Extension("2.5.29.35") is not { } extension)
        {
            return RegoValue.Null;
        }

        var identifier = new AsnReader(extension, AsnEncodingRules.DER).ReadSequence();
        var tag = new Asn1Tag(TagClass.ContextSpecific, 0);
        return identifier.HasData && identifier.PeekTag().HasSameClassAndValue(tag) ? GoJson.Base64(identifier.ReadOctetString(tag))
            : RegoValue.Null;
    }

    private static List<(string Method, string Url)> Access(X509Certificate certificate)
    {
        var found = new List<(string Method, string Url)>();
        if (certificate.Extension("1.3.6.1.5.5.7.1.1") is { } extension)
        {
            var list = new AsnReader(extension, AsnEncodingRules.DER).ReadSequence();
            while (list.HasData)
            {
                var description = list.ReadSequence();
                var (method, tag) = (description.ReadObjectIdentifier(), description.PeekTag());
                if (tag is { TagClass: TagClass.ContextSpecific, TagValue: 6 })
                {
                    found.Add((method, description.ReadCharacterString(UniversalTagNumber.IA5String, tag)));
                }
            }
        }

        return found;
    }

    private static List<string> DistributionPoints(X509Certificate certificate)
    {
        var (found, first) = (new List<string>(), new Asn1Tag(TagClass.ContextSpecific, 0, isConstructed: true));
        if (certificate.Extension("2.5.29.31") is { } extension)
        {
            var list = new AsnReader(extension, AsnEncodingRules.DER).ReadSequence();
            while (list.HasData)
            {
                var point = list.ReadSequence();
                if (!point.HasData || !point.PeekTag().HasSameClassAndValue(first))
                {
                    continue;
                }

                var name = point.ReadSequence(first);
                var full = name.HasData && name.PeekTag().HasSameClassAndValue(first) ? name.ReadSequence(first) : null;
                while (full is { HasData: true })
                {
                    var tag = full.PeekTag();
                    if (tag.TagValue == 6)
                    {
                        found.Add(full.ReadCharacterString(UniversalTagNumber.IA5String, tag));
                    }
                    else
                    {
                        full.ReadEncodedValue();
                    }
                }
            }
        }

        return found;
    }

    private static List<string> Policies(X509Certificate certificate)
    {
        var found = new List<string>();
        if (certificate.Extension("2.5.29.32") is { } extension)
        {
            var list = new AsnReader(extension, AsnEncodingRules.DER).ReadSequence();
            while (list.HasData)
            {
                found.Add(list.ReadSequence().ReadObjectIdentifier());
            }
        }

        return found;
    }
}
