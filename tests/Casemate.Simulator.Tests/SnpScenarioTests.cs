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

    public static TheoryData<string> WrongNames => [.. Wrong.Keys];

    [Theory]
    [MemberData(nameof(WrongNames))]
    public void WrongInOneWay_FailsThatCheckAlone(string name)
    {
        var (change, expected) = Wrong[name];
        foreach (var product in Enum.GetValues<SnpProduct>())
        {
            var verdict = Verify(TestPlatform.Snp(product).With(change), 5);
            Assert.Equal(expected, verdict.Reasons.Select(c => c.Id));
            Assert.False(verdict.Accepted);
        }
    }

    [Theory]
    [InlineData(SnpProduct.Milan, SnpProduct.Genoa)]
    [InlineData(SnpProduct.Genoa, SnpProduct.Milan)]
    public void ProcessorOfAnotherProduct_FailsThatCheckAlone(SnpProduct product, SnpProduct claimed)
    {
        var snp = TestPlatform.Snp(product).With(s => s with { Cpu = CpuIdentity.Of(claimed) });
        Assert.Equal([CheckId.SnpProduct], Verify(snp, 3).Reasons.Select(c => c.Id));
    }

    public static TheoryData<string> WrongGuestNames => [.. WrongGuests.Keys];

    [Theory]
    [MemberData(nameof(WrongGuestNames))]
    public void GuestThatBreaksThePolicy_FailsThatCheckAlone(string name)
    {
        var (change, expected) = WrongGuests[name];
        var snp = TestPlatform.Snp(SnpProduct.Genoa);
        var report = snp.Report(change(TestPlatform.Guest), TestPlatform.ReportData, 5);
        var verdict = SnpReportVerifier.Verify(report, snp.Endorsements(TestPlatform.Noon), TestPlatform.Roots, TestPlatform.Noon, Policy);

        Assert.Equal([expected], verdict.Reasons.Select(c => c.Id));
        Assert.NotNull(verdict.Claims);
    }

    private static readonly DateTimeOffset Past = TestPlatform.Noon.AddSeconds(-1);
    private static readonly DateTimeOffset Future = TestPlatform.Noon.AddSeconds(1);

    private static readonly Dictionary<string, (Func<SnpScenario, SnpScenario> Change, CheckId[] Expected)> Wrong = new()
    {
        ["ASK by a stranger"] = (s => s with { Signers = new() { Ask = SignedBy.Stranger } }, [CheckId.SnpChain]),
        ["VCEK by a stranger"] = (s => s with { Signers = new() { Vek = SignedBy.Stranger } }, [CheckId.SnpChain]),
        ["ASK with another name"] = (s => s with { Certificates = new() { Ask = new() { CommonName = "SEV-Other" } } }, [CheckId.SnpChain]),
        ["ASK that is no CA"] =
            (s => s with { Certificates = new() { Ask = new() { IsCertificateAuthority = false } } }, [CheckId.SnpChain]),
        ["ASK expired"] = (s => s with { Certificates = new() { Ask = new() { NotAfter = Past } } }, [CheckId.SnpChainValidity]),
        ["VCEK expired"] = (s => s with { Certificates = new() { Vek = new() { NotAfter = Past } } }, [CheckId.SnpChainValidity]),
        ["VCEK not yet valid"] = (s => s with { Certificates = new() { Vek = new() { NotBefore = Future } } }, [CheckId.SnpChainValidity]),
        ["CRL by a stranger"] = (s => s with { Signers = new() { Crl = SignedBy.Stranger } }, [CheckId.SnpCrl]),
        ["CRL stale"] = (s => s with { Crl = new() { NextUpdate = Past } }, [CheckId.SnpCrl]),
        ["CRL of the future"] = (s => s with { Crl = new() { ThisUpdate = Future } }, [CheckId.SnpCrl]),
        ["no CRL"] = (s => s with { OmitCrl = true }, [CheckId.SnpCrl]),
        ["ASK revoked"] = (s => s with { Revoked = [SnpCertificate.Ask] }, [CheckId.SnpNotRevoked]),
        ["report by a stranger"] = (s => s with { Signers = new() { Report = SignedBy.Stranger } }, [CheckId.SnpReportSignature]),
        ["VCEK of another TCB"] =
            (s => s with { Vek = new() { Tcb = s.ReportedTcb with { Microcode = 1 } } }, [CheckId.VekTcb]),
        ["VCEK of another chip"] = (
            s => s with { Vek = new() { HardwareId = TestPlatform.Bytes(s.Cpu.Family == 0x1A ? 8 : 64, 1) } }, [CheckId.ChipId]),
        ["masked chip id"] = (s => s with { MaskChipId = true }, [CheckId.ChipId]),
        ["VCEK of an unknown product"] = (
            s => s with { Vek = new() { ProductName = "Rome" } },
            [CheckId.SnpChain, CheckId.SnpProduct, CheckId.VekTcb, CheckId.ChipId]),
        ["report names the other key"] = (s => s with { ReportedSigningKey = SnpSigner.Vlek }, [CheckId.SnpSigner]),
        ["reported above committed"] =
            (s => s with { CommittedTcb = s.CommittedTcb with { Snp = (byte)(s.CommittedTcb.Snp - 1) } }, [CheckId.TcbOrder]),
        ["committed above current"] = (
            s => s with
            {
                CurrentTcb = s.CurrentTcb with { BootLoader = (byte)(s.CurrentTcb.BootLoader - 1) },
                ReportedTcb = s.ReportedTcb with { BootLoader = (byte)(s.ReportedTcb.BootLoader - 1) },
            },
            [CheckId.TcbOrder]),
        ["unsigned report"] = (s => s with { SigningKey = SnpSigner.None }, [CheckId.EvidenceFormat]),
        ["report of an unknown version"] = (s => s with { ReportPatches = [new BytePatch(0, [6])] }, [CheckId.EvidenceFormat]),
        ["reserved platform bit"] = (s => s with { PlatformInfo = s.PlatformInfo | (1UL << 60) }, [CheckId.ReservedBits]),
    };

    private static readonly Dictionary<string, (Func<SimulatedGuest, SimulatedGuest> Change, CheckId Expected)> WrongGuests = new()
    {
        ["other measurement"] = (g => g with { Measurement = new byte[48] }, CheckId.Identity),
        ["debug guest"] = (g => g with { Policy = g.Policy | SimulatedGuest.PolicyDebug }, CheckId.Debug),
        ["guest with a migration agent"] = (g => g with { Policy = g.Policy | SimulatedGuest.PolicyMigrateMa }, CheckId.GuestPolicy),
        ["report asked for at VMPL 2"] = (g => g with { Vmpl = 2 }, CheckId.Vmpl),
        ["reserved policy bit"] = (g => g with { Policy = g.Policy | (1UL << 50) }, CheckId.ReservedBits),
    };

    private static Verdict Verify(SimulatedSnp snp, int version, TrustRoots? roots = null) => SnpReportVerifier.Verify(
        snp.Report(TestPlatform.Guest, TestPlatform.ReportData, version),
        snp.Endorsements(TestPlatform.Noon),
        roots ?? TestPlatform.Instance.Allow(TrustRoots.Production),
        TestPlatform.Noon,
        Policy);
}
