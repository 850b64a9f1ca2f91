using Casemate.Primitives.Asn1;

namespace Casemate.Collateral;

/// <summary>
/// A certificate as far as sorting needs it: who it is about, who issued it, when. Nothing of it is verified here; that is the
/// verifier's work on the same bytes.
/// </summary>
internal sealed record CertificatePiece(
    ReadOnlyMemory<byte> Der, X509Name Subject, X509Name Issuer, DateTimeOffset NotBefore, DateTimeOffset NotAfter, string Location)
{
    /// <summary>Whether it names itself as its issuer, as a root does.</summary>
    public bool IsSelfIssued => Subject.Is(Issuer);

    /// <summary>Reads one DER certificate that fills <paramref name="der"/> exactly.</summary>
    public static bool TryRead(ReadOnlyMemory<byte> der, string location, out CertificatePiece? certificate)
    {
        certificate = null;
        if (!TryOpen(der.Span, out var body, out var issuer, out var notBefore, out var notAfter) || !X509Name.TryRead(ref body, out var subject)
            || body.PeekTag != DerTag.Sequence)
        {
            return false;
        }

        certificate = new CertificatePiece(der, subject, issuer, notBefore, notAfter, location);
        return true;
    }

    /// <summary>Finds the content of an extension by its object identifier; false when the certificate has none such.</summary>
    public bool TryFindExtension(ReadOnlySpan<byte> oid, out ReadOnlySpan<byte> value)
    {
        value = default;
        if (!TryOpen(Der.Span, out var body, out _, out _, out _) || !body.TryReadSequence(out _) || !body.TryReadSequence(out _))
        {
            return false;
        }

        while (body.PeekTag is 0x81 or 0x82)                                // issuerUniqueID, subjectUniqueID
        {
            if (!body.TryReadValue(out _, out _, out _))
            {
                return false;
            }
        }

        if (!body.TryRead(DerTag.Context(3), out var wrapped) || !new DerReader(wrapped).TryReadSequence(out var extensions))
        {
            return false;
        }

        while (!extensions.IsEmpty)
        {
            if (!extensions.TryReadSequence(out var extension) || !extension.TryReadOid(out var id))
            {
                return false;
            }

            _ = extension.TryReadBoolean(out _);                            // critical
            if (!extension.TryReadOctetString(out var content))
            {
                return false;
            }

            if (id.SequenceEqual(oid))
            {
                value = content;
                return true;
            }
        }

        return false;
    }

    // Leaves the reader at the subject. RFC 5280 section 4.1.
    private static bool TryOpen(
        ReadOnlySpan<byte> der, out DerReader body, out X509Name issuer, out DateTimeOffset notBefore, out DateTimeOffset notAfter)
    {
        body = default;
        issuer = new X509Name([], "");
        notBefore = notAfter = default;
        var outer = new DerReader(der);
        if (!outer.TryReadSequence(out var certificate) || !outer.IsEmpty || !certificate.TryReadSequence(out body))
        {
            return false;
        }

        _ = body.TryRead(DerTag.Context(0), out _);                         // version
        if (!body.TryReadInteger(out _) || !body.TryReadSequence(out _) || !X509Name.TryRead(ref body, out issuer)
            || !body.TryReadSequence(out var validity))
        {
            return false;
        }

        return validity.TryReadTime(out notBefore) && validity.TryReadTime(out notAfter);
    }
}
