using Casemate.Attestation.Pki;

namespace Casemate.Collateral;

/// <summary>A certificate with the place where it was found. Nothing of it is verified here.</summary>
internal sealed record CertificatePiece(Certificate Certificate, string Location)
{
    public ReadOnlyMemory<byte> Der => Certificate.Der;

    /// <summary>The subject's common name.</summary>
    public string Name => Certificate.CommonName;

    /// <summary>The issuer's common name.</summary>
    public string IssuerName => Certificate.IssuerCommonName;

    /// <summary>Whether it names itself as its issuer, as a root does.</summary>
    public bool IsSelfIssued => Certificate.Issuer.Span.SequenceEqual(Certificate.Subject.Span);

    /// <summary>Whether its subject is this name, byte for byte.</summary>
    public bool IsAbout(ReadOnlyMemory<byte> name) => Certificate.Subject.Span.SequenceEqual(name.Span);
}
