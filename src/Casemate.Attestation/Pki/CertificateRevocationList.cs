using System.Buffers.Text;
using Casemate.Primitives.Asn1;

namespace Casemate.Attestation.Pki;

/// <summary>A parsed CRL, version 2: nothing in it is verified. Source: RFC 5280 section 5.1.</summary>
internal sealed class CertificateRevocationList
{
    /// <summary>The largest CRL accepted, in bytes of DER.</summary>
    public const int MaxSize = 4 * 1024 * 1024;

    private readonly ReadOnlyMemory<byte>[] _serials;

    private CertificateRevocationList(
        ReadOnlyMemory<byte> tbs, ReadOnlyMemory<byte> issuer, SignatureScheme scheme, ReadOnlyMemory<byte> signature,
        DateTimeOffset thisUpdate, DateTimeOffset nextUpdate, ReadOnlyMemory<byte>[] serials)
    {
        (Tbs, Issuer, Scheme, Signature) = (tbs, issuer, scheme, signature);
        (ThisUpdate, NextUpdate, _serials) = (thisUpdate, nextUpdate, serials);
    }

    /// <summary>The signed part.</summary>
    public ReadOnlyMemory<byte> Tbs { get; }

    /// <summary>Raw issuer name.</summary>
    public ReadOnlyMemory<byte> Issuer { get; }

    /// <summary>How the CRL is signed.</summary>
    public SignatureScheme Scheme { get; }

    /// <summary>The signature value.</summary>
    public ReadOnlyMemory<byte> Signature { get; }

    /// <summary>Start of the window, inclusive.</summary>
    public DateTimeOffset ThisUpdate { get; }

    /// <summary>End of the window, inclusive.</summary>
    public DateTimeOffset NextUpdate { get; }

    /// <summary>True when CRL number and authority key identifier are there, as RFC 5280 section 5.2 asks of every CA.</summary>
    public bool HasNumberAndAuthority { get; private init; }

    /// <summary>The number of revoked certificates.</summary>
    public int Count => _serials.Length;

    /// <summary>True when the certificate with this serial number (unsigned, no leading zeros) is revoked.</summary>
    public bool Revokes(ReadOnlySpan<byte> serial)
    {
        var (low, high) = (0, _serials.Length - 1);
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            var order = Compare(_serials[middle].Span, serial);
            if (order == 0)
            {
                return true;
            }

            (low, high) = order < 0 ? (middle + 1, high) : (low, middle - 1);
        }

        return false;
    }

    /// <summary>Parses a CRL from DER, from PEM, or from hex text of DER, as Intel's and PCCS services give it.</summary>
    public static bool TryParse(ReadOnlySpan<byte> encoded, out CertificateRevocationList? crl, out string error)
    {
        crl = null;
        if (encoded.Length > MaxSize * 2)
        {
            error = $"CRL of {encoded.Length} bytes is larger than {MaxSize}";
            return false;
        }

        if (!TryDecode(encoded, out var der))
        {
            error = "not a CRL in DER, PEM or hex";
            return false;
        }

        error = ReadCrl(der, out crl);
        return error.Length == 0;
    }

    private static bool TryDecode(ReadOnlySpan<byte> encoded, out byte[] der)
    {
        der = [];
        var text = encoded.Trim(" \t\r\n\0"u8);
        if (text.IsEmpty)
        {
            return false;
        }

        // DER starts with 0x30, which is the digit 0; hex text of DER starts with the digit 3, PEM with a dash.
        if (encoded[0] == DerTag.Sequence)
        {
            der = encoded.ToArray();
            return true;
        }

        if (text.StartsWith("-----BEGIN"u8))
        {
            if (!PemBlock.TryFindNext(ref text, out var block, out var fields) || !block[fields.Label].SequenceEqual("X509 CRL"u8))
            {
                return false;
            }

            der = new byte[fields.DecodedDataLength];
            return Base64.DecodeFromUtf8(block[fields.Base64Data], der, out _, out var written) == System.Buffers.OperationStatus.Done
                && written == der.Length;
        }

        der = new byte[text.Length / 2];
        return (text.Length & 1) == 0
            && Convert.FromHexString(text, der, out _, out _) == System.Buffers.OperationStatus.Done;
    }

    private static string ReadCrl(byte[] der, out CertificateRevocationList? crl)
    {
        crl = null;
        if (der.Length > MaxSize)
        {
            return $"CRL of {der.Length} bytes is larger than {MaxSize}";
        }

        var outer = new DerReader(der);
        if (!outer.TryReadSequence(out var list) || !outer.IsEmpty
            || !list.TryReadValue(out var tbsTag, out var tbsContent, out var tbsEncoded) || tbsTag != DerTag.Sequence
            || !list.TryRead(DerTag.Sequence, out var algorithm)
            || !list.TryReadWholeBitString(out var signature) || !list.IsEmpty)
        {
            return "not one DER CRL";
        }

        var tbs = new DerReader(tbsContent);
        if (!tbs.TryReadUInt32(DerTag.Integer, 255, out var version) || version != 1)
        {
            return "CRL is not version 2";
        }

        if (!tbs.TryRead(DerTag.Sequence, out var innerAlgorithm) || !innerAlgorithm.SequenceEqual(algorithm))
        {
            return "signature algorithms inside and outside of tbsCertList differ";
        }

        if (!tbs.TryReadValue(out var issuerTag, out _, out var issuer) || issuerTag != DerTag.Sequence
            || !tbs.TryReadTime(out var thisUpdate))
        {
            return "issuer or thisUpdate is malformed";
        }

        if (!tbs.TryReadTime(out var nextUpdate))
        {
            return "nextUpdate is missing";
        }

        ReadOnlyMemory<byte>[] serials = [];
        if (tbs.PeekTag == DerTag.Sequence && (!tbs.TryReadSequence(out var revoked) || !TryReadRevoked(der, revoked, out serials)))
        {
            return "revokedCertificates is malformed or has an unknown critical extension";
        }

        if (!tbs.TryRead(DerTag.Context(0), out var wrapped) || !tbs.IsEmpty || !TryReadExtensions(wrapped, out var hasNumberAndAuthority))
        {
            return "the extensions are malformed, or an unknown one is critical";
        }

        crl = new CertificateRevocationList(
            Part(der, tbsEncoded), Part(der, issuer), AlgorithmIdentifier.ReadScheme(algorithm), Part(der, signature), thisUpdate,
            nextUpdate, serials)
        {
            HasNumberAndAuthority = hasNumberAndAuthority,
        };
        return "";
    }

    private static bool TryReadRevoked(byte[] der, DerReader revoked, out ReadOnlyMemory<byte>[] serials)
    {
        var found = new List<ReadOnlyMemory<byte>>();
        serials = [];
        while (!revoked.IsEmpty)
        {
            if (!revoked.TryReadSequence(out var entry) || !entry.TryReadInteger(out var serial) || !entry.TryReadTime(out _))
            {
                return false;
            }

            if (!entry.IsEmpty)
            {
                if (!entry.TryReadSequence(out var extensions) || !entry.IsEmpty)
                {
                    return false;
                }

                // reasonCode and invalidityDate are never critical; a critical entry extension changes what the entry means.
                while (!extensions.IsEmpty)
                {
                    if (!Certificate.TryReadExtension(ref extensions, out _, out var critical, out _) || critical)
                    {
                        return false;
                    }
                }
            }

            found.Add(Part(der, serial.TrimStart((byte)0)));
        }

        serials = [.. found];
        Array.Sort(serials, (a, b) => Compare(a.Span, b.Span));
        return true;
    }

    private static bool TryReadExtensions(ReadOnlySpan<byte> wrapped, out bool hasNumberAndAuthority)
    {
        hasNumberAndAuthority = false;
        var wrapper = new DerReader(wrapped);
        if (!wrapper.TryReadSequence(out var extensions) || !wrapper.IsEmpty)
        {
            return false;
        }

        var (number, authority) = (false, false);
        while (!extensions.IsEmpty)
        {
            if (!Certificate.TryReadExtension(ref extensions, out var oid, out var critical, out _))
            {
                return false;
            }

            if (oid.SequenceEqual(Oid.CrlNumber))
            {
                number = true;
            }
            else if (oid.SequenceEqual(Oid.AuthorityKeyIdentifier))
            {
                authority = true;
            }
            else if (critical)
            {
                return false;                                               // a delta or partitioned CRL does not list everything
            }
        }

        hasNumberAndAuthority = number && authority;
        return true;
    }

    // Unsigned numbers without leading zeros: the longer one is the larger one.
    private static int Compare(ReadOnlySpan<byte> a, ReadOnlySpan<byte> b) =>
        a.Length != b.Length ? a.Length.CompareTo(b.Length) : a.SequenceCompareTo(b);

    private static ReadOnlyMemory<byte> Part(byte[] der, ReadOnlySpan<byte> part) =>
        der.AsSpan().Overlaps(part, out var start) ? der.AsMemory(start, part.Length) : default;
}
