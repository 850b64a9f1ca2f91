using System.Security.Cryptography;
using Casemate.Attestation;
using Casemate.Attestation.Dcap;
using Casemate.Attestation.Policy;
using Casemate.Simulator.Dcap;
using Casemate.Simulator.Pki;

namespace Casemate.Simulator.Tests;

/// <summary>The quoting enclave of the simulated machine: what it accepts, and what it makes of that.</summary>
public sealed class QuotingEnclaveTests
{
    private static readonly SimulatedQuotingEnclave s_enclave = TestPlatform.Dcap.QuotingEnclave;

    [Fact]
    public void Accepts_AReportMadeForIt()
    {
        var report = Report();
        Assert.Equal(SimulatedQuotingEnclave.ReportSize, report.Length);
        Assert.True(s_enclave.Accepts(report));
    }

    [Fact]
    public void Refuses_AReportWithAnyByteChanged()
    {
        var report = Report();
        for (var i = 0; i < report.Length; i++)
        {
            report[i] ^= 0x10;
            Assert.False(s_enclave.Accepts(report), $"byte {i} was changed");
            report[i] ^= 0x10;
        }

        Assert.True(s_enclave.Accepts(report));
    }

    [Theory]
    [InlineData(0)]                                                        // MRENCLAVE
    [InlineData(32)]                                                       // FLAGS
    [InlineData(40)]                                                       // XFRM
    [InlineData(50)]                                                       // CONFIGSVN
    [InlineData(52)]                                                       // MISCSELECT
    [InlineData(64)]                                                       // CONFIGID
    [InlineData(127)]
    public void Refuses_AReportMadeForAnotherTarget(int offset)
    {
        var target = s_enclave.TargetInfo.ToArray();
        target[offset] ^= 1;
        Assert.False(s_enclave.Accepts(TestPlatform.Dcap.Report(TestPlatform.Enclave, target, TestPlatform.ReportData)));
    }

    [Fact]
    public void Refuses_AReportOfAnotherInstallation()
    {
        var other = SimulatedPlatform.Create(TestPlatform.Noon).Dcap;
        Assert.Equal(s_enclave.TargetInfo.ToArray(), other.QuotingEnclave.TargetInfo.ToArray());
        Assert.False(s_enclave.Accepts(other.Report(TestPlatform.Enclave, s_enclave.TargetInfo.Span, TestPlatform.ReportData)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(431)]
    [InlineData(433)]
    public void Refuses_AReportOfAnotherSize(int size)
    {
        Assert.False(s_enclave.Accepts(new byte[size]));
        Assert.False(s_enclave.AcceptsSdkSimulation(new byte[size]));
        Assert.Throws<ArgumentException>(() => s_enclave.Quote(new byte[size]));
    }

    [Fact]
    public void Quote_IsAcceptedByTheVerifier_AndCarriesTheReport()
    {
        var quote = s_enclave.Quote(Report());
        var verdict = QuoteVerifier.Verify(
            quote, TestPlatform.Dcap.Collateral(Tee.Sgx, TestPlatform.Noon), TestPlatform.Roots, TestPlatform.Noon,
            EvidencePolicy.Default with
            {
                ReportData = TestPlatform.ReportData,
                Sgx = new SgxPolicy { MrEnclaves = [TestPlatform.Enclave.MrEnclave] },
            });

        Assert.Empty(verdict.Reasons);
        Assert.True(verdict.Accepted);
        Assert.Equal(s_enclave.QuoteSize, quote.Length);
    }

    [Fact]
    public void Quote_IsAcceptedByTheIndependentCheck()
    {
        using var evidence = EvidenceDirectory.OfQuote(TestPlatform.Dcap, s_enclave.Quote(Report()), Tee.Sgx);
        Assert.Equal("all checks passed", Tool.Verify("verify_dcap.py", evidence).LastLine);
    }

    [Fact]
    public void Quote_FollowsTheScenario()
    {
        var forged = TestPlatform.Dcap.With(s => s with
        {
            Signers = new() { Quote = SignedBy.Stranger },
            QuotePatches = [new BytePatch(28, [0xAB])],
        });
        var quote = forged.QuotingEnclave.Quote(Report());

        Assert.Equal(0xAB, quote[28]);
        using var evidence = EvidenceDirectory.OfQuote(TestPlatform.Dcap, quote, Tee.Sgx);
        Assert.StartsWith("FAIL quote signature", Tool.Verify("verify_dcap.py", evidence).LastLine);
    }

    [Fact]
    public void PublicKeyId_IsTheHashOfTheKeyAndItsAuthenticationData()
    {
        var quote = s_enclave.Quote(Report());
        byte[] hashed = [.. quote[500..564], .. quote[1014..1046]];
        Assert.Equal(SHA256.HashData(hashed), s_enclave.PublicKeyId.ToArray());
    }

    [Fact]
    public void QeReportInfo_BindsNonceAndQuote_ForTheEnclaveThatAsked()
    {
        var quote = s_enclave.Quote(Report());
        var asked = new byte[SimulatedQuotingEnclave.QeReportInfoSize];
        RandomNumberGenerator.Fill(asked.AsSpan(0, 16));
        s_enclave.TargetInfo.CopyTo(asked.AsMemory(16));                   // a target whose key this test can have: the enclave itself

        var answer = s_enclave.QeReportInfo(asked, quote);

        Assert.Equal(asked[..528], answer[..528]);
        var report = answer[528..];
        Assert.True(s_enclave.Accepts(report));
        Assert.Equal(SHA256.HashData([.. asked[..16], .. quote]), report[320..352]);
        Assert.Equal(new byte[32], report[352..384]);
        Assert.Equal(quote[564..884], report[..320]);                      // the QE report of the quote, but for its report data
    }

    [Fact]
    public void ReportOfTheSdkSimulation_IsAcceptedByItsOwnRuleOnly()
    {
        var report = Report();
        Assert.False(s_enclave.AcceptsSdkSimulation(report));

        SdkSimulationReport.Mac(report, s_enclave.TargetInfo.Span, report.AsSpan(416));
        Assert.True(s_enclave.AcceptsSdkSimulation(report));
        Assert.False(s_enclave.Accepts(report));
    }

    private static byte[] Report() =>
        TestPlatform.Dcap.Report(TestPlatform.Enclave, s_enclave.TargetInfo.Span, TestPlatform.ReportData);
}
