using BenchmarkDotNet.Attributes;
using Casemate.Attestation.Bench.Baseline;
using Casemate.Attestation.Dcap;
using Casemate.Attestation.Policy;
using Casemate.Simulator;
using Casemate.Testing;

namespace Casemate.Attestation.Bench;

/// <summary>
/// SGX and TDX quotes. "cold": nothing known but the pinned root. "warm PCK": collateral and PCK chain seen before, attestation key
/// new. "known": the same platform and attestation key again. Each beside the floor of its category, the cold ones also beside a verifier
/// that does the work of go-tdx-guest with the framework's ordinary types (<see cref="FrameworkQuoteVerifier"/>).
/// </summary>
public class QuoteBenchmarks : IDisposable
{
    private readonly RawSignatures _raw = new();
    private readonly CorpusCase _sgx = CorpusCase.Get("automata-sgx-platCA-swhardening");
    private readonly CorpusCase _tdx = CorpusCase.Get("oe-tdx-v5-relaunch-advised");
    private readonly FrameworkQuoteVerifier _framework = new(Roots.IntelSgx, repeats: false);
    private readonly FrameworkQuoteVerifier _frameworkRepeating = new(Roots.IntelSgx, repeats: true);
    private readonly VerificationCache _known = new();

    // Remembers one attestation key only, so that two that take turns are never found.
    private readonly VerificationCache _warm = new(attestationKeys: 1);
    private byte[] _sgxQuote = [], _tdxQuote = [], _simulatedSgxQuote = [], _simulatedTdxQuote = [];
    private DcapCollateral? _sgxCollateral, _tdxCollateral, _simulatedSgxCollateral, _simulatedTdxCollateral;
    private TrustRoots _simulatedRoots = TrustRoots.None;
    private DateTimeOffset _simulatedNow;

    [GlobalSetup]
    public void Setup()
    {
        (_sgxQuote, _sgxCollateral) = (_sgx.Quote, _sgx.DcapCollateral());
        (_tdxQuote, _tdxCollateral) = (_tdx.Quote, _tdx.DcapCollateral());
        _simulatedNow = DateTimeOffset.FromUnixTimeSeconds(1_767_225_600);
        var platform = SimulatedPlatform.Create(_simulatedNow);
        _simulatedRoots = platform.Allow(TrustRoots.None);
        _simulatedSgxCollateral = platform.Dcap.Collateral(Tee.Sgx, _simulatedNow);
        _simulatedTdxCollateral = platform.Dcap.Collateral(Tee.Tdx, _simulatedNow);

        // One machine, one PCK, and an attestation key each for SGX and for TDX.
        _simulatedSgxQuote = platform.Dcap.QuoteSgx(new SimulatedEnclave { MrEnclave = new byte[32] }, new byte[64]);
        _simulatedTdxQuote = platform.Dcap.QuoteTdx(new SimulatedTd { MrTd = new byte[48] }, new byte[64]);
        var verdict = WarmPck();
        if (!verdict.Accepted)
        {
            throw new InvalidOperationException($"the simulated quote is refused: {verdict.Reasons.First()}");
        }

        AssertAgree(SgxCold(), SgxFramework());
        AssertAgree(TdxCold(), TdxFramework());
    }

    [Benchmark(Baseline = true, Description = "floor: 9 P-256 signatures"), BenchmarkCategory("SGX cold")]
    public bool FloorCold() => _raw.Verify(p256: 9);

    [Benchmark(Description = "SGX quote v3"), BenchmarkCategory("SGX cold")]
    public Verdict SgxCold() =>
        QuoteVerifier.Verify(_sgxQuote, _sgxCollateral!, TrustRoots.Production, _sgx.VerifyAt, EvidencePolicy.EvidenceOnly);

    [Benchmark(Description = "framework types, 10 signatures"), BenchmarkCategory("SGX cold")]
    public (string Platform, string Qe, string? Module) SgxFramework() =>
        _framework.Verify(_sgxQuote, _sgxCollateral!, _sgx.VerifyAt);

    [Benchmark(Description = "framework types, 19 signatures"), BenchmarkCategory("SGX cold")]
    public (string Platform, string Qe, string? Module) SgxFrameworkRepeating() =>
        _frameworkRepeating.Verify(_sgxQuote, _sgxCollateral!, _sgx.VerifyAt);

    [Benchmark(Baseline = true, Description = "floor: 9 P-256 signatures"), BenchmarkCategory("TDX cold")]
    public bool FloorTdxCold() => _raw.Verify(p256: 9);

    [Benchmark(Description = "TDX quote v5"), BenchmarkCategory("TDX cold")]
    public Verdict TdxCold() =>
        QuoteVerifier.Verify(_tdxQuote, _tdxCollateral!, TrustRoots.Production, _tdx.VerifyAt, EvidencePolicy.EvidenceOnly);

    [Benchmark(Description = "framework types, 10 signatures"), BenchmarkCategory("TDX cold")]
    public (string Platform, string Qe, string? Module) TdxFramework() =>
        _framework.Verify(_tdxQuote, _tdxCollateral!, _tdx.VerifyAt);

    [Benchmark(Description = "framework types, 19 signatures"), BenchmarkCategory("TDX cold")]
    public (string Platform, string Qe, string? Module) TdxFrameworkRepeating() =>
        _frameworkRepeating.Verify(_tdxQuote, _tdxCollateral!, _tdx.VerifyAt);

    [Benchmark(Baseline = true, Description = "floor: 2 P-256 signatures"), BenchmarkCategory("warm PCK, new attestation key")]
    public bool FloorWarm() => _raw.Verify(p256: 2);

    [Benchmark(Description = "SGX quote v3, TDX quote v4 in turn", OperationsPerInvoke = 2), BenchmarkCategory("warm PCK, new attestation key")]
    public Verdict WarmPck()
    {
        var verdict = QuoteVerifier.Verify(
            _simulatedSgxQuote, _simulatedSgxCollateral!, _simulatedRoots, _simulatedNow, EvidencePolicy.EvidenceOnly, _warm);
        return !verdict.Accepted ? verdict : QuoteVerifier.Verify(
            _simulatedTdxQuote, _simulatedTdxCollateral!, _simulatedRoots, _simulatedNow, EvidencePolicy.EvidenceOnly, _warm);
    }

    [Benchmark(Baseline = true, Description = "floor: 1 P-256 signature"), BenchmarkCategory("SGX known")]
    public bool FloorKnown() => _raw.Verify(p256: 1);

    [Benchmark(Description = "SGX quote v3"), BenchmarkCategory("SGX known")]
    public Verdict SgxKnown() =>
        QuoteVerifier.Verify(_sgxQuote, _sgxCollateral!, TrustRoots.Production, _sgx.VerifyAt, EvidencePolicy.EvidenceOnly, _known);

    [Benchmark(Baseline = true, Description = "floor: 1 P-256 signature"), BenchmarkCategory("TDX known")]
    public bool FloorTdxKnown() => _raw.Verify(p256: 1);

    [Benchmark(Description = "TDX quote v5"), BenchmarkCategory("TDX known")]
    public Verdict TdxKnown() =>
        QuoteVerifier.Verify(_tdxQuote, _tdxCollateral!, TrustRoots.Production, _tdx.VerifyAt, EvidencePolicy.EvidenceOnly, _known);

    [GlobalCleanup]
    public void Dispose()
    {
        _raw.Dispose();
        GC.SuppressFinalize(this);
    }

    // A baseline that skips work would be found out here: both must see the same platform.
    private static void AssertAgree(Verdict ours, (string Platform, string Qe, string? Module) baseline)
    {
        if (ours.Tcb is not { } tcb || (tcb.Platform.ToString(), tcb.Qe.ToString(), tcb.TdxModule?.ToString()) != baseline)
        {
            throw new InvalidOperationException($"the baseline says {baseline}, we say {ours.Tcb}");
        }
    }
}
