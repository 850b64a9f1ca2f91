using System.Collections.Immutable;
using Casemate.Simulator.Pki;

namespace Casemate.Simulator.Dcap;

/// <summary>
/// Everything that can vary about simulated SGX and TDX evidence and its collateral. The default is a current, properly configured
/// machine: its evidence verifies with status UpToDate. Change one property and the evidence is still signed throughout, and wrong in
/// exactly that way.
/// </summary>
/// <example>
/// <code>
/// var dcap = platform.Dcap;
/// dcap.With(s => s with { Machine = s.Machine with { ComponentSvns = older } });                         // an older machine
/// dcap.With(s => s with { QuotingEnclave = s.QuotingEnclave with { IsvSvn = 6 } });                       // an older quoting enclave
/// dcap.With(s => s with { TdxModule = s.TdxModule with { TeeTcbSvn = svn } });                            // an older TDX module
/// dcap.With(s => s with { Revoked = [DcapCertificate.Pck] });                                             // a revoked machine
/// dcap.With(s => s with { SgxTcbInfo = s.SgxTcbInfo with { Fmspc = other } });                            // TCB info of another machine
/// dcap.With(s => s with { Signers = s.Signers with { TcbInfo = SignedBy.Stranger } });                    // forged TCB info
/// dcap.With(s => s with { SgxTcbInfo = s.SgxTcbInfo with { Id = null, Version = 2 } });                   // TCB info of the PCS v3 API
/// </code>
/// </example>
public sealed record DcapScenario
{
    /// <summary>The machine.</summary>
    public SgxMachine Machine { get; init; } = new();

    /// <summary>The quoting enclave for SGX.</summary>
    public QuotingEnclave QuotingEnclave { get; init; } = QuotingEnclave.Sgx;

    /// <summary>The quoting enclave for TDX.</summary>
    public QuotingEnclave TdQuotingEnclave { get; init; } = QuotingEnclave.Tdx;

    /// <summary>The TDX module.</summary>
    public TdxModule TdxModule { get; init; } = new();

    /// <summary>TCB info for SGX.</summary>
    public TcbInfoContent SgxTcbInfo { get; init; } = TcbInfoContent.Sgx;

    /// <summary>TCB info for TDX.</summary>
    public TcbInfoContent TdxTcbInfo { get; init; } = TcbInfoContent.Tdx;

    /// <summary>QE identity for SGX.</summary>
    public QeIdentityContent QeIdentity { get; init; } = QeIdentityContent.Sgx;

    /// <summary>QE identity for TDX.</summary>
    public QeIdentityContent TdQeIdentity { get; init; } = QeIdentityContent.Tdx;

    /// <summary>Departures of the certificates from their proper form.</summary>
    public DcapCertificateChanges Certificates { get; init; } = new();

    /// <summary>Departures of the root CA's CRL from its proper form.</summary>
    public CrlChanges RootCrl { get; init; } = CrlChanges.None;

    /// <summary>Departures of the PCK CA's CRL from its proper form.</summary>
    public CrlChanges PckCrl { get; init; } = CrlChanges.None;

    /// <summary>Certificates on their issuer's CRL.</summary>
    public ImmutableArray<DcapCertificate> Revoked { get; init; } = [];

    /// <summary>Whose key makes each signature.</summary>
    public DcapSigners Signers { get; init; } = new();

    /// <summary>
    /// Certification data in the quote: 5 (default) is the PCK chain; 1 the platform's PPID, CPUSVN, PCESVN and PCEID; 2 and 3 the
    /// same with a PPID encrypted by RSA-2048 or RSA-3072 (opaque bytes here); 4 the PCK certificate alone. With 1 to 4, collateral
    /// carries the PCK chain.
    /// </summary>
    public int CertificationDataType { get; init; } = 5;

    /// <summary>The machine that certification data of type 1 to 3 describes; null: <see cref="Machine"/>, as it must be.</summary>
    public SgxMachine? CertifiedMachine { get; init; }

    /// <summary>Changes to header and body of a quote before the attestation key signs them.</summary>
    public ImmutableArray<BytePatch> QuotePatches { get; init; } = [];

    /// <summary>Changes to the quoting enclave's report before the PCK signs it.</summary>
    public ImmutableArray<BytePatch> QeReportPatches { get; init; } = [];
}
