using Casemate.Simulator.Pki;

namespace Casemate.Simulator.Dcap;

/// <summary>
/// How the certificates below the root depart from their proper form. The root itself is what verifiers pin: it never changes.
/// </summary>
public sealed record DcapCertificateChanges
{
    /// <summary>The PCK Platform or Processor CA.</summary>
    public CertificateChanges PckCa { get; init; } = CertificateChanges.None;

    /// <summary>The PCK certificate.</summary>
    public CertificateChanges Pck { get; init; } = CertificateChanges.None;

    /// <summary>The TCB signing certificate.</summary>
    public CertificateChanges TcbSigner { get; init; } = CertificateChanges.None;
}
