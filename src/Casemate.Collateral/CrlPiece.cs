using Casemate.Attestation.Pki;

namespace Casemate.Collateral;

/// <summary>A revocation list with its bytes and the place where it was found. Nothing of it is verified here.</summary>
internal sealed record CrlPiece(CertificateRevocationList List, ReadOnlyMemory<byte> Der, string Location)
{
    /// <summary>The issuer's common name.</summary>
    public string IssuerName => Certificate.ReadCommonName(List.Issuer.Span);

    /// <summary>Whether this name issued it, byte for byte.</summary>
    public bool IsBy(ReadOnlyMemory<byte> name) => List.Issuer.Span.SequenceEqual(name.Span);
}
