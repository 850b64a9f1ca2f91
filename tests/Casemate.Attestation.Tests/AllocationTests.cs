using Casemate.Attestation.Dcap;
using Casemate.Attestation.Policy;
using Casemate.Attestation.Sgx;
using Casemate.Attestation.Snp;
using Casemate.Attestation.Tdx;
using Casemate.Testing;

namespace Casemate.Attestation.Tests;

/// <summary>Budgets of heap allocation per call. Unlike times they do not depend on the machine, so a test can hold them.</summary>
public sealed class AllocationTests
{
    private static readonly CorpusCase s_quote = CorpusCase.Get("automata-sgx-platCA-swhardening");
    private static readonly CorpusCase s_report = CorpusCase.Get("oak-turin-v5-vcek");

    [Fact]
    public void ParsingAQuote_AllocatesNothing()
    {
        var quote = s_quote.Quote;
        Assert.Equal(0, PerCall(() =>
        {
            Quote.TryRead(quote, out var parsed, out _);
            SgxReportBody.TryRead(parsed.Body, out _);
        }));
    }

    [Fact]
    public void ParsingAReport_AllocatesNothing()
    {
        var report = s_report.Report;
        Assert.Equal(0, PerCall(() => SnpReport.TryRead(report, out _)));
    }

    [Theory]
    [InlineData("automata-sgx-platCA-swhardening")]
    [InlineData("oe-tdx-v5-relaunch-advised")]
    public void WarmQuoteVerification_StaysWithin2KiB(string id)
    {
        var item = CorpusCase.Get(id);
        var (quote, collateral, cache) = (item.Quote, item.DcapCollateral(), new VerificationCache());
        var claims = QuoteVerifier.Verify(quote, collateral, TrustRoots.Production, item.VerifyAt, EvidencePolicy.EvidenceOnly).Claims!;
        var policy = EvidencePolicy.Default with
        {
            ReportData = claims.ReportData,
            AcceptedTcbStatuses = [.. Enum.GetValues<TcbStatus>()],
            Sgx = new SgxPolicy { MrEnclaves = claims is SgxClaims sgx ? [sgx.MrEnclave] : [] },
            Tdx = new TdxPolicy { MrTds = claims is TdxClaims tdx ? [tdx.MrTd] : [] },
        };

        foreach (var asked in (EvidencePolicy[])[EvidencePolicy.EvidenceOnly, policy])
        {
            Assert.InRange(
                PerCall(() => QuoteVerifier.Verify(quote, collateral, TrustRoots.Production, item.VerifyAt, asked, cache)), 1, 2 * 1024);
        }
    }

    [Fact]
    public void WarmReportVerification_StaysWithin2KiB()
    {
        var (report, endorsements, cache) = (s_report.Report, s_report.SnpEndorsements(), new VerificationCache());

        Assert.InRange(
            PerCall(() => SnpReportVerifier.Verify(report, endorsements, TrustRoots.Production, s_report.VerifyAt, EvidencePolicy.EvidenceOnly, cache)),
            1, 2 * 1024);
    }

    [Fact]
    public void ColdVerification_StaysWithin256KiB()
    {
        var (quote, collateral) = (s_quote.Quote, s_quote.DcapCollateral());
        var (report, endorsements) = (s_report.Report, s_report.SnpEndorsements());

        Assert.InRange(
            PerCall(() => QuoteVerifier.Verify(quote, collateral, TrustRoots.Production, s_quote.VerifyAt, EvidencePolicy.EvidenceOnly)), 1, 256 * 1024);
        Assert.InRange(
            PerCall(() => SnpReportVerifier.Verify(report, endorsements, TrustRoots.Production, s_report.VerifyAt, EvidencePolicy.EvidenceOnly)),
            1, 256 * 1024);
    }

    // The smallest of several rounds: what the runtime allocates once, when it compiles a method again or a table grows, is no part of a
    // call, and falls into one round or another. A call that allocates does so in every round.
    private static long PerCall(Action action)
    {
        const int rounds = 8;
        const int calls = 32;
        var least = long.MaxValue;
        for (var round = 0; round <= rounds; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < calls; i++)
            {
                action();
            }

            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least / calls;
    }
}
