using System.Formats.Asn1;
using System.Numerics;
using System.Security.Cryptography;

namespace Casemate.Attestation.Bench.Baseline;

/// <summary>A certificate revocation list, read with <see cref="AsnReader"/>: the framework's own loader does not give the signed part.</summary>
internal sealed class RevocationList
{
    private readonly ReadOnlyMemory<byte> _signedPart;
    private readonly byte[] _signature;
    private readonly ReadOnlyMemory<byte> _issuer;
    private readonly DateTimeOffset _thisUpdate, _nextUpdate;
    private readonly HashSet<BigInteger> _serials = [];

    public RevocationList(ReadOnlyMemory<byte> der)
    {
        (_signedPart, _signature) = ParsedCertificate.SplitSigned(der);
        var list = new AsnReader(_signedPart, AsnEncodingRules.DER).ReadSequence();
        _ = list.ReadInteger();
        _ = list.ReadEncodedValue();
        _issuer = list.ReadEncodedValue();
        _thisUpdate = list.ReadUtcTime();
        _nextUpdate = list.ReadUtcTime();
        if (list.HasData && list.PeekTag() == Asn1Tag.Sequence)
        {
            for (var entries = list.ReadSequence(); entries.HasData;)
            {
                _serials.Add(entries.ReadSequence().ReadInteger());
            }
        }
    }

    public bool IsValid(ParsedCertificate issuer, DateTimeOffset now) =>
        _thisUpdate <= now && now <= _nextUpdate
        && _issuer.Span.SequenceEqual(issuer.Certificate.SubjectName.RawData)
        && issuer.EcdsaKey.VerifyData(_signedPart.Span, _signature, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);

    public bool Revokes(ParsedCertificate certificate) => _serials.Contains(new BigInteger(certificate.Serial, isBigEndian: true));
}
