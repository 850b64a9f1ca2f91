using System.Security.Cryptography;
using Casemate.Primitives.Cbor;

namespace Casemate.Primitives.Cose;

/// <summary>
/// The protected header of a COSE_Sign1 message that is to be signed; the algorithm follows from the key. Parameters that are null or empty
/// are left out. Source: RFC 9052 section 3.1, RFC 9360, RFC 9597.
/// </summary>
public sealed record CoseHeader
{
    private const int Sha256 = -16;

    /// <summary>Parameter 3: the media type of the payload.</summary>
    public string? ContentType { get; init; }

    /// <summary>Parameter 33 (x5chain): DER certificates, the signer's first.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> CertificateChain { get; init; } = [];

    /// <summary>Whether parameter 34 (x5t) names the signer's certificate by its SHA-256.</summary>
    public bool HasThumbprint { get; init; }

    /// <summary>Parameter 8: the encoded corim-meta-map of a signed CoRIM.</summary>
    public ReadOnlyMemory<byte> CorimMeta { get; init; }

    /// <summary>Parameter 15: issuer and subject as claims of a CBOR Web Token.</summary>
    public (string Issuer, string Subject)? Claims { get; init; }

    /// <summary>Parameters whose label and value are text.</summary>
    public IReadOnlyDictionary<string, string> Texts { get; init; } = new Dictionary<string, string>();

    /// <summary>The parameter <c>signingtime</c>: when the signer says that it signs.</summary>
    public DateTimeOffset? SigningTime { get; init; }

    /// <summary>The encoded map, its keys in deterministic order.</summary>
    internal byte[] Encode(int algorithm)
    {
        var pairs = new List<(byte[] Key, byte[] Value)> { (Int(1), Int(algorithm)) };
        if (ContentType is { } type)
        {
            pairs.Add((Int(3), new CborWriter().Text(type).ToArray()));
        }

        if (!CorimMeta.IsEmpty)
        {
            pairs.Add((Int(8), new CborWriter().Bytes(CorimMeta.Span).ToArray()));
        }

        if (Claims is { } claims)
        {
            pairs.Add((Int(15), new CborWriter().Map(2).Int(1).Text(claims.Issuer).Int(2).Text(claims.Subject).ToArray()));
        }

        AddChain(pairs);
        pairs.AddRange(Texts.Select(t => (new CborWriter().Text(t.Key).ToArray(), new CborWriter().Text(t.Value).ToArray())));
        if (SigningTime is { } time)
        {
            pairs.Add((new CborWriter().Text("signingtime").ToArray(), new CborWriter().Tag(1).Int(time.ToUnixTimeSeconds()).ToArray()));
        }

        pairs.Sort((a, b) => a.Key.AsSpan().SequenceCompareTo(b.Key));
        var map = new CborWriter().Map(pairs.Count);
        foreach (var (key, value) in pairs)
        {
            map.Encoded(key).Encoded(value);
        }

        return map.ToArray();
    }

    private void AddChain(List<(byte[] Key, byte[] Value)> pairs)
    {
        if (CertificateChain.Count == 0)
        {
            return;
        }

        var chain = new CborWriter();
        if (CertificateChain.Count > 1)
        {
            chain.Array(CertificateChain.Count);
        }

        foreach (var certificate in CertificateChain)
        {
            chain.Bytes(certificate.Span);
        }

        pairs.Add((Int(33), chain.ToArray()));
        if (HasThumbprint)
        {
            pairs.Add((Int(34), new CborWriter().Array(2).Int(Sha256).Bytes(SHA256.HashData(CertificateChain[0].Span)).ToArray()));
        }
    }

    private static byte[] Int(int value) => new CborWriter().Int(value).ToArray();
}
