using Casemate.Attestation.Policy;
using Casemate.Attestation.Snp;
using Casemate.Testing;

namespace Casemate.Attestation.Tests;

/// <summary>Every real SEV-SNP report of the corpus gets exactly the expected verdict at the case's time.</summary>
public sealed class SnpCorpusTests
{
    public static TheoryData<string> Reports => [.. CorpusCase.OfKind("snp-report").Select(c => c.Id)];

    [Theory]
    [MemberData(nameof(Reports))]
    public void Evaluates_RealReport_AsExpected(string id)
    {
        var item = CorpusCase.Get(id);
        var verdict = SnpReportVerifier.Verify(
            item.Report, item.SnpEndorsements(), TrustRoots.Production, item.VerifyAt, EvidencePolicy.EvidenceOnly);

        // Debugging is the one thing that a real report of the corpus is refused for.
        var debug = item.Facts.GetProperty("debug_allowed").GetBoolean();
        Assert.Equal(debug ? [CheckId.Debug] : [], verdict.Reasons.Select(c => c.Id));
        Assert.False(verdict.Simulated);
        var claims = Assert.IsType<SnpClaims>(verdict.Claims);
        var json = item.Json;
        Assert.Equal(json.GetProperty("product").GetString(), claims.Product.ToString());
        Assert.Equal(json.GetProperty("report_version").GetUInt32(), claims.Version);
        Assert.Equal(json.GetProperty("signer").GetString(), claims.Signer.ToString().ToUpperInvariant());
        Assert.Equal(item.Facts.GetProperty("measurement").GetString(), Convert.ToHexStringLower(claims.Measurement));
        Assert.Equal(Convert.ToUInt64(item.Facts.GetProperty("policy").GetString(), 16), claims.Policy);
        Assert.Equal(Convert.ToUInt64(item.Facts.GetProperty("platform_info").GetString(), 16), claims.PlatformInfo);
        var tcb = item.Facts.GetProperty("tcb");
        AssertTcb(tcb.GetProperty("current"), claims.CurrentTcb);
        AssertTcb(tcb.GetProperty("reported"), claims.ReportedTcb);
        AssertTcb(tcb.GetProperty("committed"), claims.CommittedTcb);
        AssertTcb(tcb.GetProperty("launch"), claims.LaunchTcb);
    }

    [Theory]
    [MemberData(nameof(Reports))]
    public void Evaluates_RealReport_TheSame_WithCache(string id)
    {
        var item = CorpusCase.Get(id);
        var cache = new VerificationCache();
        var cold = SnpReportVerifier.Verify(
            item.Report, item.SnpEndorsements(), TrustRoots.Production, item.VerifyAt, EvidencePolicy.EvidenceOnly);
        for (var i = 0; i < 3; i++)
        {
            var warm = SnpReportVerifier.Verify(
                item.Report, item.SnpEndorsements(), TrustRoots.Production, item.VerifyAt, EvidencePolicy.EvidenceOnly, cache);
            Assert.Equal<Check>(cold.Checks, warm.Checks);
        }
    }

    [Fact]
    public void Refuses_ReportWithoutRevocationList_ByDefault()
    {
        var item = CorpusCase.Get("oak-genoa-v5-vcek");
        var policy = EvidencePolicy.EvidenceOnly with { AcceptUnknownRevocation = false };

        var verdict = SnpReportVerifier.Verify(item.Report, item.SnpEndorsements(), TrustRoots.Production, item.VerifyAt, policy);

        Assert.Equal(CheckId.SnpCrl, Assert.Single(verdict.Reasons).Id);
    }

    [Fact]
    public void Refuses_VcekThatDoesNotChainToAmd()
    {
        var item = CorpusCase.Get("neg-trustee-vcek-invalid-legacy");
        var milan = CorpusCase.Get("virtee-milan-v2-vcek");
        var endorsements = milan.SnpEndorsements() with { Vek = item.File("vcek.der") };

        var verdict = SnpReportVerifier.Verify(item.Report, endorsements, TrustRoots.Production, item.VerifyAt, EvidencePolicy.EvidenceOnly);

        Assert.False(verdict.Accepted);
        Assert.Contains(verdict.Reasons, c => c.Id is CheckId.SnpChain);
        Assert.Null(verdict.Claims);
    }

    [Fact]
    public void Refuses_ReportOfAnotherChip()
    {
        var item = CorpusCase.Get("virtee-milan-v2-vcek");
        var other = CorpusCase.Get("gosev-milan-v2-vcek");

        var verdict = SnpReportVerifier.Verify(
            item.Report, other.SnpEndorsements(), TrustRoots.Production, item.VerifyAt, EvidencePolicy.EvidenceOnly);

        Assert.Contains(verdict.Reasons, c => c.Id is CheckId.SnpReportSignature);
        Assert.Contains(verdict.Reasons, c => c.Id is CheckId.ChipId);
    }

    private static void AssertTcb(System.Text.Json.JsonElement expected, SnpTcb actual)
    {
        Assert.Equal(expected.TryGetProperty("fmc", out var fmc) ? fmc.GetByte() : (byte?)null, actual.Fmc);
        Assert.Equal(expected.GetProperty("bootloader").GetByte(), actual.BootLoader);
        Assert.Equal(expected.GetProperty("tee").GetByte(), actual.Tee);
        Assert.Equal(expected.GetProperty("snp").GetByte(), actual.Snp);
        Assert.Equal(expected.GetProperty("microcode").GetByte(), actual.Microcode);
    }
}
