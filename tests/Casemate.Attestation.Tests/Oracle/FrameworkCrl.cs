using System.Formats.Asn1;
using System.Numerics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Casemate.Attestation.Tests.Oracle;

/// <summary>A revocation list read slowly with the base library's ASN.1 reader. Source: RFC 5280 section 5.1.</summary>
internal sealed class FrameworkCrl
{
    private readonly byte[] _tbs;
    private readonly byte[] _signature;
    private readonly string _algorithm;
    private readonly HashSet<BigInteger> _revoked = [];
    private readonly HashSet<string> _extensions = [];

    private FrameworkCrl(byte[] der)
    {
        var list = new AsnReader(der, AsnEncodingRules.DER);
        var outer = list.ReadSequence();
        list.ThrowIfNotEmpty();
        _tbs = outer.PeekEncodedValue().ToArray();
        var tbs = outer.ReadSequence();
        var algorithm = outer.PeekEncodedValue().ToArray();
        _algorithm = outer.ReadSequence().ReadObjectIdentifier();
        _signature = outer.ReadBitString(out var unusedBits);
        outer.ThrowIfNotEmpty();
        if (unusedBits != 0)
        {
            // The reader allows unused bits that are zero, so whether a list parsed hung on the last bits of a random signature.
            throw new AsnContentException("signature of no whole number of bytes");
        }

        if (tbs.ReadInteger() != 1 || !tbs.ReadEncodedValue().Span.SequenceEqual(algorithm))
        {
            throw new AsnContentException("version or algorithm");
        }

        Issuer = tbs.ReadEncodedValue().ToArray();
        (ThisUpdate, NextUpdate) = (ReadTime(tbs), ReadTime(tbs));
        if (tbs.PeekTag().HasSameClassAndValue(Asn1Tag.Sequence))
        {
            var entries = tbs.ReadSequence();
            while (entries.HasData)
            {
                _revoked.Add(entries.ReadSequence().ReadInteger());
            }
        }

        var extensions = tbs.ReadSequence(new Asn1Tag(TagClass.ContextSpecific, 0)).ReadSequence();
        tbs.ThrowIfNotEmpty();
        while (extensions.HasData)
        {
            _extensions.Add(extensions.ReadSequence().ReadObjectIdentifier());
        }
    }

    private byte[] Issuer { get; }

    private DateTimeOffset ThisUpdate { get; }

    private DateTimeOffset NextUpdate { get; }

    /// <summary>Reads a list; null when it is malformed.</summary>
    public static FrameworkCrl? TryRead(byte[] der)
    {
        try
        {
            return new FrameworkCrl(der);
        }
        catch (Exception e) when (e is AsnContentException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>True when the list is the issuer's, complete, in force, and does not name any of the certificates.</summary>
    public bool Clears(X509Certificate2 issuer, DateTimeOffset at, params ReadOnlySpan<X509Certificate2> certificates)
    {
        var fits = Issuer.AsSpan().SequenceEqual(issuer.SubjectName.RawData) && _extensions.Contains("2.5.29.20")
            && _extensions.Contains("2.5.29.35") && ThisUpdate <= at && at <= NextUpdate && IsSignedBy(issuer);
        foreach (var certificate in certificates)
        {
            fits &= !_revoked.Contains(new BigInteger(certificate.SerialNumberBytes.Span, isUnsigned: true, isBigEndian: true));
        }

        return fits;
    }

    private static DateTimeOffset ReadTime(AsnReader reader) =>
        reader.PeekTag().HasSameClassAndValue(Asn1Tag.UtcTime) ? reader.ReadUtcTime() : reader.ReadGeneralizedTime();

    private bool IsSignedBy(X509Certificate2 issuer)
    {
        if (FrameworkChain.TryReadKey(issuer) is { } ec)
        {
            return _algorithm == "1.2.840.10045.4.3.2"
                && ec.VerifyData(_tbs, _signature, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
        }

        return _algorithm == "1.2.840.113549.1.1.10" && issuer.GetRSAPublicKey() is { } rsa
            && rsa.VerifyData(_tbs, _signature, HashAlgorithmName.SHA384, RSASignaturePadding.Pss);
    }
}
