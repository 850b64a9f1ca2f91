using Casemate.Attestation;
using Casemate.Attestation.Dcap;
using Casemate.Attestation.Policy;
using Casemate.Attestation.Snp;

namespace Casemate.Simulator.Tests;

/// <summary>One installation serves many callers at once.</summary>
public sealed class ConcurrencyTests
{
    [Fact]
    public void QuotesMadeAtOnce_AllVerify()
    {
        var dcap = TestPlatform.Dcap.With(s => s);                         // nothing made yet: every key is derived under contention
        var roots = TestPlatform.Roots;
        Parallel.For(0, 64, i =>
        {
            var tee = i % 2 == 0 ? Tee.Sgx : Tee.Tdx;
            var quote = TestQuotes.Make(tee is Tee.Sgx ? "sgx3" : "tdx5-1.5", dcap);
            var collateral = dcap.Collateral(tee, TestPlatform.Noon);
            Assert.True(QuoteVerifier.Verify(quote, collateral, roots, TestPlatform.Noon, EvidencePolicy.EvidenceOnly).Accepted);
        });
    }

    [Fact]
    public void ReportsAndExportsAtOnce_AgreeOnOneSetOfKeys()
    {
        var platform = SimulatedPlatform.Create(TestPlatform.Noon);
        Parallel.For(0, 16, i =>
        {
            var snp = platform.Snp(SnpProduct.Genoa).With(s => s with { SigningKey = i % 2 == 0 ? SnpSigner.Vcek : SnpSigner.Vlek });
            var report = snp.Report(TestPlatform.Guest, TestPlatform.ReportData);
            var endorsements = snp.Endorsements(TestPlatform.Noon);
            var roots = SimulatedPlatform.Import(platform.Export()).Allow(TrustRoots.None);
            Assert.True(SnpReportVerifier.Verify(report, endorsements, roots, TestPlatform.Noon, EvidencePolicy.EvidenceOnly).Accepted);
        });
    }
}
