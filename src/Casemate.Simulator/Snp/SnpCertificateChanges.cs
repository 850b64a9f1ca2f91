using Casemate.Simulator.Pki;

namespace Casemate.Simulator.Snp;

/// <summary>
/// How the certificates below the ARK depart from their proper form. The ARK itself is what verifiers pin: it never changes.
/// </summary>
public sealed record SnpCertificateChanges
{
    /// <summary>The ASK, or for a VLEK the ASVK.</summary>
    public CertificateChanges Ask { get; init; } = CertificateChanges.None;

    /// <summary>The VCEK or VLEK.</summary>
    public CertificateChanges Vek { get; init; } = CertificateChanges.None;
}
