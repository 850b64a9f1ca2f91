using Casemate.Simulator.Pki;

namespace Casemate.Simulator.Snp;

/// <summary>Whose key makes each signature of SEV-SNP evidence. Default: everywhere the proper owner.</summary>
/// <remarks>
/// The stranger for RSA signatures is the other certificate authority of the same product: the ASK's key where the ARK should sign,
/// the ARK's where the ASK should.
/// </remarks>
public sealed record SnpSigners
{
    /// <summary>The ASK's or ASVK's certificate (owner: the ARK).</summary>
    public SignedBy Ask { get; init; }

    /// <summary>The VCEK's or VLEK's certificate (owner: the ASK or ASVK).</summary>
    public SignedBy Vek { get; init; }

    /// <summary>The CRL (owner: the ARK).</summary>
    public SignedBy Crl { get; init; }

    /// <summary>The report (owner: the VCEK or VLEK).</summary>
    public SignedBy Report { get; init; }
}
