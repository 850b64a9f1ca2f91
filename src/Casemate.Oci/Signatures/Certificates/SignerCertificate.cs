using System.Diagnostics.CodeAnalysis;
using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Casemate.Primitives.Asn1;

namespace Casemate.Oci.Signatures;

/// <summary>
/// The certificate of a signer as Fulcio makes them: who signed in the alternative name, who vouches in an extension.
/// Source: sigstore, Fulcio, docs/oid-info.md and docs/certificate-specification.md.
/// </summary>
internal sealed class SignerCertificate
{
    private const string SubjectAlternativeName = "2.5.29.17";
    private const string IssuerV2 = "1.3.6.1.4.1.57264.1.8";
    private const string IssuerV1 = "1.3.6.1.4.1.57264.1.1";
    private const string Timestamps = "1.3.6.1.4.1.11129.2.4.2";
    private const int MailTag = 0x81;
    private const int UriTag = 0x86;
    private const int OtherTag = 0xA0;

    // 1.3.6.1.4.1.57264.1.7: a user name, of issuers that know no mail addresses.
    private static readonly byte[] s_userName = [0x2B, 0x06, 0x01, 0x04, 0x01, 0x83, 0xBF, 0x30, 0x01, 0x07];

    private SignerCertificate(X509Certificate2 certificate, SignatureKey key) => (Certificate, Key) = (certificate, key);

    /// <summary>The certificate.</summary>
    public X509Certificate2 Certificate { get; }

    /// <summary>The certified key.</summary>
    public SignatureKey Key { get; }

    /// <summary>Who signed; null when there is not exactly one name.</summary>
    public string? Identity { get; private init; }

    /// <summary>Who vouches for the identity; null when the certificate does not say, or says two things.</summary>
    public string? Issuer { get; private init; }

    /// <summary>The promises of certificate logs, as the TLS structure; empty when there are none.</summary>
    public ReadOnlyMemory<byte> Promises { get; private init; }

    /// <summary>Reads a certificate.</summary>
    public static bool TryRead(ReadOnlySpan<byte> der, [NotNullWhen(true)] out SignerCertificate? signer, [NotNullWhen(false)] out string? problem)
    {
        signer = null;
        if (!TryLoad(der, out var certificate, out problem))
        {
            return false;
        }

        if (!SignatureKey.TryRead(certificate.PublicKey.ExportSubjectPublicKeyInfo(), out var key, out problem))
        {
            certificate.Dispose();
            return false;
        }

        signer = new SignerCertificate(certificate, key)
        {
            Identity = Extension(certificate, SubjectAlternativeName) is { } names ? ReadIdentity(names.Span) : null,
            Issuer = ReadIssuer(certificate),
            Promises = Extension(certificate, Timestamps) is { } list && new DerReader(list.Span).TryReadOctetString(out var promises)
                ? promises.ToArray() : default,
        };
        return true;
    }

    /// <summary>Loads a certificate; every byte must belong to it.</summary>
    public static bool TryLoad(ReadOnlySpan<byte> der, [NotNullWhen(true)] out X509Certificate2? certificate, [NotNullWhen(false)] out string? problem)
    {
        certificate = null;
        problem = null;
        var reader = new DerReader(der);
        if (!reader.TryRead(DerTag.Sequence, out _) || !reader.IsEmpty)
        {
            problem = "it is not a certificate";
            return false;
        }

        try
        {
            certificate = X509CertificateLoader.LoadCertificate(der);
            return true;
        }
        catch (CryptographicException)
        {
            problem = "it is not a certificate";
            return false;
        }
    }

    /// <summary>
    /// The part of the certificate that a certificate log signed: without the promises, which did not exist then (RFC 6962 §3.2).
    /// Null when the certificate is not built as RFC 5280 says.
    /// </summary>
    public byte[]? TbsWithoutPromises()
    {
        if (!new DerReader(Certificate.RawData).TryReadSequence(out var outer) || !outer.TryReadSequence(out var tbs))
        {
            return null;
        }

        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            while (!tbs.IsEmpty)
            {
                if (!tbs.TryReadValue(out var tag, out var content, out var encoded))
                {
                    return null;
                }

                if (tag != 0xA3)
                {
                    writer.WriteEncodedValue(encoded);
                }
                else if (!WriteOtherExtensions(writer, content))
                {
                    return null;
                }
            }
        }

        return writer.Encode();
    }

    private static bool WriteOtherExtensions(AsnWriter writer, ReadOnlySpan<byte> content)
    {
        if (!new DerReader(content).TryReadSequence(out var extensions))
        {
            return false;
        }

        using var explicitTag = writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 3));
        using var sequence = writer.PushSequence();
        while (!extensions.IsEmpty)
        {
            if (!extensions.TryReadValue(out _, out var extension, out var encoded) || !new DerReader(extension).TryReadOid(out var oid))
            {
                return false;
            }

            if (!oid.SequenceEqual<byte>([0x2B, 0x06, 0x01, 0x04, 0x01, 0xD6, 0x79, 0x02, 0x04, 0x02]))
            {
                writer.WriteEncodedValue(encoded);
            }
        }

        return true;
    }

    private static ReadOnlyMemory<byte>? Extension(X509Certificate2 certificate, string oid)
    {
        var found = certificate.Extensions.Where(extension => extension.Oid?.Value == oid).ToList();
        return found.Count == 1 ? (ReadOnlyMemory<byte>?)found[0].RawData : null;
    }

    private static string? ReadIdentity(ReadOnlySpan<byte> names)
    {
        if (!new DerReader(names).TryReadSequence(out var list) || !list.TryReadValue(out var tag, out var content, out _) || !list.IsEmpty)
        {
            return null;
        }

        if (tag is MailTag or UriTag)
        {
            return content.ContainsAnyExceptInRange((byte)' ', (byte)'~') ? null : Encoding.ASCII.GetString(content);
        }

        if (tag != OtherTag)
        {
            return null;
        }

        var other = new DerReader(content);
        return other.TryReadOid(out var oid) && oid.SequenceEqual(s_userName) && other.TryRead(0xA0, out var value)
            && new DerReader(value).TryRead(DerTag.Utf8String, out var name) ? PlainText(name) : null;
    }

    // The newer extension is a DER string, the older one holds the text itself. Where both are, they must agree.
    private static string? ReadIssuer(X509Certificate2 certificate)
    {
        var newer = Extension(certificate, IssuerV2) is { } v2
            ? new DerReader(v2.Span).TryRead(DerTag.Utf8String, out var text) ? PlainText(text) ?? "" : ""
            : null;
        var older = Extension(certificate, IssuerV1) is { } v1 ? PlainText(v1.Span) ?? "" : null;
        return (newer, older) switch
        {
            ("", _) or (_, "") => null,
            ({ } a, { } b) => a == b ? a : null,
            _ => newer ?? older,
        };
    }

    private static string? PlainText(ReadOnlySpan<byte> utf8)
    {
        if (!System.Text.Unicode.Utf8.IsValid(utf8))
        {
            return null;
        }

        var text = Encoding.UTF8.GetString(utf8);
        return text.Any(char.IsControl) ? null : text;
    }
}
