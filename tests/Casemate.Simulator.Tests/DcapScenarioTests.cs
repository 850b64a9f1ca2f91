using System.Security.Cryptography.X509Certificates;
using Casemate.Attestation;
using Casemate.Attestation.Dcap;
using Casemate.Attestation.Policy;
using Casemate.Attestation.Sgx;
using Casemate.Simulator.Dcap;
using Casemate.Simulator.Pki;

namespace Casemate.Simulator.Tests;

/// <summary>
/// What Casemate's verifier finds in simulated SGX and TDX evidence: nothing wrong in the default scenario, and in every other
/// one exactly the check that the scenario is made for.
/// </summary>
public sealed class DcapScenarioTests
{
    private static readonly EvidencePolicy Policy = EvidencePolicy.Default with
    {
        ReportData = TestPlatform.ReportData,
        Sgx = new SgxPolicy { MrEnclaves = [TestPlatform.Enclave.MrEnclave] },
        Tdx = new TdxPolicy { MrTds = [TestPlatform.Td.MrTd] },
    };

    public static TheoryData<string> Quotes => IndependentDcapTests.Quotes;

    [Theory]
    [MemberData(nameof(Quotes))]
    public void Default_IsAcceptedAndSaysSimulated(string kind)
    {
        var verdict = Verify(kind, TestPlatform.Dcap, TestPlatform.Roots);

        Assert.Empty(verdict.Reasons);
        Assert.True(verdict.Accepted);
        Assert.True(verdict.Simulated);
        Assert.Equal(TcbStatus.UpToDate, verdict.TcbStatus);
        Assert.Empty(verdict.AdvisoryIds);
        Assert.Equal(TestPlatform.ReportData, verdict.Claims!.ReportData);
    }

    [Theory]
    [MemberData(nameof(Quotes))]
    public void Default_IsRefusedUnderProductionRoots(string kind)
    {
        var verdict = Verify(kind, TestPlatform.Dcap, TrustRoots.Production);

        Assert.Equal([CheckId.TrustRoot], verdict.Reasons.Select(c => c.Id));
        Assert.Null(verdict.Claims);
    }

    [Fact]
    public void Default_IsRefusedUnderTheRootOfAnotherInstallation()
    {
        var other = SimulatedPlatform.Create(TestPlatform.Noon).Allow(TrustRoots.Production);
        Assert.Equal([CheckId.TrustRoot], Verify("sgx3", TestPlatform.Dcap, other).Reasons.Select(c => c.Id));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void EveryCertificationDataType_IsAccepted(int type)
    {
        foreach (var kind in new[] { "sgx3", "tdx4", "tdx5-1.5" })
        {
            var verdict = Verify(kind, TestPlatform.Dcap.With(s => s with { CertificationDataType = type }), TestPlatform.Roots);
            Assert.Empty(verdict.Reasons);
            Assert.True(verdict.Accepted);
        }
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(false, false)]
    public void Claims_DescribeTheMachine(bool platformCa, bool known)
    {
        var dcap = TestPlatform.Dcap.With(s => s with
        {
            Machine = s.Machine with { PlatformCa = platformCa, DynamicPlatform = true, SgxType = SgxType.ScalableWithIntegrity },
        });
        var platform = ((SgxClaims)Verify("sgx3", dcap, TestPlatform.Roots).Claims!).Platform;

        Assert.Equal("990077000000", Convert.ToHexStringLower(platform.Fmspc));
        Assert.Equal(dcap.Scenario.Machine.ComponentSvns, platform.ComponentSvns);
        Assert.Equal(13, platform.PceSvn);
        Assert.Equal(SgxType.ScalableWithIntegrity, platform.SgxType);
        Assert.Equal(known ? true : null, platform.DynamicPlatform);
        Assert.Equal(known ? false : null, platform.CachedKeys);
        Assert.Equal(known ? true : null, platform.SmtEnabled);
        Assert.Equal(known, platform.PlatformInstanceId is not null);
    }

    [Theory]
    [InlineData("UpToDate")]
    [InlineData("SWHardeningNeeded")]
    [InlineData("ConfigurationNeeded")]
    [InlineData("ConfigurationAndSWHardeningNeeded")]
    [InlineData("OutOfDate")]
    [InlineData("OutOfDateConfigurationNeeded")]
    [InlineData("Revoked")]
    public void TcbInfo_DecidesTheStatus(string status)
    {
        var dcap = TestPlatform.Dcap.With(s => s with
        {
            SgxTcbInfo = s.SgxTcbInfo.WithNewestLevel(status, "INTEL-SA-00615"),
            TdxTcbInfo = s.TdxTcbInfo.WithNewestLevel(status, "INTEL-SA-00615"),
        });
        foreach (var kind in new[] { "sgx3", "tdx4", "tdx5-1.5" })
        {
            var verdict = Verify(kind, dcap, TestPlatform.Roots);
            Assert.Equal(status, verdict.TcbStatus.ToString());
            Assert.Equal(["INTEL-SA-00615"], verdict.AdvisoryIds);
            Assert.Equal(status == "UpToDate" ? [] : [CheckId.TcbStatus], verdict.Reasons.Select(c => c.Id));
        }
    }

    [Fact]
    public void LevelsBelowTheMachine_AreReachedByAnOlderMachine()
    {
        TcbStatus? StatusOf(byte[] components, ushort pceSvn) => Verify(
            "sgx3",
            TestPlatform.Dcap.With(s => s with { Machine = s.Machine with { ComponentSvns = components, PceSvn = pceSvn } }),
            TestPlatform.Roots).TcbStatus;

        Assert.Equal(TcbStatus.UpToDate, StatusOf([9, 9, 3, 3, 255, 1, 0, 6, 0, 0, 0, 0, 0, 0, 0, 0], 14));
        Assert.Equal(TcbStatus.ConfigurationNeeded, StatusOf([8, 8, 3, 3, 4, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0, 0], 13));
        Assert.Equal(TcbStatus.OutOfDate, StatusOf([7, 8, 3, 3, 4, 1, 0, 6, 0, 0, 0, 0, 0, 0, 0, 0], 13));
        Assert.Equal(TcbStatus.OutOfDateConfigurationNeeded, StatusOf([7, 8, 3, 3, 4, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0, 0], 13));
        Assert.Equal(TcbStatus.Revoked, StatusOf([1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], 5));
        Assert.Equal(TcbStatus.NotSupported, StatusOf(new byte[16], 5));
    }

    [Fact]
    public void TdLaunchedOnAnOlderModule_IsAdvisedToRelaunch()
    {
        var td = TestPlatform.Td with { TeeTcbSvn = [4, 1, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0] };
        var quote = TestPlatform.Dcap.QuoteTdx(td, TestPlatform.ReportData, 5);
        Assert.Equal(TcbStatus.TDRelaunchAdvised, Verify(quote, Tee.Tdx, TestPlatform.Dcap, TestPlatform.Roots).TcbStatus);

        quote = TestPlatform.Dcap.QuoteTdx(td, TestPlatform.ReportData, 4);
        Assert.Equal(TcbStatus.OutOfDate, Verify(quote, Tee.Tdx, TestPlatform.Dcap, TestPlatform.Roots).TcbStatus);
    }

    [Fact]
    public void TcbInfoOfVersion2_IsEvaluated()
    {
        var dcap = TestPlatform.Dcap.With(s => s with { SgxTcbInfo = s.SgxTcbInfo with { Id = null, Version = 2 } });
        Assert.True(Verify("sgx3", dcap, TestPlatform.Roots).Accepted);
    }

    private static Verdict Verify(string kind, SimulatedDcap dcap, TrustRoots roots) =>
        Verify(TestQuotes.Make(kind, dcap), kind.StartsWith("tdx", StringComparison.Ordinal) ? Tee.Tdx : Tee.Sgx, dcap, roots);

    private static Verdict Verify(byte[] quote, Tee tee, SimulatedDcap dcap, TrustRoots roots) =>
        QuoteVerifier.Verify(quote, dcap.Collateral(tee, TestPlatform.Noon), roots, TestPlatform.Noon, Policy);
}
