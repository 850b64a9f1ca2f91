using System.Text;
using System.Text.Json.Nodes;
using Casemate.Attestation.Azure;
using Casemate.Attestation.Pki;
using Casemate.Attestation.Policy;
using Casemate.Attestation.Snp;
using Casemate.Testing;

namespace Casemate.Attestation.Tests.Azure;

/// <summary>Real evidence of Azure confidential VMs under AMD's root.</summary>
public sealed class AzureCorpusTests
{
    private static readonly CorpusCase s_milan = CorpusCase.Get("azure-hcl-milan-vtpm");

    // Real evidence comes without a revocation list; everything but that and the workload is asked.
    private static readonly EvidencePolicy s_policy = EvidencePolicy.EvidenceOnly with { AcceptUnboundEvidence = false };

    [Fact]
    public void Accepts_RealVm_ForItsNonce()
    {
        var verdict = Verify(Milan(), s_policy with { ReportData = Nonce("challenge"u8) });

        Assert.Empty(verdict.Reasons);
        Assert.True(verdict.Accepted);
        Assert.False(verdict.Simulated);
        Assert.Equal("Azure vTPM over SEV-SNP report v2 (Milan)", verdict.Format);
        var claims = Assert.IsType<SnpClaims>(verdict.Claims);
        var facts = CorpusCase.Get("trustee-azure-hcl-milan-v2").Facts;
        Assert.Equal(facts.GetProperty("measurement").GetString(), Convert.ToHexStringLower(claims.Measurement));
        Assert.Equal("challenge", Encoding.ASCII.GetString(verdict.Vtpm!.Nonce));
        Assert.Equal(24, verdict.Vtpm.Pcrs.Count);
    }

    [Fact]
    public void Refuses_RealVm_ForAnotherNonce() =>
        AssertRefused([CheckId.VtpmNonce], Verify(Milan(), s_policy with { ReportData = Nonce("challengf"u8) }));

    [Fact]
    public void Refuses_RealVm_WithoutNonceInTheHardwareReport_WhenThePolicyWantsIt() => AssertRefused(
        [CheckId.VtpmUserData],
        Verify(Milan(), s_policy with { ReportData = Nonce("challenge"u8), Vtpm = new VtpmPolicy { RequireUserData = true } }));

    [Fact]
    public void Refuses_RealQuoteOfAnotherTpm()
    {
        var evidence = Milan();
        var foreign = evidence with
        {
            Quote = new VtpmQuote(s_milan.File("tpm-quote.msg"), s_milan.File("tpm-quote.sig"), evidence.Quote.Pcrs),
        };

        var verdict = Verify(foreign, s_policy with { ReportData = Nonce("challenge"u8) });

        // The PCR values beside it are those of the other quote as well.
        AssertRefused([CheckId.VtpmQuoteSignature, CheckId.VtpmPcrDigest], verdict);
        Assert.Null(verdict.Claims);
        Assert.Null(verdict.Vtpm);
    }

    [Fact]
    public void Refuses_RealReport_UnderTheKeyOfAnotherChip()
    {
        var item = CorpusCase.Get("neg-azure-hcl-mismatched-vcek");
        var vcek = Certificates(item.File("certs.pem"))[0];
        var evidence = Milan() with { HclReport = item.File("hcl-report.bin"), Vcek = vcek };

        var verdict = AzureVerifier.Verify(evidence, Endorsements(), TrustRoots.Production, item.VerifyAt, EvidencePolicy.EvidenceOnly);

        Assert.False(verdict.Accepted);
        Assert.Null(verdict.Claims);
        Assert.All(verdict.Checks.Where(c => c.Id is CheckId.EvidenceFormat), c => Assert.Equal(CheckOutcome.Passed, c.Outcome));
        Assert.Equal(CheckOutcome.Failed, verdict.Checks.Single(c => c.Id is CheckId.SnpReportSignature).Outcome);
        Assert.Equal(CheckOutcome.Passed, verdict.Checks.Single(c => c.Id is CheckId.RuntimeData).Outcome);
    }

    [Fact]
    public void Accepts_RealEvidenceOfVersion2_WithTheNonceInBothPlaces()
    {
        Assert.True(AzureEvidence.TryRead(RealEvidence.AzureSnpEvidenceV2, Tee.Snp, out var evidence, out _));
        var nonce = Convert.FromHexString(
            "982f5c6e45df0ed3f10b6f60b02f0c8390e281300f3805e2279c16168cd6ae9aa398f647caa2338748cd0fd9f5f819ef");
        var at = new DateTimeOffset(2025, 11, 1, 0, 0, 0, TimeSpan.Zero);

        var verdict = AzureVerifier.Verify(
            evidence, Endorsements(), TrustRoots.Production, at, s_policy with { ReportData = Nonce(nonce) });

        Assert.Empty(verdict.Reasons);
        Assert.True(verdict.Accepted);
        Assert.Equal(CheckOutcome.Passed, verdict.Checks.Single(c => c.Id is CheckId.VtpmUserData).Outcome);
        Assert.Equal(Nonce(nonce), verdict.Vtpm!.RuntimeData.UserData!.Value.ToArray());
        Assert.True(verdict.Vtpm.RuntimeData.SecureBoot);
    }

    [Fact]
    public void Takes_TheVcekFromElsewhere_WhereTheEvidenceHasNone()
    {
        var policy = s_policy with { ReportData = Nonce("challenge"u8) };
        var evidence = Milan();

        var verdict = AzureVerifier.Verify(
            evidence with { Vcek = null }, Endorsements() with { Vek = evidence.Vcek!.Value }, TrustRoots.Production, s_milan.VerifyAt,
            policy);

        Assert.True(verdict.Accepted);
    }

    private static AzureEvidence Milan()
    {
        var json = new JsonObject
        {
            ["version"] = 1,
            ["tpm_quote"] = JsonNode.Parse(s_milan.File("tpm-quote-v1.json")),
            ["hcl_report"] = Convert.ToBase64String(s_milan.File("hcl-report.bin")).Replace('+', '-').Replace('/', '_'),
            ["vcek"] = Convert.ToBase64String(Certificates(s_milan.File("vcek-chain.pem"))[0]).Replace('+', '-').Replace('/', '_'),
        };
        Assert.True(AzureEvidence.TryRead(Encoding.UTF8.GetBytes(json.ToJsonString()), Tee.Snp, out var evidence, out var error), error);
        return evidence;
    }

    private static SnpEndorsements Endorsements()
    {
        var chain = Certificates(s_milan.File("vcek-chain.pem"));
        return new SnpEndorsements { Vek = ReadOnlyMemory<byte>.Empty, Ask = chain[1], Ark = chain[2] };
    }

    private static List<byte[]> Certificates(byte[] pem)
    {
        Assert.True(PemCertificates.TryRead(pem, out var certificates, out var error), error);
        return [.. certificates.Select(c => c.Der.ToArray())];
    }

    private static byte[] Nonce(ReadOnlySpan<byte> nonce) => [.. nonce, .. new byte[64 - nonce.Length]];

    private static Verdict Verify(AzureEvidence evidence, EvidencePolicy policy) =>
        AzureVerifier.Verify(evidence, Endorsements(), TrustRoots.Production, s_milan.VerifyAt, policy);

    private static void AssertRefused(CheckId[] reasons, Verdict verdict)
    {
        Assert.False(verdict.Accepted);
        Assert.Equal(reasons, verdict.Reasons.Select(c => c.Id));
    }
}
