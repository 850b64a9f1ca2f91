using BenchmarkDotNet.Attributes;
using Casemate.Attestation.Bench.Baseline;
using Casemate.Attestation.Policy;
using Casemate.Attestation.Snp;
using Casemate.Testing;

namespace Casemate.Attestation.Bench;

/// <summary>
/// SEV-SNP reports. "cold": nothing known but the pinned ARK. "new VEK": ASK and ARK seen before. "known VEK": the same chip again. The cold one
/// also beside a verifier that does the work of go-sev-guest with the framework's ordinary types (<see cref="FrameworkReportVerifier"/>).
/// </summary>
public class ReportBenchmarks : IDisposable
{
    private readonly RawSignatures _raw = new();
    private readonly CorpusCase _case = CorpusCase.Get("oak-turin-v5-vcek");
    private readonly FrameworkReportVerifier _framework = new(Roots.AmdTurin);
    private readonly VerificationCache _known = new();
    private readonly VerificationCache _issuersOnly = new(veks: 1);
    private byte[] _report = [];
    private SnpEndorsements? _endorsements;
    private SnpEndorsements[] _variants = [];
    private int _next;

    [GlobalSetup]
    public void Setup()
    {
        _report = _case.Report;
        _endorsements = _case.SnpEndorsements();

        // The same certificate as DER and as two spellings of PEM: three inputs to the cache, which here remembers one VEK only.
        var der = _endorsements.Vek.ToArray();
        var pem = System.Security.Cryptography.PemEncoding.WriteString("CERTIFICATE", der);
        _variants =
        [
            _endorsements,
            _endorsements with { Vek = System.Text.Encoding.ASCII.GetBytes(pem) },
            _endorsements with { Vek = System.Text.Encoding.ASCII.GetBytes(pem + "\n") },
        ];
        _ = Framework();
    }

    [Benchmark(Baseline = true, Description = "floor: 2 RSA-4096 and 1 P-384 signature"), BenchmarkCategory("SNP cold")]
    public bool FloorCold() => _raw.Verify(p256: 0, p384: 1, rsa: 2);

    [Benchmark(Description = "SNP report v5"), BenchmarkCategory("SNP cold")]
    public Verdict Cold() =>
        SnpReportVerifier.Verify(_report, _endorsements!, TrustRoots.Production, _case.VerifyAt, EvidencePolicy.EvidenceOnly);

    [Benchmark(Description = "framework types, 4 signatures"), BenchmarkCategory("SNP cold")]
    public byte[] Framework() => _framework.Verify(_report, _endorsements!, _case.VerifyAt);

    [Benchmark(Baseline = true, Description = "floor: 1 RSA-4096 and 1 P-384 signature"), BenchmarkCategory("SNP new VEK, ASK known")]
    public bool FloorNewVek() => _raw.Verify(p256: 0, p384: 1, rsa: 1);

    [Benchmark(Description = "SNP report v5"), BenchmarkCategory("SNP new VEK, ASK known")]
    public Verdict NewVek()
    {
        _next = (_next + 1) % _variants.Length;
        return SnpReportVerifier.Verify(
            _report, _variants[_next], TrustRoots.Production, _case.VerifyAt, EvidencePolicy.EvidenceOnly, _issuersOnly);
    }

    [Benchmark(Baseline = true, Description = "floor: 1 P-384 signature"), BenchmarkCategory("SNP known VEK")]
    public bool FloorKnown() => _raw.Verify(p256: 0, p384: 1);

    [Benchmark(Description = "SNP report v5"), BenchmarkCategory("SNP known VEK")]
    public Verdict Known() =>
        SnpReportVerifier.Verify(_report, _endorsements!, TrustRoots.Production, _case.VerifyAt, EvidencePolicy.EvidenceOnly, _known);

    [GlobalCleanup]
    public void Dispose()
    {
        _raw.Dispose();
        GC.SuppressFinalize(this);
    }
}
