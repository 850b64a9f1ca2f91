using BenchmarkDotNet.Attributes;
using Casemate.Attestation.Dcap;
using Casemate.Attestation.Policy;
using Casemate.Simulator;
using Casemate.Testing;

namespace Casemate.Attestation.Bench;

/// <summary>
/// SGX and TDX quotes. "cold": nothing known but the pinned root. "warm PCK": collateral and PCK chain seen before, attestation key
/// new. "known": the same platform and attestation key again. Each beside the floor of its category.
/// </summary>
public class QuoteBenchmarks : IDisposable
{
    private const int Platforms = 6000;                                      // more than the cache holds, so that none is ever found

    private readonly RawSignatures _raw = new();
    private readonly CorpusCase _sgx = CorpusCase.Get("automata-sgx-platCA-swhardening");
    private readonly CorpusCase _tdx = CorpusCase.Get("oe-tdx-v5-relaunch-advised");
    private readonly VerificationCache _known = new();
    private readonly VerificationCache _warm = new();
    private readonly byte[][] _newKeys = new byte[Platforms][];
    private byte[] _sgxQuote = [], _tdxQuote = [];
    private DcapCollateral? _sgxCollateral, _tdxCollateral, _simulatedCollateral;
    private TrustRoots _simulatedRoots = TrustRoots.None;
    private DateTimeOffset _simulatedNow;
    private int _next;

    [GlobalSetup]
    public void Setup()
    {
        (_sgxQuote, _sgxCollateral) = (_sgx.Quote, _sgx.DcapCollateral());
        (_tdxQuote, _tdxCollateral) = (_tdx.Quote, _tdx.DcapCollateral());
        _simulatedNow = DateTimeOffset.FromUnixTimeSeconds(1_767_225_600);
        var platform = SimulatedPlatform.Create(_simulatedNow);
        _simulatedRoots = platform.Allow(TrustRoots.None);
        _simulatedCollateral = platform.Dcap.Collateral(Tee.Sgx, _simulatedNow);
        for (var i = 0; i < Platforms; i++)
        {
            // Other authentication data makes another binding of the attestation key: to the verifier it is a key never seen.
            var authenticationData = BitConverter.GetBytes(i);
            var dcap = platform.Dcap.With(s => s with { QuotingEnclave = s.QuotingEnclave with { AuthenticationData = [.. authenticationData, .. new byte[28]] } });
            _newKeys[i] = dcap.QuoteSgx(new SimulatedEnclave { MrEnclave = new byte[32] }, new byte[64]);
        }

        var verdict = WarmPck();
        if (!verdict.Accepted)
        {
            throw new InvalidOperationException($"the simulated quote is refused: {verdict.Reasons.First()}");
        }
    }

    [Benchmark(Baseline = true, Description = "floor: 9 P-256 signatures"), BenchmarkCategory("SGX cold")]
    public bool FloorCold() => _raw.Verify(p256: 9);

    [Benchmark(Description = "SGX quote v3"), BenchmarkCategory("SGX cold")]
    public Verdict SgxCold() =>
        QuoteVerifier.Verify(_sgxQuote, _sgxCollateral!, TrustRoots.Production, _sgx.VerifyAt, EvidencePolicy.EvidenceOnly);

    [Benchmark(Baseline = true, Description = "floor: 9 P-256 signatures"), BenchmarkCategory("TDX cold")]
    public bool FloorTdxCold() => _raw.Verify(p256: 9);

    [Benchmark(Description = "TDX quote v5"), BenchmarkCategory("TDX cold")]
    public Verdict TdxCold() =>
        QuoteVerifier.Verify(_tdxQuote, _tdxCollateral!, TrustRoots.Production, _tdx.VerifyAt, EvidencePolicy.EvidenceOnly);

    [Benchmark(Baseline = true, Description = "floor: 2 P-256 signatures"), BenchmarkCategory("SGX warm PCK, new attestation key")]
    public bool FloorWarm() => _raw.Verify(p256: 2);

    [Benchmark(Description = "SGX quote v3"), BenchmarkCategory("SGX warm PCK, new attestation key")]
    public Verdict WarmPck()
    {
        _next = (_next + 1) % Platforms;
        return QuoteVerifier.Verify(
            _newKeys[_next], _simulatedCollateral!, _simulatedRoots, _simulatedNow, EvidencePolicy.EvidenceOnly, _warm);
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
}
