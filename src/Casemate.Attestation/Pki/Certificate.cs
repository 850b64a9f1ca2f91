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
internal sealed class Certificate
{
    /// <summary>The largest certificate accepted, in bytes.</summary>
    public const int MaxSize = 16 * 1024;

    private const int MaxExtensions = 64;

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

    /// <summary>Reads AlgorithmIdentifier content into one of the accepted schemes.</summary>
    internal static SignatureScheme ReadScheme(ReadOnlySpan<byte> algorithm)
    {
        var reader = new DerReader(algorithm);
        if (!reader.TryReadOid(out var oid))
        {
            return SignatureScheme.Unsupported;
        }

        if (oid.SequenceEqual(Oid.RsaPss))
        {
            return IsPssSha384(reader) ? SignatureScheme.RsaPssSha384 : SignatureScheme.Unsupported;
        }

        // ECDSA has no parameters, RSASSA-PKCS1-v1_5 has NULL (RFC 5758 section 3.2, RFC 4055 section 5).
        var isRsa = reader.TryRead(DerTag.Null, out var nothing) && nothing.IsEmpty;
        return !reader.IsEmpty ? SignatureScheme.Unsupported
            : !isRsa && oid.SequenceEqual(Oid.EcdsaSha256) ? SignatureScheme.EcdsaP256Sha256
            : !isRsa && oid.SequenceEqual(Oid.EcdsaSha384) ? SignatureScheme.EcdsaP384Sha384
            : isRsa && oid.SequenceEqual(Oid.RsaSha256) ? SignatureScheme.RsaPkcs1Sha256
            : isRsa && oid.SequenceEqual(Oid.RsaSha384) ? SignatureScheme.RsaPkcs1Sha384
            : isRsa && oid.SequenceEqual(Oid.RsaSha512) ? SignatureScheme.RsaPkcs1Sha512
            : SignatureScheme.Unsupported;
    }

    // RSASSA-PSS-params (RFC 4055 section 3.1): the defaults are SHA-1, so all of hash, mask and salt must be written out.
    private static bool IsPssSha384(DerReader reader)
    {
        if (!reader.TryReadSequence(out var parameters) || !reader.IsEmpty
            || !parameters.TryRead(DerTag.Context(0), out var hash) || !IsHashSha384(hash)
            || !parameters.TryRead(DerTag.Context(1), out var mask)
            || !parameters.TryRead(DerTag.Context(2), out var salt))
        {
            return false;
        }

        var maskReader = new DerReader(mask);
        if (!maskReader.TryReadSequence(out var maskAlgorithm) || !maskReader.IsEmpty
            || !maskAlgorithm.TryReadOid(out var mgf) || !mgf.SequenceEqual(Oid.Mgf1) || !IsHashSha384(maskAlgorithm.Rest))
        {
            return false;
        }

        var saltReader = new DerReader(salt);
        if (!saltReader.TryReadUInt32(DerTag.Integer, 1024, out var saltLength) || saltLength != 48 || !saltReader.IsEmpty)
        {
            return false;
        }

        if (parameters.IsEmpty)
        {
            return true;
        }

        // trailerField, value 1: DER leaves the default out, but AMD's certificates write it.
        if (!parameters.TryRead(DerTag.Context(3), out var trailer) || !parameters.IsEmpty)
        {
            return false;
        }

        var trailerReader = new DerReader(trailer);
        return trailerReader.TryReadUInt32(DerTag.Integer, 1, out var field) && field == 1 && trailerReader.IsEmpty;
    }

    private static bool IsHashSha384(ReadOnlySpan<byte> encoded)
    {
        var reader = new DerReader(encoded);
        if (!reader.TryReadSequence(out var algorithm) || !reader.IsEmpty
            || !algorithm.TryReadOid(out var oid) || !oid.SequenceEqual(Oid.Sha384))
        {
            return false;
        }

        return algorithm.IsEmpty || (algorithm.TryRead(DerTag.Null, out var nothing) && nothing.IsEmpty && algorithm.IsEmpty);
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

    private static string ReadFields(ReadOnlySpan<byte> der, out Fields fields)
    {
        fields = default;
        var outer = new DerReader(der);
        if (!outer.TryReadSequence(out var certificate) || !outer.IsEmpty)
        {
            return "not one DER certificate";
        }

        if (!certificate.TryReadValue(out var tbsTag, out var tbsContent, out var tbsEncoded) || tbsTag != DerTag.Sequence
            || !certificate.TryRead(DerTag.Sequence, out var algorithm)
            || !certificate.TryReadWholeBitString(out var signature) || !certificate.IsEmpty)
        {
            return "certificate is not SEQUENCE { tbsCertificate, signatureAlgorithm, signature }";
        }

        fields.Tbs = RangeOf(der, tbsEncoded);
        fields.Signature = RangeOf(der, signature);
        fields.Scheme = ReadScheme(algorithm);
        return ReadTbs(der, tbsContent, algorithm, ref fields);
    }

    private static string ReadTbs(ReadOnlySpan<byte> der, ReadOnlySpan<byte> content, ReadOnlySpan<byte> outerAlgorithm, ref Fields fields)
    {
        var tbs = new DerReader(content);
        if (!tbs.TryRead(DerTag.Context(0), out var version) || !version.SequenceEqual<byte>([0x02, 0x01, 0x02]))
        {
            return "certificate is not version 3";
        }

        if (!tbs.TryReadInteger(out var serial) || serial.Length > 21 || (serial[0] & 0x80) != 0)
        {
            return "serialNumber is not a positive integer of at most 20 octets";
        }

        fields.SerialNumber = RangeOf(der, serial.TrimStart((byte)0));
        if (!tbs.TryRead(DerTag.Sequence, out var algorithm) || !algorithm.SequenceEqual(outerAlgorithm))
        {
            return "signature algorithms inside and outside of tbsCertificate differ";
        }

        if (!tbs.TryReadValue(out var issuerTag, out _, out var issuer) || issuerTag != DerTag.Sequence
            || !tbs.TryReadSequence(out var validity)
            || !validity.TryReadTime(out var notBefore) || !validity.TryReadTime(out var notAfter) || !validity.IsEmpty
            || !tbs.TryReadValue(out var subjectTag, out _, out var subject) || subjectTag != DerTag.Sequence)
        {
            return "issuer, validity or subject is malformed";
        }

        (fields.Issuer, fields.Subject) = (RangeOf(der, issuer), RangeOf(der, subject));
        (fields.NotBefore, fields.NotAfter) = (notBefore, notAfter);
        if (!tbs.TryReadValue(out var spkiTag, out var spkiContent, out var spki) || spkiTag != DerTag.Sequence
            || !TryReadKey(spkiContent, out var kind, out var key))
        {
            return "subjectPublicKeyInfo is malformed";
        }

        (fields.Spki, fields.KeyKind, fields.PublicKey) = (RangeOf(der, spki), kind, RangeOf(der, key));
        if (!tbs.TryRead(DerTag.Context(3), out var wrapped) || !tbs.IsEmpty)
        {
            return "extensions are missing";
        }

        var wrapper = new DerReader(wrapped);
        if (!wrapper.TryRead(DerTag.Sequence, out var extensions) || !wrapper.IsEmpty)
        {
            return "extensions are malformed";
        }

        fields.Extensions = RangeOf(der, extensions);
        return ReadExtensions(extensions, ref fields);
    }

    private static bool TryReadKey(ReadOnlySpan<byte> spkiContent, out KeyKind kind, out ReadOnlySpan<byte> key)
    {
        kind = KeyKind.Unsupported;
        key = default;
        var reader = new DerReader(spkiContent);
        if (!reader.TryReadSequence(out var algorithm) || !algorithm.TryReadOid(out var oid)
            || !reader.TryReadWholeBitString(out key) || !reader.IsEmpty)
        {
            return false;
        }

        if (oid.SequenceEqual(Oid.Rsa))
        {
            kind = KeyKind.Rsa;
        }
        else if (oid.SequenceEqual(Oid.EcPublicKey) && algorithm.TryReadOid(out var curve) && algorithm.IsEmpty && key.Length > 0 && key[0] == 0x04)
        {
            kind = key.Length switch
            {
                65 when curve.SequenceEqual(Oid.P256) => KeyKind.P256,
                97 when curve.SequenceEqual(Oid.P384) => KeyKind.P384,
                _ => KeyKind.Unsupported,
            };
        }

        return true;
    }

    private static string ReadExtensions(ReadOnlySpan<byte> extensions, ref Fields fields)
    {
        Span<int> seen = stackalloc int[MaxExtensions];
        var (count, offset) = (0, 0);
        var list = new DerReader(extensions);
        while (!list.IsEmpty)
        {
            if (!TryReadExtension(ref list, out var oid, out var critical, out var value))
            {
                return $"extension {count + 1} is malformed";
            }

            // Each extension at most once (RFC 5280 section 4.2); the offsets of those already seen suffice to compare.
            foreach (var earlier in seen[..count])
            {
                var again = new DerReader(extensions[earlier..]);
                if (TryReadExtension(ref again, out var earlierOid, out _, out _) && earlierOid.SequenceEqual(oid))
                {
                    return $"extension {count + 1} repeats an earlier one";
                }
            }

            if (count == MaxExtensions)
            {
                return $"more than {MaxExtensions} extensions";
            }

            seen[count++] = offset;
            offset = extensions.Length - list.Rest.Length;
            if (oid.SequenceEqual(Oid.BasicConstraints))
            {
                if (!TryReadBasicConstraints(value, ref fields))
                {
                    return "basicConstraints is malformed";
                }
            }
            else if (oid.SequenceEqual(Oid.KeyUsage))
            {
                var usage = new DerReader(value);
                if (!usage.TryRead(DerTag.BitString, out var bits) || !usage.IsEmpty || bits.Length is < 2 or > 3)
                {
                    return "keyUsage is malformed";
                }

                fields.KeyUsages = (KeyUsages)bits[1];
            }
            else if (critical && !oid.SequenceEqual(Oid.SgxExtension))
            {
                fields.HasUnknownCriticalExtension = true;
            }
        }

        return "";
    }

    private static bool TryReadBasicConstraints(ReadOnlySpan<byte> value, ref Fields fields)
    {
        var reader = new DerReader(value);
        if (!reader.TryReadSequence(out var constraints) || !reader.IsEmpty)
        {
            return false;
        }

        if (constraints.PeekTag == DerTag.Boolean)
        {
            if (!constraints.TryReadBoolean(out var isCa))
            {
                return false;
            }

            fields.IsCa = isCa;
        }

        if (constraints.PeekTag == DerTag.Integer)
        {
            if (!constraints.TryReadUInt32(DerTag.Integer, 255, out var pathLength))
            {
                return false;
            }

            fields.PathLength = pathLength;
        }

        return constraints.IsEmpty;
    }

    private static Range RangeOf(ReadOnlySpan<byte> whole, ReadOnlySpan<byte> part)
    {
        if (!whole.Overlaps(part, out var start))
        {
            return 0..0;                                                    // an empty slice lies nowhere
        }

        return start..(start + part.Length);
    }

    private struct Fields
    {
        public Range Tbs, SerialNumber, Issuer, Subject, Spki, PublicKey, Signature, Extensions;
        public KeyKind KeyKind;
        public SignatureScheme Scheme;
        public DateTimeOffset NotBefore, NotAfter;
        public bool IsCa, HasUnknownCriticalExtension;
        public uint? PathLength;
        public KeyUsages KeyUsages;
    }
}
