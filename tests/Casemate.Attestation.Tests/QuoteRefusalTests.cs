using System.Text;
using Casemate.Attestation.Dcap;
using Casemate.Attestation.Policy;
using Casemate.Testing;

namespace Casemate.Attestation.Tests;

/// <summary>Evidence and collateral that a strict verifier refuses, each for its own named reason.</summary>
public sealed class QuoteRefusalTests
{
    private static readonly CorpusCase s_real = CorpusCase.Get("automata-sgx-platCA-swhardening");

    [Fact]
    public void Refuses_BrokenChain_WhoseOtherSignaturesHold()
    {
        var item = CorpusCase.Get("neg-oe-sgx-report-bad");

        var verdict = QuoteVerifier.Verify(
            item.Quote, s_real.DcapCollateral(), TrustRoots.Production, item.VerifyAt, EvidencePolicy.EvidenceOnly);

        Assert.False(verdict.Accepted);
        Assert.Null(verdict.Claims);
        Assert.Contains(verdict.Reasons, c => c.Id is CheckId.PckChain);
        Assert.Contains(verdict.Checks, c => c is { Id: CheckId.QuoteSignature, Outcome: CheckOutcome.Passed });
    }

    [Fact]
    public void AcceptsIntelsSample_OnlyUnderItsOwnRoot()
    {
        var (quote, collateral, root) = IntelSample();
        var at = CorpusCase.Get("synthetic-intel-qvl-sample-sgx").VerifyAt;
        var policy = EvidencePolicy.EvidenceOnly with { Sgx = new SgxPolicy { AcceptProvisionKey = true, AcceptEinitTokenKey = true } };

        var under = QuoteVerifier.Verify(quote, collateral, TrustRoots.None.AllowSimulatedSgxRoot(root), at, policy);
        var production = QuoteVerifier.Verify(quote, collateral, TrustRoots.Production, at, policy);

        Assert.DoesNotContain(under.Reasons, c => c.Id is not CheckId.Debug);
        Assert.Equal(TcbStatus.UpToDate, under.TcbStatus);
        Assert.True(under.Simulated);
        Assert.False(production.Accepted);
        Assert.Equal(CheckId.TrustRoot, production.Reasons.First().Id);
        Assert.True(production.Simulated);
    }

    [Fact]
    public void Refuses_CollateralOfAnotherRoot()
    {
        var (_, sample, root) = IntelSample();
        var roots = TrustRoots.Production.AllowSimulatedSgxRoot(root);
        var mixed = s_real.DcapCollateral() with { TcbInfo = sample.TcbInfo };

        var verdict = QuoteVerifier.Verify(s_real.Quote, mixed, roots, s_real.VerifyAt, EvidencePolicy.EvidenceOnly);

        Assert.Contains(verdict.Reasons, c => c.Id is CheckId.TcbInfoSigner);
        Assert.Null(verdict.TcbStatus);
    }

    public static TheoryData<string> Quotes =>
        [.. CorpusCase.OfKind("sgx-quote", "tdx-quote").Where(c => c.Expected.GetProperty("signature_chain").GetString() == "valid").Select(c => c.Id)];

    [Theory]
    [MemberData(nameof(Quotes))]
    public void SaysExpired_OneSecondAfterTheWindow_WithUnchangedStatus(string id)
    {
        var item = CorpusCase.Get(id);
        var at = item.CollateralWindow().End.AddSeconds(1);

        var verdict = QuoteVerifier.Verify(item.Quote, item.DcapCollateral(), TrustRoots.Production, at, EvidencePolicy.EvidenceOnly);

        Assert.False(verdict.Accepted);
        Assert.Contains(verdict.Reasons, c => c.Id.ToString().EndsWith("Freshness", StringComparison.Ordinal) && c.Actual.StartsWith("Expired", StringComparison.Ordinal));
        AssertStatus(item, verdict);
        Assert.NotNull(verdict.Claims);
    }

    [Theory]
    [MemberData(nameof(Quotes))]
    public void SaysNotYetValid_OneSecondBeforeTheWindow_WithUnchangedStatus(string id)
    {
        var item = CorpusCase.Get(id);
        var at = item.CollateralWindow().Start.AddSeconds(-1);

        var verdict = QuoteVerifier.Verify(item.Quote, item.DcapCollateral(), TrustRoots.Production, at, EvidencePolicy.EvidenceOnly);

        Assert.False(verdict.Accepted);
        Assert.Contains(verdict.Reasons, c => c.Actual.StartsWith("NotYetValid", StringComparison.Ordinal));
        AssertStatus(item, verdict);
    }

    [Fact]
    public void Refuses_PlatformDataThatClaimToBeAChain()
    {
        // Certification data are not signed. Under type 5 their PPID, PCESVN and PCEID would be compared with nothing.
        var dcap = Simulated.Dcap.With(s => s with { CertificationDataType = 1 });
        var quote = dcap.QuoteSgx(new Casemate.Simulator.SimulatedEnclave { MrEnclave = new byte[32] }, new byte[64]);
        Assert.Equal(QuoteError.None, Quote.TryRead(quote, out var parsed, out _));
        Assert.True(quote.AsSpan().Overlaps(parsed.CertificationData, out var start));
        Verdict Verify() => QuoteVerifier.Verify(
            quote, dcap.Collateral(Tee.Sgx, Simulated.Noon), Simulated.Roots, Simulated.Noon, EvidencePolicy.EvidenceOnly);

        Assert.True(Verify().Accepted);
        quote[start - 6] = 5;
        var verdict = Verify();

        Assert.Equal([CheckId.PckChain], verdict.Reasons.Select(c => c.Id));
        Assert.Null(verdict.Claims);
    }

    [Fact]
    public void ToleratesExpiredCollateral_OnlyWithinTheGraceOfThePolicy()
    {
        var end = s_real.CollateralWindow().End;
        var policy = EvidencePolicy.EvidenceOnly with
        {
            AcceptedTcbStatuses = [TcbStatus.SWHardeningNeeded],
            CollateralGrace = TimeSpan.FromDays(1),
        };

        bool Accepts(TimeSpan after) =>
            QuoteVerifier.Verify(s_real.Quote, s_real.DcapCollateral(), TrustRoots.Production, end + after, policy).Accepted;

        Assert.True(Accepts(TimeSpan.FromDays(1)));
        Assert.False(Accepts(TimeSpan.FromDays(1) + TimeSpan.FromSeconds(1)));
    }

    [Fact]
    public void TcbDateFloor_IsInclusive_AndLiftsOnlyOutOfDate()
    {
        var item = CorpusCase.Get("oe-tdx-v5-outofdate");
        bool Accepts(long floor) => QuoteVerifier.Verify(
            item.Quote, item.DcapCollateral(), TrustRoots.Production, item.VerifyAt,
            EvidencePolicy.EvidenceOnly with { TcbDateFloor = DateTimeOffset.FromUnixTimeSeconds(floor), Tdx = Lenient })
            .Reasons.All(c => c.Id is not CheckId.TcbStatus);

        Assert.True(Accepts(1691539200));
        Assert.False(Accepts(1691539201));
    }

    [Fact]
    public void HintsAtReformatting_WhenAReindentedDocumentDoesNotVerify()
    {
        var collateral = s_real.DcapCollateral();
        using var document = System.Text.Json.JsonDocument.Parse(collateral.TcbInfo.Body);
        using var stream = new MemoryStream();
        using (var writer = new System.Text.Json.Utf8JsonWriter(stream, new System.Text.Json.JsonWriterOptions { Indented = true }))
        {
            document.WriteTo(writer);
        }

        var reindented = collateral with { TcbInfo = collateral.TcbInfo with { Body = stream.ToArray() } };
        var verdict = QuoteVerifier.Verify(s_real.Quote, reindented, TrustRoots.Production, s_real.VerifyAt, EvidencePolicy.EvidenceOnly);

        Assert.Contains("reformatted", Assert.Single(verdict.Reasons, c => c.Id is CheckId.TcbInfoSignature).Actual, StringComparison.Ordinal);
        Assert.Null(verdict.TcbStatus);
    }

    [Theory]
    [InlineData("quote.padded.bin")]
    [InlineData("quote.trailing.bin")]
    public void IgnoresAndCounts_BytesAfterTheQuote(string file)
    {
        var item = CorpusCase.All.First(c => c.Kind.EndsWith("-quote", StringComparison.Ordinal) && c.Has(file));

        var verdict = QuoteVerifier.Verify(item.File(file), item.DcapCollateral(), TrustRoots.Production, item.VerifyAt, EvidencePolicy.EvidenceOnly);
        var plain = QuoteVerifier.Verify(item.Quote, item.DcapCollateral(), TrustRoots.Production, item.VerifyAt, EvidencePolicy.EvidenceOnly);

        Assert.Contains("bytes that are ignored", verdict.Checks[0].Actual, StringComparison.Ordinal);
        Assert.Equal<Check>(plain.Checks.Skip(1), verdict.Checks.Skip(1));
    }

    [Fact]
    public void DefaultPolicy_RefusesWhatNamesNoIdentityAndNoReportData()
    {
        var item = CorpusCase.Get("automata-sgx-platCA-swhardening");

        var verdict = QuoteVerifier.Verify(item.Quote, item.DcapCollateral(), TrustRoots.Production, item.VerifyAt, EvidencePolicy.Default);

        Assert.Contains(verdict.Reasons, c => c.Id is CheckId.Identity);
        Assert.Contains(verdict.Reasons, c => c.Id is CheckId.ReportData);
    }

    private static TdxPolicy Lenient => new() { AcceptSeptVe = true, AcceptAnyServiceTd = true, AcceptMigratable = true };

    private static void AssertStatus(CorpusCase item, Verdict verdict)
    {
        var expected = item.ExpectedTcbStatus!;
        Assert.Equal(expected.StartsWith("TcbNotSupported", StringComparison.Ordinal) ? "NotSupported" : expected, verdict.TcbStatus.ToString());
    }

    private static (byte[] Quote, DcapCollateral Collateral, byte[] Root) IntelSample()
    {
        var item = CorpusCase.Get("synthetic-intel-qvl-sample-sgx");
        SignedDocument Signed(string file, string member)
        {
            var bytes = item.File(file);
            var text = Encoding.UTF8.GetString(bytes);
            var start = text.IndexOf('{', text.IndexOf($"\"{member}\"", StringComparison.Ordinal));
            var end = text.LastIndexOf(",\"signature\"", StringComparison.Ordinal);
            using var document = System.Text.Json.JsonDocument.Parse(bytes);
            return new SignedDocument(
                Encoding.UTF8.GetBytes(text[start..end]), Convert.FromHexString(document.RootElement.GetProperty("signature").GetString()!),
                item.File("tcbSignChain.pem"));
        }

        byte[] chain = [.. item.File("pckCert.pem"), (byte)'\n', .. item.File("pckSignChain.pem")];
        var collateral = new DcapCollateral
        {
            TcbInfo = Signed("tcbInfo.json", "tcbInfo"),
            QeIdentity = Signed("qeIdentity.json", "enclaveIdentity"),
            RootCaCrl = item.File("rootCaCrl.der"),
            PckCrl = item.File("intermediateCaCrl.der"),
            PckCertificateChainPem = chain,
        };
        using var root = System.Security.Cryptography.X509Certificates.X509Certificate2.CreateFromPem(
            Encoding.ASCII.GetString(item.File("trustedRootCaCert.pem")));
        return (item.File("quote.dat"), collateral, root.RawData);
    }
}
