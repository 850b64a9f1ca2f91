using Casemate.Attestation;
using Casemate.Attestation.Policy;
using Casemate.Attestation.Snp;
using Casemate.Simulator.Pki;
using Casemate.Simulator.Snp;

namespace Casemate.Simulator.Tests;

/// <summary>
/// What Casemate's verifier finds in simulated SEV-SNP evidence: nothing wrong in the default scenario, and in every other one
/// exactly the check that the scenario is made for.
/// </summary>
public sealed class SnpScenarioTests
{
    private static readonly EvidencePolicy Policy = EvidencePolicy.Default with
    {
        ReportData = TestPlatform.ReportData,
        Snp = new SnpPolicy { Measurements = [TestPlatform.Guest.Measurement] },
    };

    public static TheoryData<SnpProduct, int> Reports => IndependentSnpTests.Reports;

    [Theory]
    [MemberData(nameof(Reports))]
    public void Default_IsAcceptedAndSaysSimulated(SnpProduct product, int version)
    {
        var snp = TestPlatform.Snp(product);
        var verdict = Verify(snp, version);

        Assert.Empty(verdict.Reasons);
        Assert.True(verdict.Accepted);
        Assert.True(verdict.Simulated);
        var claims = Assert.IsType<SnpClaims>(verdict.Claims);
        Assert.Equal(product, claims.Product);
        Assert.Equal((uint)version, claims.Version);
        Assert.Equal(snp.Scenario.ReportedTcb, claims.ReportedTcb);
        Assert.Equal(version == 5 ? 1UL : null, claims.LaunchMitigationVector);
    }

    [Theory]
    [MemberData(nameof(Reports))]
    public void Default_IsRefusedUnderProductionRoots(SnpProduct product, int version)
    {
        var verdict = Verify(TestPlatform.Snp(product), version, TrustRoots.Production);

        Assert.Equal([CheckId.TrustRoot], verdict.Reasons.Select(c => c.Id));
        Assert.Null(verdict.Claims);
    }

    [Fact]
    public void Default_IsRefusedUnderTheSgxRootAlone()
    {
        var roots = TrustRoots.Production.AllowSimulatedSgxRoot(TestPlatform.Dcap.RootCaDer);
        Assert.Equal([CheckId.TrustRoot], Verify(TestPlatform.Snp(SnpProduct.Milan), 3, roots).Reasons.Select(c => c.Id));
    }

    [Theory]
    [InlineData(SnpProduct.Milan)]
    [InlineData(SnpProduct.Turin)]
    public void Vlek_IsAccepted(SnpProduct product)
    {
        var snp = TestPlatform.Snp(product).With(s => s with { SigningKey = SnpSigner.Vlek });
        var verdict = Verify(snp, 3);

        Assert.Empty(verdict.Reasons);
        var claims = Assert.IsType<SnpClaims>(verdict.Claims);
        Assert.Equal(SnpSigner.Vlek, claims.Signer);
        Assert.Equal("CN=simulator.casemate.invalid", claims.CspId);
        Assert.All(claims.ChipId, b => Assert.Equal(0, b));
    }

    [Fact]
    public void FirmwareOnProbation_IsAcceptedAndReported()
    {
        var snp = TestPlatform.Snp(SnpProduct.Milan).With(s => s with
        {
            CurrentTcb = s.CurrentTcb with { Snp = (byte)(s.CurrentTcb.Snp + 1) },
        });
        var verdict = Verify(snp, 3);
        Assert.Empty(verdict.Reasons);
        Assert.NotEqual(((SnpClaims)verdict.Claims!).CommittedTcb, ((SnpClaims)verdict.Claims).CurrentTcb);
    }

    [Fact]
    public void AnotherTcb_HasAnotherKey()
    {
        var snp = TestPlatform.Snp(SnpProduct.Milan);
        var older = snp.With(s => s with { ReportedTcb = s.ReportedTcb with { Microcode = 1 } });

        Assert.True(Verify(older, 3).Accepted);
        var report = older.Report(TestPlatform.Guest, TestPlatform.ReportData);
        var verdict = SnpReportVerifier.Verify(report, snp.Endorsements(TestPlatform.Noon), TestPlatform.Roots, TestPlatform.Noon, Policy);
        Assert.Equal([CheckId.SnpReportSignature, CheckId.VekTcb], verdict.Reasons.Select(c => c.Id));
    }

    [Theory]
    [InlineData(SnpProduct.Milan, SnpProduct.Genoa)]
    [InlineData(SnpProduct.Genoa, SnpProduct.Milan)]
    public void ProcessorOfAnotherProduct_FailsThatCheckAlone(SnpProduct product, SnpProduct claimed)
    {
        var snp = TestPlatform.Snp(product).With(s => s with { Cpu = CpuIdentity.Of(claimed) });
        Assert.Equal([CheckId.SnpProduct], Verify(snp, 3).Reasons.Select(c => c.Id));
    }

    private static Verdict Verify(SimulatedSnp snp, int version, TrustRoots? roots = null) => SnpReportVerifier.Verify(
        snp.Report(TestPlatform.Guest, TestPlatform.ReportData, version),
        snp.Endorsements(TestPlatform.Noon),
        roots ?? TestPlatform.Instance.Allow(TrustRoots.Production),
        TestPlatform.Noon,
        Policy);
}
