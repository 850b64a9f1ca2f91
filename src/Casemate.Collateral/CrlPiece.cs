using Casemate.Primitives.Asn1;

namespace Casemate.Collateral;

/// <summary>A certificate revocation list as far as sorting needs it. Nothing of it is verified here.</summary>
internal sealed record CrlPiece(
    ReadOnlyMemory<byte> Der, X509Name Issuer, DateTimeOffset ThisUpdate, DateTimeOffset? NextUpdate, string Location)
{
    /// <summary>Reads one DER revocation list that fills <paramref name="der"/> exactly. RFC 5280 section 5.1.</summary>
    public static bool TryRead(ReadOnlyMemory<byte> der, string location, out CrlPiece? crl)
    {
        crl = null;
        var outer = new DerReader(der.Span);
        if (!outer.TryReadSequence(out var list) || !outer.IsEmpty || !list.TryReadSequence(out var body))
        {
            return false;
        }

        _ = body.TryReadInteger(out _);                                     // version
        if (!body.TryReadSequence(out _) || !X509Name.TryRead(ref body, out var issuer) || !body.TryReadTime(out var thisUpdate))
        {
            return false;
        }

        DateTimeOffset? nextUpdate = body.TryReadTime(out var next) ? next : null;
        crl = new CrlPiece(der, issuer, thisUpdate, nextUpdate, location);
        return true;
    }
}
