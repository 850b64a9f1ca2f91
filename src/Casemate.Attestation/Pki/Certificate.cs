using System.Text;
using Casemate.Primitives.Asn1;

namespace Casemate.Attestation.Pki;

/// <summary>
/// A parsed X.509 certificate over a private copy of its DER: nothing in it is verified. Only what the chains of Intel and AMD
/// need. Source: RFC 5280 section 4.1.
/// </summary>
/// <remarks>
/// Own reader instead of <c>X509Certificate2</c> because loading one costs more than verifying a signature, and because the raw
/// issuer, subject and extension bytes are needed, which it only gives as copies. It is checked against it in the tests.
/// </remarks>
internal sealed partial class Certificate
{
    /// <summary>The largest certificate accepted, in bytes.</summary>
    public const int MaxSize = 16 * 1024;

    private readonly byte[] _der;
    private readonly Range _extensions;

    private Certificate(byte[] der, in Fields fields)
    {
        _der = der;
        _extensions = fields.Extensions;
        Tbs = der.AsMemory(fields.Tbs);
        SerialNumber = der.AsMemory(fields.SerialNumber);
        Issuer = der.AsMemory(fields.Issuer);
        Subject = der.AsMemory(fields.Subject);
        SubjectPublicKeyInfo = der.AsMemory(fields.Spki);
        PublicKey = der.AsMemory(fields.PublicKey);
        Signature = der.AsMemory(fields.Signature);
        (KeyKind, Scheme, NotBefore, NotAfter) = (fields.KeyKind, fields.Scheme, fields.NotBefore, fields.NotAfter);
        (IsCa, PathLength, KeyUsages, HasUnknownCriticalExtension) =
            (fields.IsCa, fields.PathLength, fields.KeyUsages, fields.HasUnknownCriticalExtension);
    }

    /// <summary>The whole certificate.</summary>
    public ReadOnlyMemory<byte> Der => _der;

    /// <summary>The signed part.</summary>
    public ReadOnlyMemory<byte> Tbs { get; }

    /// <summary>Serial number, unsigned, without leading zeros.</summary>
    public ReadOnlyMemory<byte> SerialNumber { get; }

    /// <summary>Raw issuer name.</summary>
    public ReadOnlyMemory<byte> Issuer { get; }

    /// <summary>Raw subject name.</summary>
    public ReadOnlyMemory<byte> Subject { get; }

    /// <summary>Raw SubjectPublicKeyInfo.</summary>
    public ReadOnlyMemory<byte> SubjectPublicKeyInfo { get; }

    /// <summary>The content of subjectPublicKey: for an EC key 0x04, x, y.</summary>
    public ReadOnlyMemory<byte> PublicKey { get; }

    /// <summary>The signature value.</summary>
    public ReadOnlyMemory<byte> Signature { get; }

    /// <summary>Kind of the subject's key.</summary>
    public KeyKind KeyKind { get; }

    /// <summary>How the certificate is signed.</summary>
    public SignatureScheme Scheme { get; }

    /// <summary>Start of validity, inclusive.</summary>
    public DateTimeOffset NotBefore { get; }

    /// <summary>End of validity, inclusive.</summary>
    public DateTimeOffset NotAfter { get; }

    /// <summary>basicConstraints cA; false when the extension is absent.</summary>
    public bool IsCa { get; }

    /// <summary>basicConstraints pathLenConstraint; null when absent.</summary>
    public uint? PathLength { get; }

    /// <summary>keyUsage.</summary>
    public KeyUsages KeyUsages { get; }

    /// <summary>True when a critical extension is none of basicConstraints, keyUsage and Intel's SGX extension.</summary>
    public bool HasUnknownCriticalExtension { get; }

    /// <summary>The subject's common name; empty when there is none.</summary>
    public string CommonName => ReadCommonName(Subject.Span);

    /// <summary>The issuer's common name; empty when there is none.</summary>
    public string IssuerCommonName => ReadCommonName(Issuer.Span);

    /// <summary>The extensions, to be read one by one with <see cref="TryReadExtension"/>; their form was checked when parsing.</summary>
    public DerReader Extensions => new(_der.AsSpan(_extensions));

    /// <summary>Parses one certificate.</summary>
    /// <param name="der">Exactly one certificate; bytes after it are refused.</param>
    /// <param name="certificate">The certificate, or null.</param>
    /// <param name="error">What is wrong; empty on success.</param>
    public static bool TryParse(ReadOnlySpan<byte> der, out Certificate? certificate, out string error)
    {
        certificate = null;
        if (der.Length > MaxSize)
        {
            error = $"certificate of {der.Length} bytes is larger than {MaxSize}";
            return false;
        }

        error = ReadFields(der, out var fields);
        if (error.Length > 0)
        {
            return false;
        }

        certificate = new Certificate(der.ToArray(), fields);
        return true;
    }

    /// <summary>True when <paramref name="now"/> is inside the validity, both ends included.</summary>
    public bool IsValidAt(DateTimeOffset now) => NotBefore <= now && now <= NotAfter;

    /// <summary>Finds an extension's value (the content of its OCTET STRING).</summary>
    public bool TryGetExtension(scoped ReadOnlySpan<byte> oid, out ReadOnlySpan<byte> value)
    {
        var extensions = Extensions;
        while (TryReadExtension(ref extensions, out var found, out _, out value))
        {
            if (found.SequenceEqual(oid))
            {
                return true;
            }
        }

        value = default;
        return false;
    }

    /// <summary>Reads one Extension of a list; false at the end or on malformed bytes.</summary>
    internal static bool TryReadExtension(
        scoped ref DerReader list, out ReadOnlySpan<byte> oid, out bool critical, out ReadOnlySpan<byte> value)
    {
        oid = value = default;
        critical = false;
        if (!list.TryReadSequence(out var extension) || !extension.TryReadOid(out oid))
        {
            return false;
        }

        if (extension.PeekTag == DerTag.Boolean && !extension.TryReadBoolean(out critical))
        {
            return false;
        }

        return extension.TryReadOctetString(out value) && extension.IsEmpty;
    }

    /// <summary>The common name in a raw distinguished name; empty when there is none.</summary>
    internal static string ReadCommonName(ReadOnlySpan<byte> name)
    {
        var reader = new DerReader(name);
        if (!reader.TryReadSequence(out var relativeNames))
        {
            return "";
        }

        while (relativeNames.TryRead(DerTag.Set, out var set))
        {
            var attributes = new DerReader(set);
            while (attributes.TryReadSequence(out var attribute))
            {
                if (attribute.TryReadOid(out var oid) && oid.SequenceEqual(Oid.CommonName)
                    && attribute.TryReadValue(out var tag, out var text, out _)
                    && tag is DerTag.Utf8String or DerTag.PrintableString or DerTag.Ia5String)
                {
                    return Encoding.UTF8.GetString(text);
                }
            }
        }

        return "";
    }
}
