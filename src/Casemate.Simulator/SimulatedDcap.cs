using System.Text;
using Casemate.Attestation;
using Casemate.Attestation.Dcap;
using Casemate.Simulator.Dcap;
using Casemate.Simulator.Pki;

namespace Casemate.Simulator;

/// <summary>
/// A simulated Intel machine with SGX and TDX: quoting enclaves, TDX module, provisioning service. What it makes has the form of the
/// real thing in every byte, under a root of its own that no verifier trusts unless told so. Safe for concurrent use.
/// </summary>
/// <example>
/// <code>
/// var platform = SimulatedPlatform.Create(now);
/// var quote = platform.Dcap.QuoteTdx(new SimulatedTd { MrTd = measurement }, reportData);
/// var collateral = platform.Dcap.Collateral(Tee.Tdx, now);
/// var verdict = QuoteVerifier.Verify(quote, collateral, platform.Allow(TrustRoots.Production), now, policy);
/// </code>
/// </example>
public sealed class SimulatedDcap
{
    private readonly InstallationSecret _secret;
    private readonly DateTimeOffset _created;
    private readonly DcapPki _pki;
    private readonly Lazy<EcSigningKey> _sgxAttestationKey;
    private readonly Lazy<EcSigningKey> _tdxAttestationKey;
    private readonly Lazy<SimulatedQuotingEnclave> _quotingEnclave;
    private readonly Lazy<SimulatedProvisioning> _provisioning;
    private readonly TdReportStructure _tdReports;
    private readonly Lock _documents = new();
    private readonly Dictionary<Tee, (DateTimeOffset Day, DcapCollateral Collateral)> _latest = [];

    internal SimulatedDcap(InstallationSecret secret, DateTimeOffset created, byte[] rootDer, DcapScenario scenario)
    {
        _secret = secret;
        _created = created;
        Scenario = scenario;
        _pki = new DcapPki(secret, created, rootDer, scenario);
        _sgxAttestationKey = new(() => secret.P256("sgx/attestation-key"));
        _tdxAttestationKey = new(() => secret.P256("tdx/attestation-key"));
        _tdReports = new TdReportStructure(secret);
        _quotingEnclave = new(() => new SimulatedQuotingEnclave(secret, scenario, Writer(Tee.Sgx)));
        _provisioning = new(() => new SimulatedProvisioning(secret, created, _pki, scenario));
    }

    /// <summary>What the machine and the service are like. Default: everything in order, see <see cref="DcapScenario"/>.</summary>
    public DcapScenario Scenario { get; }

    /// <summary>The root certificate: what a verifier must be told to accept. The same in every scenario of one installation.</summary>
    public byte[] RootCaDer => [.. _pki.RootDer];

    /// <summary>The certificate of the PCK Platform or Processor CA.</summary>
    public byte[] PckCaDer => [.. _pki.CaDer];

    /// <summary>The machine's PCK certificate.</summary>
    public byte[] PckDer => [.. _pki.PckDer];

    /// <summary>The certificate that TCB info and QE identity verify with.</summary>
    public byte[] TcbSignerDer => [.. _pki.TcbSignerDer];

    /// <summary>The same installation (keys, root) in another scenario; this instance stays as it is.</summary>
    /// <param name="change">Gets the present scenario, returns the new one.</param>
    /// <exception cref="ArgumentException">A field of the machine has the wrong size.</exception>
    public SimulatedDcap With(Func<DcapScenario, DcapScenario> change)
    {
        ArgumentNullException.ThrowIfNull(change);
        return new SimulatedDcap(_secret, _created, _pki.RootDer, change(Scenario));
    }

    /// <summary>The quoting enclave for SGX, for callers that hold a report as a real quoting enclave wants it.</summary>
    public SimulatedQuotingEnclave QuotingEnclave => _quotingEnclave.Value;

    /// <summary>
    /// Makes the report of an enclave for another enclave of this machine, as the instruction EREPORT does: the body, the key id and the
    /// MAC that only the target can check.
    /// </summary>
    /// <param name="enclave">The enclave that reports.</param>
    /// <param name="targetInfo">The target, 512 bytes; for a quote <see cref="SimulatedQuotingEnclave.TargetInfo"/>.</param>
    /// <param name="reportData">Exactly 64 bytes, put into the report unchanged.</param>
    /// <returns>432 bytes: <c>sgx_report_t</c> of the Intel SGX SDK.</returns>
    /// <exception cref="ArgumentException">A field has the wrong size.</exception>
    public byte[] Report(SimulatedEnclave enclave, ReadOnlySpan<byte> targetInfo, ReadOnlySpan<byte> reportData)
    {
        ArgumentNullException.ThrowIfNull(enclave);
        FieldSize.Require(targetInfo, TargetInfoBytes.Size, nameof(targetInfo));
        var body = SgxReportWriter.Write(enclave, PckExtension.CpuSvn(Scenario.Machine), reportData);
        return QuotingEnclave.ReportKeys.Report(body, targetInfo);
    }

    /// <summary>Makes an SGX quote.</summary>
    /// <param name="enclave">The enclave that asks.</param>
    /// <param name="reportData">Exactly 64 bytes, put into the report unchanged.</param>
    /// <param name="version">Quote version: 3, 4 or 5.</param>
    /// <exception cref="ArgumentException">A field has the wrong size, or the version is another one.</exception>
    public byte[] QuoteSgx(SimulatedEnclave enclave, ReadOnlySpan<byte> reportData, int version = 3)
    {
        ArgumentNullException.ThrowIfNull(enclave);
        if (version is < 3 or > 5)
        {
            throw new ArgumentOutOfRangeException(nameof(version), version, "SGX quotes have version 3, 4 or 5.");
        }

        const ushort bodyTypeSgx = 1;
        var body = SgxReportWriter.Write(enclave, PckExtension.CpuSvn(Scenario.Machine), reportData);
        return Writer(Tee.Sgx).Write(version, tdx: false, bodyTypeSgx, body);
    }

    /// <summary>Makes a TDX quote.</summary>
    /// <param name="td">The trust domain that asks. Version 4 has TD report 1.0 whatever <see cref="SimulatedTd.Kind"/> says.</param>
    /// <param name="reportData">Exactly 64 bytes, put into the report unchanged.</param>
    /// <param name="version">Quote version: 4 or 5.</param>
    /// <exception cref="ArgumentException">A field has the wrong size, or the version is another one.</exception>
    public byte[] QuoteTdx(SimulatedTd td, ReadOnlySpan<byte> reportData, int version = 4)
    {
        ArgumentNullException.ThrowIfNull(td);
        if (version is not (4 or 5))
        {
            throw new ArgumentOutOfRangeException(nameof(version), version, "TDX quotes have version 4 or 5.");
        }

        var kind = version == 4 ? TdReportKind.V10 : td.Kind;
        var body = TdReportWriter.Write(td, Scenario.TdxModule, kind, reportData);
        return Writer(Tee.Tdx).Write(version, tdx: true, (ushort)kind, body);
    }

    /// <summary>
    /// Makes the report of a TD as its TDX module does (TDG.MR.REPORT): the form that a quote generation service takes.
    /// </summary>
    /// <param name="td">The trust domain that asks; a <see cref="SimulatedTd.Kind"/> other than 1.0 gives a report of TDX 1.5.</param>
    /// <param name="reportData">Exactly 64 bytes, put into the report unchanged.</param>
    /// <returns>1024 bytes: TDREPORT_STRUCT.</returns>
    /// <exception cref="ArgumentException">A field has the wrong size.</exception>
    public byte[] TdReport(SimulatedTd td, ReadOnlySpan<byte> reportData)
    {
        ArgumentNullException.ThrowIfNull(td);
        return _tdReports.Write(td, Scenario.TdxModule, PckExtension.CpuSvn(Scenario.Machine), reportData);
    }

    /// <summary>True when a TD report was made on this machine and not changed since: its MAC and its hashes are right.</summary>
    /// <param name="tdReport">1024 bytes; others are not accepted.</param>
    public bool AcceptsTdReport(ReadOnlySpan<byte> tdReport) => _tdReports.Verify(tdReport);

    /// <summary>Makes a quote of a TD report. Does not check the MAC: ask <see cref="AcceptsTdReport"/> before.</summary>
    /// <param name="tdReport">1024 bytes.</param>
    /// <param name="version">Quote version: 4, which has TD report 1.0 always, or 5.</param>
    /// <exception cref="ArgumentException"><paramref name="tdReport"/> has another size, or the version is another one.</exception>
    public byte[] QuoteTd(ReadOnlySpan<byte> tdReport, int version = 4)
    {
        FieldSize.Require(tdReport, TdReportStructure.Size, nameof(tdReport));
        if (version is not (4 or 5))
        {
            throw new ArgumentOutOfRangeException(nameof(version), version, "TDX quotes have version 4 or 5.");
        }

        var body = TdReportStructure.ToBody(tdReport, allow15: version == 5, out var kind);
        return Writer(Tee.Tdx).Write(version, tdx: true, (ushort)kind, body);
    }

    /// <summary>
    /// What the provisioning service would deliver at <paramref name="now"/>: issued at the begin of that day (UTC), good for 30 days.
    /// Calls within one day return the same instance.
    /// </summary>
    /// <param name="tee">SGX or TDX: the two have TCB infos and QE identities of their own.</param>
    /// <param name="now">The instant of asking.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="tee"/> is neither.</exception>
    public DcapCollateral Collateral(Tee tee, DateTimeOffset now)
    {
        if (tee is not (Tee.Sgx or Tee.Tdx))
        {
            throw new ArgumentOutOfRangeException(nameof(tee), tee, "Collateral of this kind exists for SGX and TDX.");
        }

        var day = Validity.Day(now);
        lock (_documents)
        {
            if (!_latest.TryGetValue(tee, out var latest) || latest.Day != day)
            {
                latest = (day, MakeCollateral(tee, day));
                _latest[tee] = latest;
            }

            return latest.Collateral;
        }
    }

    /// <summary>
    /// What the provisioning service would deliver for a quote: as <see cref="Collateral(Tee, DateTimeOffset)"/>, with the PCK chain where
    /// the quote does not carry it.
    /// </summary>
    /// <param name="query">What the quote asks for.</param>
    /// <param name="now">The instant of asking.</param>
    /// <returns>The collateral; null when the quote names a PCK certificate (types 1 to 3) that is not this machine's.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The quote is neither of SGX nor of TDX.</exception>
    public DcapCollateral? Collateral(DcapCollateralQuery query, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(query);
        if (query.PckCertificate is { } wanted && !wanted.IsAnsweredBy(_pki.PckDer))
        {
            return null;
        }

        var collateral = Collateral(query.Tee, now);
        return query.CertificationDataType is CertificationDataType.PckChain || collateral.PckCertificateChainPem is not null
            ? collateral
            : collateral with { PckCertificateChainPem = PckChainPem() };
    }

    // Of the member's own type: a null array would become an empty chain instead of none.
    private ReadOnlyMemory<byte>? PckChainPem() => Encoding.ASCII.GetBytes(_pki.PckChainPem);

    /// <summary>What Intel's provisioning service would answer for this machine.</summary>
    public SimulatedProvisioning Provisioning => _provisioning.Value;

    /// <summary>The id of this machine that quotes carry (QE_ID), 16 bytes.</summary>
    public byte[] PlatformId => _secret.Bytes(16, "sgx/qe-id");

    /// <summary>CPUSVN of this machine, 16 bytes.</summary>
    public byte[] CpuSvn => PckExtension.CpuSvn(Scenario.Machine);

    private QuoteWriter Writer(Tee tee)
    {
        var qeId = PlatformId;
        return tee is Tee.Tdx
            ? new QuoteWriter(_pki, Scenario, Scenario.TdQuotingEnclave, _tdxAttestationKey.Value, qeId)
            : new QuoteWriter(_pki, Scenario, Scenario.QuotingEnclave, _sgxAttestationKey.Value, qeId);
    }

    private DcapCollateral MakeCollateral(Tee tee, DateTimeOffset day)
    {
        var end = Validity.NextUpdate(day);
        var defaults = new SignedJson.Defaults(day, end, Validity.Day(_created));
        var tcbInfo = SignedJson.TcbInfo(tee is Tee.Tdx ? Scenario.TdxTcbInfo : Scenario.SgxTcbInfo, Scenario.Machine, defaults);
        var qeIdentity = SignedJson.QeIdentity(tee is Tee.Tdx ? Scenario.TdQeIdentity : Scenario.QeIdentity, defaults);
        var chain = Encoding.ASCII.GetBytes(_pki.TcbSignerChainPem);
        return new DcapCollateral
        {
            TcbInfo = new SignedDocument(tcbInfo, _pki.TcbSignerKey(Scenario.Signers.TcbInfo).SignFixed(tcbInfo), chain),
            QeIdentity = new SignedDocument(qeIdentity, _pki.TcbSignerKey(Scenario.Signers.QeIdentity).SignFixed(qeIdentity), chain),
            RootCaCrl = _pki.MakeRootCrl(day, end),
            PckCrl = _pki.MakePckCrl(day, end),
            PckCertificateChainPem = Scenario.CertificationDataType == 5 ? null : PckChainPem(),
        };
    }
}
