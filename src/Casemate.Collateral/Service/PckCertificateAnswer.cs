using Casemate.Collateral.Store;

namespace Casemate.Collateral.Service;

/// <summary>The PCK certificate chosen for a raw TCB, verified.</summary>
/// <param name="CertificatePem">The certificate alone, PEM.</param>
/// <param name="IssuerChainPem">CA and root, PEM.</param>
/// <param name="Tcbm">TCB of the certificate: CPUSVN and PCESVN (low byte first), 36 hex digits, lower case.</param>
/// <param name="Fmspc">FMSPC, 12 hex digits, lower case.</param>
/// <param name="PlatformCa">True for the PCK Platform CA, false for the Processor CA.</param>
/// <param name="Source">The collateral that it was taken from.</param>
public sealed record PckCertificateAnswer(
    ReadOnlyMemory<byte> CertificatePem, ReadOnlyMemory<byte> IssuerChainPem, string Tcbm, string Fmspc, bool PlatformCa,
    StoredCollateral Source);
