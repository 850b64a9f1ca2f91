using System.Collections.Immutable;
using System.Globalization;
using System.Reflection;
using Casemate.Attestation.Dcap;
using Casemate.Attestation.Policy;
using Casemate.Attestation.Sgx;
using Casemate.Attestation.Snp;
using Casemate.Attestation.Tests.Azure;
using Casemate.Fuzz;
using Casemate.Simulator;
using Casemate.Simulator.Dcap;
using Casemate.Testing;

namespace Casemate.Attestation.Tests;

/// <content>What peers support or lack, one test for each row of the comparison: Intel's kinds of evidence (I), then AMD's (A).</content>
public sealed partial class WhereVerifiersDifferTests
{
    [Fact]
    public void EveryRowHasExactlyOneTest()
    {
        var names = typeof(WhereVerifiersDifferTests).GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly)
            .Select(m => m.Name.Split('_')[0]).Where(n => n.Length is 2 or 3 && char.IsAsciiDigit(n[1])).Order(StringComparer.Ordinal);
        IEnumerable<string> Rows(char table, int count) =>
            Enumerable.Range(1, count).Select(i => table + i.ToString(CultureInfo.InvariantCulture));

        Assert.Equal([.. Rows('A', 10).Concat(Rows('I', 15)).Concat(Rows('R', 27)).Order(StringComparer.Ordinal)], names);
    }

    [Fact]
    public void I1_QuoteVersions3To5()
    {
        string[] formats =
        [
            .. new[] { 3, 4, 5 }.Select(v => Verified(s_platform.Dcap.QuoteSgx(s_enclave, new byte[64], v), Tee.Sgx).Format),
            .. new[] { 4, 5 }.Select(v => Verified(s_platform.Dcap.QuoteTdx(s_td, new byte[64], v), Tee.Tdx).Format),
        ];

        Assert.Equal(
            ["SGX quote v3", "SGX quote v4", "SGX quote v5", "TDX quote v4 (TD report 1.0)", "TDX quote v5 (TD report 1.5)"], formats);
    }

    [Fact]
    public void I2_ExtendedTdBody() => Assert.Equal(
        "TDX quote v5 (TD report 1.5 extended)",
        Verified(s_platform.Dcap.QuoteTdx(s_td with { Kind = TdReportKind.V15Ex }, new byte[64], 5), Tee.Tdx).Format);

    [Fact]
    public void I3_TcbInfoVersion2() =>
        Assert.True(Sgx(s_platform.Dcap.With(s => s with { SgxTcbInfo = s.SgxTcbInfo with { Id = null, Version = 2 } })).Accepted);

    [Fact]
    public void I4_ModuleIdentityAndRelaunch()
    {
        var verdict = Real("oe-tdx-v5-relaunch-advised");

        Assert.NotNull(verdict.Tcb!.TdxModule);
        Assert.Equal(TcbStatus.TDRelaunchAdvised, verdict.TcbStatus);
        Assert.Equal(TcbStatus.UpToDate, verdict.Tcb.Current!.Status);
    }

    [Fact]
    public void I5_QeStatusIsFoldedIn()
    {
        var verdict = Sgx(s_platform.Dcap.With(s => s with { QuotingEnclave = s.QuotingEnclave with { IsvSvn = 6 } }));

        Assert.Equal((TcbStatus.UpToDate, TcbStatus.OutOfDate), (verdict.Tcb!.Platform, verdict.Tcb.Qe));
        Assert.Equal(TcbStatus.OutOfDate, verdict.TcbStatus);
    }

    [Fact]
    public void I6_AdvisoriesAreMerged_AndTheEarliestDateCounts()
    {
        var dcap = s_platform.Dcap.With(s => s with
        {
            SgxTcbInfo = s.SgxTcbInfo.WithNewestLevel("UpToDate", "INTEL-SA-00001", "INTEL-SA-00615"),
            QuotingEnclave = s.QuotingEnclave with { IsvSvn = 6 },
        });
        var verdict = Sgx(dcap);
        var newest = Sgx(s_platform.Dcap);

        Assert.Equal(["INTEL-SA-00001", "INTEL-SA-00615"], verdict.AdvisoryIds);
        Assert.True(verdict.TcbDate < newest.TcbDate);
    }

    [Fact]
    public void I7_NotBeforeAndIssueDateAreChecked()
    {
        var future = s_now.AddDays(1);
        var certificate = Sgx(s_platform.Dcap.With(s => s with { Certificates = new() { Pck = new() { NotBefore = future } } }));
        var document = Sgx(s_platform.Dcap.With(s => s with { SgxTcbInfo = s.SgxTcbInfo with { IssueDate = future } }));

        Assert.Equal(CheckId.PckChainValidity, Assert.Single(certificate.Reasons).Id);
        Assert.Equal(CheckId.TcbInfoFreshness, Assert.Single(document.Reasons).Id);
    }

    [Fact]
    public void I8_BothRevocationListsAreRequired()
    {
        var (quote, collateral) = (s_platform.Dcap.QuoteSgx(s_enclave, new byte[64]), s_platform.Dcap.Collateral(Tee.Sgx, s_now));

        Assert.Contains(Verified(quote, collateral with { RootCaCrl = default }).Reasons, c => c.Id is CheckId.RootCrl);
        Assert.Contains(Verified(quote, collateral with { PckCrl = default }).Reasons, c => c.Id is CheckId.PckCrl);
    }

    [Fact]
    public void I9_DebugAndAttributes_AreDeniedByDefault_AndPolicy()
    {
        var quote = s_platform.Dcap.QuoteSgx(s_enclave with { Flags = 0x07 }, new byte[64]);
        var wanted = new SgxPolicy { AcceptDebugEnclaves = true, Attributes = new MaskedValue([2, .. new byte[15]], [2, .. new byte[15]]) };
        var collateral = s_platform.Dcap.Collateral(Tee.Sgx, s_now);

        Assert.Equal(CheckId.Debug, Assert.Single(Verified(quote, collateral).Reasons).Id);
        Assert.True(Verified(quote, collateral, EvidencePolicy.EvidenceOnly with { Sgx = wanted }).Accepted);
        var plain = s_platform.Dcap.QuoteSgx(s_enclave, new byte[64]);
        Assert.Equal(
            CheckId.SgxAttributes,
            Assert.Single(Verified(plain, collateral, EvidencePolicy.EvidenceOnly with { Sgx = wanted }).Reasons).Id);
    }

    [Fact]
    public void I10_GraceBaselineDateAndEvaluationNumber()
    {
        var dcap = s_platform.Dcap.With(s => s with { QuotingEnclave = s.QuotingEnclave with { IsvSvn = 6 } });
        var (quote, collateral) = (dcap.QuoteSgx(s_enclave, new byte[64]), dcap.Collateral(Tee.Sgx, s_now));
        var date = Verified(quote, collateral).TcbDate!.Value;
        var policy = EvidencePolicy.EvidenceOnly;

        Assert.False(Verified(quote, collateral, policy).Accepted);
        Assert.True(Verified(quote, collateral, policy with { PlatformGrace = s_now - date }).Accepted);
        Assert.False(Verified(quote, collateral, policy with { PlatformGrace = s_now - date - TimeSpan.FromSeconds(1) }).Accepted);
        Assert.True(Verified(quote, collateral, policy with { TcbDateFloor = date }).Accepted);
        Assert.False(Verified(quote, collateral, policy with { TcbDateFloor = date.AddSeconds(1) }).Accepted);
        Assert.Equal(
            CheckId.EvaluationNumber,
            Assert.Single(Sgx(s_platform.Dcap, policy: policy with { MinimumTcbEvaluationDataNumber = 21 }).Reasons).Id);
        Assert.True(Sgx(s_platform.Dcap, policy: policy with { MinimumTcbEvaluationDataNumber = 20 }).Accepted);
    }

    [Fact]
    public void I11_DynamicPlatformCachedKeysAndSmt()
    {
        var smt = EvidencePolicy.EvidenceOnly with { Sgx = new SgxPolicy { Platform = new PlatformPolicy { SmtEnabled = false } } };
        var keys = EvidencePolicy.EvidenceOnly with { Sgx = new SgxPolicy { Platform = new PlatformPolicy { CachedKeys = false } } };
        var dynamic = EvidencePolicy.EvidenceOnly with { Sgx = new SgxPolicy { Platform = new PlatformPolicy { DynamicPlatform = true } } };
        var processor = s_platform.Dcap.With(s => s with { Machine = s.Machine with { PlatformCa = false } });

        Assert.Equal(CheckId.PlatformFlags, Assert.Single(Sgx(s_platform.Dcap, policy: smt).Reasons).Id);
        Assert.True(Sgx(s_platform.Dcap, policy: keys).Accepted);
        Assert.Equal(CheckId.PlatformFlags, Assert.Single(Sgx(s_platform.Dcap, policy: dynamic).Reasons).Id);

        // Unknown is neither true nor false.
        Assert.Equal(CheckId.PlatformFlags, Assert.Single(Sgx(processor, policy: keys).Reasons).Id);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void I12_CertificationDataTypes1To5(int type) =>
        Assert.True(Sgx(s_platform.Dcap.With(s => s with { CertificationDataType = type })).Accepted);

    [Fact]
    public void I13_TheLibraryCannotReachTheNetwork()
    {
        var used = typeof(QuoteVerifier).Assembly.GetReferencedAssemblies().Select(a => a.Name!).ToArray();

        Assert.DoesNotContain(used, name => name.StartsWith("System.Net", StringComparison.Ordinal));
        Assert.DoesNotContain(used, name => name.StartsWith("System.IO.Pipes", StringComparison.Ordinal));
    }

    [Fact]
    public void I14_ParsersAreFuzzedInThisRepository() => Assert.Superset(
        new HashSet<string> { "quote", "snp-report", "certificate", "crl", "tcb-info", "qe-identity" },
        AttestationTargets.All.Select(t => t.Name).ToHashSet());

    [Fact]
    public void I15_SaysWhichComponentIsBehind_ByHowMuch_WhichAdvisory_AndWhatToUpdate()
    {
        var dcap = s_platform.Dcap.With(s => s with
        {
            Machine = s.Machine with { ComponentSvns = [7, 8, 3, 3, 4, 1, 0, 6, 0, 0, 0, 0, 0, 0, 0, 0] },
            QuotingEnclave = s.QuotingEnclave with { IsvSvn = 6 },
        });
        var verdict = Sgx(dcap);

        Assert.Collection(
            verdict.Tcb!.Behind,
            first => Assert.StartsWith(
                "SGX TCB component 1 (BIOS, Early Microcode Update): SVN is 7, the newest level wants 8; update the BIOS (INTEL-SA-", first,
                StringComparison.Ordinal),
            second => Assert.Equal(
                "quoting enclave: ISVSVN is 6, the newest level wants 8; update the DCAP packages (QE) of the host (INTEL-SA-00615)", second));
        Assert.Equal(2, verdict.Tcb.MatchedLevel);
        Assert.Empty(Sgx(s_platform.Dcap).Tcb!.Behind);
        Assert.Equal(0, Sgx(s_platform.Dcap).Tcb!.MatchedLevel);
        Assert.Null(Real("gotdx-spr-v4-nomatch").Tcb!.MatchedLevel);
    }

    [Theory]
    [InlineData(2, SnpProduct.Milan)]
    [InlineData(3, SnpProduct.Milan)]
    [InlineData(4, SnpProduct.Genoa)]
    [InlineData(5, SnpProduct.Turin)]
    public void A1_ReportVersions2To5(int version, SnpProduct product)
    {
        var verdict = Snp(s_platform.Snp(product), version: version);

        Assert.True(verdict.Accepted);
        Assert.Equal((uint)version, Assert.IsType<SnpClaims>(verdict.Claims).Version);
    }

    [Fact]
    public void A2_TurinLayoutAndKeys()
    {
        var turin = s_platform.Snp(SnpProduct.Turin);
        var claims = Assert.IsType<SnpClaims>(Snp(turin, version: 5).Claims);

        Assert.NotNull(claims.ReportedTcb.Fmc);
        Assert.False(claims.ChipId.AsSpan(8).ContainsAnyExcept((byte)0));
        Assert.Equal(
            CheckId.VekTcb,
            Assert.Single(Snp(turin.With(s => s with { Vek = s.Vek with { Tcb = s.ReportedTcb with { Fmc = 200 } } }), version: 5).Reasons).Id);
    }

    [Fact]
    public void A3_VlekUnderAsvk()
    {
        var lent = s_platform.Snp(SnpProduct.Milan).With(s => s with { SigningKey = SnpSigner.Vlek });

        Assert.True(Snp(lent).Accepted);
        Assert.Equal(SnpSigner.Vlek, Assert.IsType<SnpClaims>(Snp(lent).Claims).Signer);
        Assert.Equal(
            CheckId.SnpSigner, Assert.Single(Snp(lent, EvidencePolicy.EvidenceOnly with { Snp = new SnpPolicy { RejectVlek = true } }).Reasons).Id);
    }

    [Fact]
    public void A4_HardwareIdIsBoundToTheChipId() => Assert.Equal(
        CheckId.ChipId,
        Assert.Single(
            Snp(s_platform.Snp(SnpProduct.Genoa).With(s => s with { Vek = s.Vek with { HardwareId = new byte[64] } })).Reasons).Id);

    [Fact]
    public void A5_RevocationListIsJudged_AndRequiredByDefault()
    {
        var milan = s_platform.Snp(SnpProduct.Milan);
        var strict = EvidencePolicy.EvidenceOnly with { AcceptUnknownRevocation = false };

        Assert.Contains(
            Snp(milan.With(s => s with { Revoked = [Simulator.Snp.SnpCertificate.Ask] })).Reasons, c => c.Id is CheckId.SnpNotRevoked);
        Assert.Contains(Snp(milan.With(s => s with { OmitCrl = true }), strict).Reasons, c => c.Id is CheckId.SnpCrl);
        Assert.True(Snp(milan, strict).Accepted);
    }

    [Fact]
    public void A6_TcbFloorsProvisionalFirmwareAndMitigations()
    {
        var milan = s_platform.Snp(SnpProduct.Milan);
        var tcb = milan.Scenario.ReportedTcb;
        var higher = tcb with { Snp = (byte)(tcb.Snp + 1) };

        Assert.All(
            new[]
            {
                new SnpPolicy { MinimumReportedTcb = higher }, new SnpPolicy { MinimumCommittedTcb = higher with { Snp = 255 } },
                new SnpPolicy { MinimumCurrentTcb = higher with { Snp = 255 } }, new SnpPolicy { MinimumLaunchTcb = higher with { Snp = 255 } },
            },
            policy => AssertRefused(CheckId.TcbFloor, Snp(milan, Only(policy))));
        Assert.True(Snp(milan, Only(new SnpPolicy { MinimumReportedTcb = tcb })).Accepted);
        var provisional = milan.With(s => s with { CurrentVersion = s.CurrentVersion with { Build = (byte)(s.CurrentVersion.Build + 1) } });
        AssertRefused(CheckId.TcbFloor, Snp(provisional, Only(new SnpPolicy { RejectProvisionalFirmware = true })));
        AssertRefused(CheckId.Mitigations, Snp(milan, Only(new SnpPolicy { RequiredCurrentMitigations = 1 })));
        var turin = s_platform.Snp(SnpProduct.Turin);
        Assert.True(Snp(turin, Only(new SnpPolicy { RequiredCurrentMitigations = 1 }), 5).Accepted);
        AssertRefused(CheckId.Mitigations, Snp(turin, Only(new SnpPolicy { RequiredCurrentMitigations = 2 }), 5));
        AssertRefused(CheckId.Mitigations, Snp(turin, Only(new SnpPolicy { RequiredLaunchMitigations = 1UL << 63 }), 5));
    }

    [Fact]
    public void A7_GuestPolicyPlatformInfoKeysPrivilegeLevelAndHostData()
    {
        var milan = s_platform.Snp(SnpProduct.Milan);
        ImmutableArray<byte[]> digest = [Enumerable.Repeat((byte)1, 48).ToArray()];

        // Every bit of the guest policy and of the platform's information, set or clear, alone.
        foreach (var bit in Enumerable.Range(18, 8).Where(b => b is not 19).Prepend(16))
        {
            var with = SnpOf(milan, g => g with { Policy = g.Policy | 1UL << bit }, Only(new SnpPolicy
            {
                RequiredGuestPolicyBits = 1UL << bit,
                AcceptMigrationAgent = true,
                AcceptCxl = true,
            }));
            var without = SnpOf(
                milan, g => g with { Policy = 1UL << 17 }, Only(new SnpPolicy { RequiredGuestPolicyBits = 1UL << bit }));
            Assert.True(with.Accepted, $"policy bit {bit}");
            AssertRefused(CheckId.GuestPolicy, without);
        }

        foreach (var bit in new[] { 0, 1, 2, 3, 4, 5, 7 })
        {
            var snp = milan.With(s => s with { PlatformInfo = 1UL << bit });
            Assert.True(Snp(snp, Only(new SnpPolicy { RequiredPlatformInfoBits = 1UL << bit })).Accepted, $"platform bit {bit}");
            AssertRefused(CheckId.PlatformInfo, Snp(snp, Only(new SnpPolicy { ForbiddenPlatformInfoBits = 1UL << bit })));
            AssertRefused(
                CheckId.PlatformInfo,
                Snp(milan.With(s => s with { PlatformInfo = 0 }), Only(new SnpPolicy { RequiredPlatformInfoBits = 1UL << bit })));
        }

        AssertRefused(CheckId.GuestPolicy, SnpOf(milan, g => g with { Policy = g.Policy | SimulatedGuest.PolicyMigrateMa }, Only(new())));
        AssertRefused(CheckId.GuestPolicy, SnpOf(milan, g => g with { Policy = g.Policy | 1UL << 21 }, Only(new())));
        AssertRefused(CheckId.GuestPolicy, Snp(milan, Only(new SnpPolicy { RejectSmt = true })));
        AssertRefused(CheckId.GuestPolicy, Snp(milan, Only(new SnpPolicy { MinimumAbi = (1, 55) })));
        AssertRefused(CheckId.Debug, SnpOf(milan, g => g with { Policy = g.Policy | SimulatedGuest.PolicyDebug }, Only(new())));
        AssertRefused(CheckId.Vmpl, SnpOf(milan, g => g with { Vmpl = 1 }, Only(new())));
        AssertRefused(CheckId.HostData, Snp(milan, Only(new SnpPolicy { HostData = [Enumerable.Repeat((byte)1, 32).ToArray()] })));
        AssertRefused(CheckId.SigningKeys, Snp(milan, Only(new SnpPolicy { IdKeyDigests = digest })));
        AssertRefused(CheckId.SigningKeys, Snp(milan, Only(new SnpPolicy { AuthorKeyDigests = digest })));
    }

    [Fact]
    public void A8_ProductAndStepping()
    {
        var milan = s_platform.Snp(SnpProduct.Milan);

        AssertRefused(CheckId.SnpProduct, Snp(milan, Only(new SnpPolicy { Products = [SnpProduct.Genoa, SnpProduct.Turin] })));
        AssertRefused(CheckId.SnpProduct, Snp(milan.With(s => s with { Vek = s.Vek with { ProductName = "Genoa" } })));
        var claims = Assert.IsType<SnpClaims>(Snp("oak-turin-v5-vcek").Claims);
        Assert.Equal((SnpProduct.Turin, "Turin"), (claims.Product, claims.ProductName));
        Assert.Equal(0x1A, claims.Cpuid!.Value.Family);
        Assert.Equal("Milan-B0", Assert.IsType<SnpClaims>(Snp("dstack-milan-v3-vcek").Claims).ProductName);
        Assert.Null(Assert.IsType<SnpClaims>(Snp("virtee-milan-v2-vcek").Claims).Cpuid);
    }

    [Fact]
    public void A9_AzureVirtualTpm()
    {
        Assert.True(OnAzure(new AzureVm(), EvidencePolicy.EvidenceOnly).Accepted);
        Assert.Equal(
            CheckId.VtpmPcrDigest,
            Assert.Single(OnAzure(
                new AzureVm { Quote = AzureVm.QuoteOf(AzureVm.Nonce) with { Pcrs = AzureVm.Pcrs.SetItem(7, new byte[32]) } },
                EvidencePolicy.EvidenceOnly).Reasons).Id);
    }

    [Fact]
    public void A10_PurelyManaged()
    {
        var methods = typeof(SnpReportVerifier).Assembly.GetTypes().SelectMany(t => t.GetMethods(
            BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance | BindingFlags.DeclaredOnly));

        Assert.DoesNotContain(methods, m => m.Attributes.HasFlag(MethodAttributes.PinvokeImpl));
        Assert.All(typeof(SnpReportVerifier).Assembly.GetReferencedAssemblies(), a => Assert.True(
            a.Name!.StartsWith("System.", StringComparison.Ordinal) || a.Name is "Casemate.Primitives", a.Name));
    }

    private static EvidencePolicy Only(SnpPolicy policy) => EvidencePolicy.EvidenceOnly with { Snp = policy };

    private static void AssertRefused(CheckId id, Verdict verdict) => Assert.Equal(id, Assert.Single(verdict.Reasons).Id);

    private static Verdict Verified(byte[] quote, Tee tee)
    {
        var verdict = Verified(quote, s_platform.Dcap.Collateral(tee, s_now));
        Assert.Empty(verdict.Reasons);
        return verdict;
    }

    private static Verdict Verified(byte[] quote, DcapCollateral collateral, EvidencePolicy? policy = null) =>
        QuoteVerifier.Verify(quote, collateral, s_platform.Allow(TrustRoots.None), s_now, policy ?? EvidencePolicy.EvidenceOnly);
}
