using Casemate.Primitives.Asn1;

namespace Casemate.Attestation.Pki;

// From DER to fields: each is found as a range of the input and its form checked, before anything is copied.
internal sealed partial class Certificate
{
    private const int MaxExtensions = 64;

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
        fields.Scheme = AlgorithmIdentifier.ReadScheme(algorithm);
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
        else if (oid.SequenceEqual(Oid.EcPublicKey) && algorithm.TryReadOid(out var curve) && algorithm.IsEmpty
            && key.Length > 0 && key[0] == 0x04)
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
