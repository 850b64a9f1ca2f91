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

    public static TheoryData<string> WrongNames => [.. Wrong.Keys];

    [Theory]
    [MemberData(nameof(WrongNames))]
    public void WrongInOneWay_FailsThatCheckAlone(string name)
    {
        var (kind, change, expected) = Wrong[name];
        var verdict = Verify(kind, TestPlatform.Dcap.With(change), TestPlatform.Roots);

        Assert.Equal(expected, verdict.Reasons.Select(c => c.Id));
        Assert.False(verdict.Accepted);
    }

    public static TheoryData<string> WrongWorkloadNames => [.. WrongWorkloads.Keys];

    [Theory]
    [MemberData(nameof(WrongWorkloadNames))]
    public void WorkloadThatBreaksThePolicy_FailsThatCheckAlone(string name)
    {
        var (tee, make, expected) = WrongWorkloads[name];
        var verdict = Verify(make(TestPlatform.Dcap), tee, TestPlatform.Dcap, TestPlatform.Roots);

        Assert.Equal([expected], verdict.Reasons.Select(c => c.Id));
        Assert.NotNull(verdict.Claims);
    }

    private static readonly DateTimeOffset Past = TestPlatform.Noon.AddSeconds(-1);
    private static readonly DateTimeOffset Future = TestPlatform.Noon.AddSeconds(1);

    private static readonly Dictionary<string, (string Kind, Func<DcapScenario, DcapScenario> Change, CheckId[] Expected)> Wrong = new()
    {
        // Chain.
        ["PCK CA by a stranger"] = ("sgx3", s => s with { Signers = new() { PckCa = SignedBy.Stranger } }, [CheckId.PckChain]),
        ["PCK by a stranger"] = ("sgx3", s => s with { Signers = new() { Pck = SignedBy.Stranger } }, [CheckId.PckChain]),
        ["PCK CA with another name"] =
            ("sgx3", s => s with { Certificates = new() { PckCa = new() { CommonName = "Intel SGX PCK Other CA" } } }, [CheckId.PckChain]),
        ["PCK CA that is no CA"] =
            ("sgx3", s => s with { Certificates = new() { PckCa = new() { IsCertificateAuthority = false } } }, [CheckId.PckChain]),
        ["PCK that is a CA"] =
            ("sgx3", s => s with { Certificates = new() { Pck = new() { IsCertificateAuthority = true } } }, [CheckId.PckChain]),
        ["PCK CA that may not sign certificates"] = (
            "sgx3",
            s => s with { Certificates = new() { PckCa = new() { KeyUsage = X509KeyUsageFlags.CrlSign } } },
            [CheckId.PckChain]),
        ["PCK with an unknown critical extension"] = (
            "sgx3",
            s => s with { Certificates = new() { Pck = new() { AddedExtensions = [new CertificateExtension("1.2.3.4", true, [5, 0])] } } },
            [CheckId.PckChain]),
        ["PCK expired"] = ("sgx3", s => s with { Certificates = new() { Pck = new() { NotAfter = Past } } }, [CheckId.PckChainValidity]),
        ["PCK not yet valid"] =
            ("tdx4", s => s with { Certificates = new() { Pck = new() { NotBefore = Future } } }, [CheckId.PckChainValidity]),
        ["PCK CA expired"] =
            ("sgx3", s => s with { Certificates = new() { PckCa = new() { NotAfter = Past } } }, [CheckId.PckChainValidity]),
        ["PCK without SGX extension"] = (
            "sgx3",
            s => s with { Certificates = new() { Pck = new() { OmittedExtensions = ["1.2.840.113741.1.13.1"] } } },
            [CheckId.SgxExtension, CheckId.TcbInfoPlatform, CheckId.TcbStatus]),

        ["certification data of another machine"] = (
            "sgx3",
            s => s with { CertificationDataType = 1, CertifiedMachine = s.Machine with { PceSvn = 12 } },
            [CheckId.CertificationData]),
        ["certification data of another CPUSVN"] = (
            "sgx3",
            s => s with { CertificationDataType = 3, CertifiedMachine = s.Machine with { CpuSvn = new byte[16] } },
            [CheckId.CertificationData]),
        ["certification data of another PCEID"] = (
            "tdx4",
            s => s with { CertificationDataType = 2, CertifiedMachine = s.Machine with { PceId = [1, 0] } },
            [CheckId.CertificationData]),
        ["certification data with another PPID"] = (
            "tdx4",
            s => s with { CertificationDataType = 1, CertifiedMachine = s.Machine with { Ppid = new byte[16] } },
            [CheckId.CertificationData]),

        // Revocation.
        ["root CRL by a stranger"] = (
            "sgx3", s => s with { Signers = new() { RootCrl = SignedBy.Stranger } },
            [CheckId.RootCrl, CheckId.PckCaNotRevoked, CheckId.TcbInfoSigner, CheckId.QeIdentitySigner]),
        ["PCK CRL by a stranger"] =
            ("sgx3", s => s with { Signers = new() { PckCrl = SignedBy.Stranger } }, [CheckId.PckCrl, CheckId.PckNotRevoked]),
        ["PCK CRL of another CA"] = (
            "sgx3", s => s with { PckCrl = new() { IssuerCommonName = "Intel SGX PCK Processor CA" } },
            [CheckId.PckCrl, CheckId.PckNotRevoked]),
        ["root CRL without number"] = (
            "sgx3", s => s with { RootCrl = new() { OmitCrlNumber = true } },
            [CheckId.RootCrl, CheckId.PckCaNotRevoked, CheckId.TcbInfoSigner, CheckId.QeIdentitySigner]),
        ["PCK CRL without key identifier"] = (
            "sgx3", s => s with { PckCrl = new() { OmitAuthorityKeyIdentifier = true } },
            [CheckId.PckCrl, CheckId.PckNotRevoked]),
        ["root CRL stale"] = ("sgx3", s => s with { RootCrl = new() { NextUpdate = Past } }, [CheckId.RootCrlFreshness]),
        ["root CRL of the future"] = ("sgx3", s => s with { RootCrl = new() { ThisUpdate = Future } }, [CheckId.RootCrlFreshness]),
        ["PCK CRL stale"] = ("tdx4", s => s with { PckCrl = new() { NextUpdate = Past } }, [CheckId.PckCrlFreshness]),
        ["PCK CRL of the future"] = ("tdx4", s => s with { PckCrl = new() { ThisUpdate = Future } }, [CheckId.PckCrlFreshness]),
        ["PCK CA revoked"] = ("sgx3", s => s with { Revoked = [DcapCertificate.PckCa] }, [CheckId.PckCaNotRevoked]),
        ["PCK revoked"] = ("tdx5-1.5", s => s with { Revoked = [DcapCertificate.Pck] }, [CheckId.PckNotRevoked]),
        ["TCB signer revoked"] =
            ("sgx3", s => s with { Revoked = [DcapCertificate.TcbSigner] }, [CheckId.TcbInfoSigner, CheckId.QeIdentitySigner]),

        // Collateral.
        ["TCB signer by a stranger"] = (
            "sgx3", s => s with { Signers = new() { TcbSigner = SignedBy.Stranger } },
            [CheckId.TcbInfoSigner, CheckId.QeIdentitySigner, CheckId.TcbStatus]),
        ["TCB signer with another name"] = (
            "sgx3", s => s with { Certificates = new() { TcbSigner = new() { CommonName = "Intel SGX Something" } } },
            [CheckId.TcbInfoSigner, CheckId.QeIdentitySigner, CheckId.TcbStatus]),
        ["TCB signer expired"] = (
            "sgx3", s => s with { Certificates = new() { TcbSigner = new() { NotAfter = Past } } },
            [CheckId.TcbInfoSignerValidity, CheckId.QeIdentitySignerValidity]),
        ["TCB info by a stranger"] =
            ("sgx3", s => s with { Signers = new() { TcbInfo = SignedBy.Stranger } }, [CheckId.TcbInfoSignature, CheckId.TcbStatus]),
        ["TCB info of an unknown version"] = (
            "sgx3", s => s with { SgxTcbInfo = s.SgxTcbInfo with { Version = 4 } },
            [CheckId.CollateralVersion, CheckId.TcbInfoFreshness, CheckId.TcbStatus]),
        ["TCB info of an unknown type"] = (
            "sgx3", s => s with { SgxTcbInfo = s.SgxTcbInfo with { TcbType = 1 } },
            [CheckId.TcbInfoFormat, CheckId.TcbInfoFreshness, CheckId.TcbStatus]),
        ["TCB info with an unknown status"] = (
            "sgx3", s => s with { SgxTcbInfo = s.SgxTcbInfo.WithNewestLevel("QuiteFine") },
            [CheckId.TcbInfoFormat, CheckId.TcbInfoFreshness, CheckId.TcbStatus]),
        ["TCB info stale"] =
            ("sgx3", s => s with { SgxTcbInfo = s.SgxTcbInfo with { NextUpdate = Past } }, [CheckId.TcbInfoFreshness]),
        ["TCB info of the future"] =
            ("tdx4", s => s with { TdxTcbInfo = s.TdxTcbInfo with { IssueDate = Future } }, [CheckId.TcbInfoFreshness]),
        ["TCB info for TDX with an SGX quote"] =
            ("sgx3", s => s with { SgxTcbInfo = TcbInfoContent.Tdx }, [CheckId.TcbInfoTee, CheckId.TcbStatus]),
        ["TCB info of another FMSPC"] =
            ("sgx3", s => s with { SgxTcbInfo = s.SgxTcbInfo with { Fmspc = [1, 2, 3, 4, 5, 6] } }, [CheckId.TcbInfoPlatform]),
        ["TCB info of another PCEID"] =
            ("tdx4", s => s with { TdxTcbInfo = s.TdxTcbInfo with { PceId = [0, 1] } }, [CheckId.TcbInfoPlatform]),
        ["QE identity by a stranger"] = (
            "sgx3", s => s with { Signers = new() { QeIdentity = SignedBy.Stranger } }, [CheckId.QeIdentitySignature, CheckId.TcbStatus]),
        ["QE identity of an unknown version"] = (
            "sgx3", s => s with { QeIdentity = s.QeIdentity with { Version = 3 } },
            [CheckId.CollateralVersion, CheckId.QeIdentityFreshness, CheckId.QeIdentity, CheckId.TcbStatus]),
        ["QE identity of the retired version"] = (
            "tdx4", s => s with { TdQeIdentity = s.TdQeIdentity with { Version = 1, Id = null } },
            [CheckId.CollateralVersion, CheckId.QeIdentityFreshness, CheckId.QeIdentity, CheckId.TcbStatus]),
        ["TCB info of the retired version"] = (
            "sgx3", s => s with { SgxTcbInfo = s.SgxTcbInfo with { Version = 1, Id = null } },
            [CheckId.CollateralVersion, CheckId.TcbInfoFreshness, CheckId.TcbStatus]),
        ["QE identity stale"] =
            ("sgx3", s => s with { QeIdentity = s.QeIdentity with { NextUpdate = Past } }, [CheckId.QeIdentityFreshness]),
        ["QE identity of the future"] =
            ("tdx4", s => s with { TdQeIdentity = s.TdQeIdentity with { IssueDate = Future } }, [CheckId.QeIdentityFreshness]),

        // Quote.
        ["QE report by a stranger"] =
            ("sgx3", s => s with { Signers = new() { QeReport = SignedBy.Stranger } }, [CheckId.QeReportSignature]),
        ["QE report without binding"] = (
            "sgx3", s => s with { QuotingEnclave = s.QuotingEnclave with { ReportData = new byte[64] } }, [CheckId.QeReportData]),
        ["QE report with non-zero second half"] = (
            "tdx4", s => s with { QeReportPatches = [new BytePatch(383, [1])] }, [CheckId.QeReportData]),
        ["QE identity of the other enclave"] =
            ("sgx3", s => s with { QeIdentity = s.QeIdentity with { Id = "TD_QE" } }, [CheckId.QeIdentity]),
        ["QE of another signer"] = (
            "sgx3", s => s with { QuotingEnclave = s.QuotingEnclave with { MrSigner = new byte[32] } }, [CheckId.QeIdentity]),
        ["QE of another product"] = (
            "tdx4", s => s with { TdQuotingEnclave = s.TdQuotingEnclave with { IsvProdId = 9 } }, [CheckId.QeIdentity]),
        ["QE open to debuggers"] = (
            "sgx3", s => s with { QuotingEnclave = s.QuotingEnclave with { Flags = 0x17 } }, [CheckId.QeIdentity]),
        ["QE with another MISCSELECT"] = (
            "sgx3", s => s with { QuotingEnclave = s.QuotingEnclave with { MiscSelect = 1 } }, [CheckId.QeIdentity]),
        ["QE out of date"] = ("sgx3", s => s with { QuotingEnclave = s.QuotingEnclave with { IsvSvn = 7 } }, [CheckId.TcbStatus]),
        ["QE revoked"] = ("tdx4", s => s with { TdQuotingEnclave = s.TdQuotingEnclave with { IsvSvn = 1 } }, [CheckId.TcbStatus]),
        ["QE older than any level"] = ("sgx3", s => s with { QuotingEnclave = s.QuotingEnclave with { IsvSvn = 0 } }, [CheckId.TcbStatus]),
        ["quote by a stranger"] = ("tdx5-1.5", s => s with { Signers = new() { Quote = SignedBy.Stranger } }, [CheckId.QuoteSignature]),
        ["quote of an unknown version"] = ("sgx3", s => s with { QuotePatches = [new BytePatch(0, [6])] }, [CheckId.EvidenceFormat]),

        // TDX module.
        ["TDX module of another signer"] = (
            "tdx4", s => s with { TdxModule = s.TdxModule with { MrSignerSeam = TestPlatform.Bytes(48, 1) } }, [CheckId.TdxModule]),
        ["TDX module with attributes"] = ("tdx4", s => s with { TdxModule = s.TdxModule with { SeamAttributes = 1 } }, [CheckId.TdxModule]),
        ["TDX module out of date"] = (
            "tdx4", s => s with { TdxModule = s.TdxModule with { TeeTcbSvn = [5, 1, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0] } },
            [CheckId.TcbStatus]),
        ["TDX module that nobody knows"] = (
            "tdx4", s => s with { TdxModule = s.TdxModule with { TeeTcbSvn = [6, 7, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0] } },
            [CheckId.TdxModule, CheckId.TcbStatus]),
    };

    private static readonly Dictionary<string, (Tee Tee, Func<SimulatedDcap, byte[]> Make, CheckId Expected)> WrongWorkloads = new()
    {
        ["other report data"] = (Tee.Sgx, d => d.QuoteSgx(TestPlatform.Enclave, new byte[64]), CheckId.ReportData),
        ["other enclave"] = (Tee.Sgx, d => Sgx(d, e => e with { MrEnclave = new byte[32] }), CheckId.Identity),
        ["debug enclave"] = (Tee.Sgx, d => Sgx(d, e => e with { Flags = e.Flags | 0x02 }), CheckId.Debug),
        ["enclave with the provisioning key"] = (Tee.Sgx, d => Sgx(d, e => e with { Flags = e.Flags | 0x10 }), CheckId.ProvisionKey),
        ["enclave with the launch-token key"] = (Tee.Sgx, d => Sgx(d, e => e with { Flags = e.Flags | 0x20 }), CheckId.EinitTokenKey),
        ["enclave with a reserved flag"] = (Tee.Sgx, d => Sgx(d, e => e with { Flags = e.Flags | (1UL << 40) }), CheckId.ReservedBits),
        ["other TD"] = (Tee.Tdx, d => Tdx(d, t => t with { MrTd = new byte[48] }), CheckId.Identity),
        ["debug TD"] = (Tee.Tdx, d => Tdx(d, t => t with { TdAttributes = t.TdAttributes | SimulatedTd.Debug }), CheckId.Debug),
        ["TD without SEPT_VE_DISABLE"] = (Tee.Tdx, d => Tdx(d, t => t with { TdAttributes = 0 }), CheckId.SeptVeDisable),
        ["migratable TD"] =
            (Tee.Tdx, d => Tdx(d, t => t with { TdAttributes = t.TdAttributes | SimulatedTd.Migratable }), CheckId.Migratable),
        ["TD with a service TD"] = (Tee.Tdx, d => Tdx(d, t => t with { MrServiceTd = TestPlatform.Bytes(48, 9) }), CheckId.ServiceTd),
    };

    private static byte[] Sgx(SimulatedDcap dcap, Func<SimulatedEnclave, SimulatedEnclave> change) =>
        dcap.QuoteSgx(change(TestPlatform.Enclave), TestPlatform.ReportData);

    private static byte[] Tdx(SimulatedDcap dcap, Func<SimulatedTd, SimulatedTd> change) =>
        dcap.QuoteTdx(change(TestPlatform.Td), TestPlatform.ReportData, 5);

    private static Verdict Verify(string kind, SimulatedDcap dcap, TrustRoots roots) =>
        Verify(TestQuotes.Make(kind, dcap), kind.StartsWith("tdx", StringComparison.Ordinal) ? Tee.Tdx : Tee.Sgx, dcap, roots);

    private static Verdict Verify(byte[] quote, Tee tee, SimulatedDcap dcap, TrustRoots roots) =>
        QuoteVerifier.Verify(quote, dcap.Collateral(tee, TestPlatform.Noon), roots, TestPlatform.Noon, Policy);
}
