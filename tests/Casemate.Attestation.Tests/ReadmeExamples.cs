using Casemate.Attestation.Dcap;
using Casemate.Attestation.Policy;
using Casemate.Attestation.Sgx;
using Casemate.Attestation.Snp;
using Casemate.Testing;

namespace Casemate.Attestation.Tests;

/// <summary>The examples of the library's README: compiled, run, and compared with the page.</summary>
public sealed class ReadmeExamples
{
    private static readonly CorpusCase s_sgx = CorpusCase.Get("automata-sgx-platCA-swhardening");
    private static readonly CorpusCase s_snp = CorpusCase.Get("oak-turin-v5-vcek");

    [Fact]
    public void VerifiesAQuote()
    {
        var (quote, collateral, now) = (s_sgx.Quote, s_sgx.DcapCollateral(), s_sgx.VerifyAt);
        var expectedMrEnclave = ((SgxClaims)QuoteVerifier.Verify(quote, collateral, TrustRoots.Production, now, EvidencePolicy.EvidenceOnly).Claims!).MrEnclave;
        var expectedReportData = QuoteVerifier.Verify(quote, collateral, TrustRoots.Production, now, EvidencePolicy.EvidenceOnly).Claims!.ReportData;

        // example: quote
        var policy = EvidencePolicy.Default with
        {
            ReportData = expectedReportData,                                // 64 bytes: what you made the workload bind
            AcceptedTcbStatuses = [TcbStatus.UpToDate, TcbStatus.SWHardeningNeeded],
            Sgx = new SgxPolicy { MrEnclaves = [expectedMrEnclave] },
        };
        Verdict verdict = QuoteVerifier.Verify(quote, collateral, TrustRoots.Production, now, policy);
        if (!verdict.Accepted)
        {
            foreach (Check reason in verdict.Reasons)
            {
                Console.WriteLine($"{reason.Id}: expected {reason.Expected}, found {reason.Actual}");
            }
        }
        // end

        Assert.True(verdict.Accepted);
    }

    [Fact]
    public void VerifiesManyReports()
    {
        var (reports, endorsements, now) = (new[] { s_snp.Report, s_snp.Report }, s_snp.SnpEndorsements(), s_snp.VerifyAt);
        var policy = EvidencePolicy.EvidenceOnly;
        var accepted = 0;

        // example: many
        var cache = new VerificationCache();                                // share it between all threads
        Parallel.ForEach(reports, report =>
        {
            Verdict verdict = SnpReportVerifier.Verify(report, endorsements, TrustRoots.Production, now, policy, cache);
            if (verdict.Accepted && verdict.Claims is SnpClaims claims)
            {
                Interlocked.Increment(ref accepted);
                Console.WriteLine($"{claims.Product}: {Convert.ToHexStringLower(claims.Measurement)}");
            }
        });
        // end

        Assert.Equal(2, accepted);
    }

    [Fact]
    public void ParsesWithoutVerifying()
    {
        var bytes = s_sgx.Quote;

        // example: parse
        QuoteError error = Quote.TryRead(bytes, out Quote quote, out int offset);
        if (error is not QuoteError.None)
        {
            throw new InvalidDataException($"{error} at byte {offset}");
        }

        if (SgxReportBody.TryRead(quote.Body, out SgxReportBody report))
        {
            Console.WriteLine($"unverified MRENCLAVE {Convert.ToHexStringLower(report.MrEnclave)}, debug {report.IsDebug}");
        }
        // end

        Assert.Equal(3, quote.Version);
    }

    [Fact]
    public void StandInTheReadme_AsTheyAreRunHere()
    {
        var source = File.ReadAllLines(Path.Combine(RepositoryPaths.Root, "tests", "Casemate.Attestation.Tests", "ReadmeExamples.cs"));
        var readme = File.ReadAllText(Path.Combine(RepositoryPaths.Root, "src", "Casemate.Attestation", "README.md"));
        var examples = 0;
        for (var i = 0; i < source.Length; i++)
        {
            if (source[i].TrimStart().StartsWith("// example: ", StringComparison.Ordinal))
            {
                var lines = source.Skip(i + 1).TakeWhile(l => l.Trim() != "// end").Select(l => l.Length > 8 ? l[8..] : "");
                Assert.Contains(string.Join('\n', lines), readme, StringComparison.Ordinal);
                examples++;
            }
        }

        Assert.Equal(3, examples);
    }
}
