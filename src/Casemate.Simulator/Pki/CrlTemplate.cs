using System.Formats.Asn1;

namespace Casemate.Simulator.Pki;

/// <summary>The content of a revocation list (version 2) before it is signed.</summary>
internal sealed record CrlTemplate
{
    private const int ReasonKeyCompromise = 1;

    public required DistinguishedName Issuer { get; init; }

    /// <summary>The key that the authority key identifier names.</summary>
    public required SigningKey IssuerKey { get; init; }

    public required DateTimeOffset ThisUpdate { get; init; }

    public required DateTimeOffset NextUpdate { get; init; }

    /// <summary>Revoked serial numbers, unsigned big endian.</summary>
    public required IReadOnlyList<byte[]> RevokedSerials { get; init; }

    /// <summary>Applies the changes, encodes and signs. Source: RFC 5280 section 5.1.</summary>
    /// <param name="signer">Usually <see cref="IssuerKey"/>.</param>
    /// <param name="changes">How the list departs from its proper form.</param>
    public byte[] Sign(SigningKey signer, CrlChanges changes)
    {
        foreach (var serial in changes.AddedSerialNumbers)
        {
            FieldSize.RequireRange(serial, 1, 20, nameof(changes.AddedSerialNumbers));
        }

        var body = Extensions.Encode(w => WriteBody(w, signer, changes));
        return CertificateTemplate.Signed(body, signer);
    }

    private void WriteBody(AsnWriter writer, SigningKey signer, CrlChanges changes)
    {
        var thisUpdate = changes.ThisUpdate ?? ThisUpdate;
        using (writer.PushSequence())
        {
            writer.WriteInteger(1);                                        // v2
            signer.WriteAlgorithm(writer);
            Issuer.With(Oids.CommonName, changes.IssuerCommonName).Write(writer);
            CertificateTemplate.WriteTime(writer, thisUpdate);
            CertificateTemplate.WriteTime(writer, changes.NextUpdate ?? NextUpdate);
            WriteEntries(writer, [.. RevokedSerials, .. changes.AddedSerialNumbers], thisUpdate);
            WriteExtensions(writer, changes);
        }
    }

    // An empty list of entries is left out: RFC 5280 section 5.1.2.6.
    private static void WriteEntries(AsnWriter writer, byte[][] serials, DateTimeOffset revokedAt)
    {
        if (serials.Length == 0)
        {
            return;
        }

        using (writer.PushSequence())
        {
            foreach (var serial in serials)
            {
                using (writer.PushSequence())
                {
                    CertificateTemplate.WriteSerial(writer, serial);
                    CertificateTemplate.WriteTime(writer, revokedAt);
                    using (writer.PushSequence())
                    using (writer.PushSequence())
                    {
                        writer.WriteObjectIdentifier(Oids.CrlReason);
                        writer.WriteOctetString([0x0A, 0x01, ReasonKeyCompromise]);
                    }
                }
            }
        }
    }

    private void WriteExtensions(AsnWriter writer, CrlChanges changes)
    {
        if (changes is { OmitCrlNumber: true, OmitAuthorityKeyIdentifier: true })
        {
            return;
        }

        using (writer.PushSequence(new Asn1Tag(TagClass.ContextSpecific, 0, isConstructed: true)))
        using (writer.PushSequence())
        {
            if (!changes.OmitCrlNumber)
            {
                Write(writer, Oids.CrlNumber, [0x02, 0x01, 0x01]);
            }

            if (!changes.OmitAuthorityKeyIdentifier)
            {
                Write(writer, Oids.AuthorityKeyIdentifier, Extensions.AuthorityKeyIdentifier(IssuerKey).Value);
            }
        }
    }

    private static void Write(AsnWriter writer, string oid, byte[] value)
    {
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier(oid);
            writer.WriteOctetString(value);
        }
    }
}
