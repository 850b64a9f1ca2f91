using Casemate.Attestation.Snp;
using Casemate.Simulator.Pki;
using Casemate.Simulator.Snp;

namespace Casemate.Simulator.Tests;

/// <summary>Simulated reports and endorsements, judged by a program that shares no code with ours.</summary>
public sealed class IndependentSnpTests
{
    public static TheoryData<SnpProduct, int> Reports
    {
        get
        {
            var data = new TheoryData<SnpProduct, int>();
            foreach (var product in Enum.GetValues<SnpProduct>())
            {
                for (var version = 2; version <= 5; version++)
                {
                    data.Add(product, version);
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Reports))]
    public void Accepts_ReportSignedByTheVcek(SnpProduct product, int version) =>
        AssertAccepted(TestPlatform.Snp(product), version);

    [Fact]
    public void Accepts_ReportSignedByTheVlek() =>
        AssertAccepted(TestPlatform.Snp(SnpProduct.Milan).With(s => s with { SigningKey = SnpSigner.Vlek }), 3);

    [Theory]
    [InlineData("report.bin", 0x090, "FAIL report signature")]
    [InlineData("report.bin", 0x2A0, "FAIL report signature")]
    [InlineData("report.bin", 0x2E8, "FAIL report signature")]
    [InlineData("report.bin", 0x400, "FAIL bytes after the signature are zero")]
    [InlineData("report.bin", 0x180, "FAIL TCB in the certificate")]
    [InlineData("report.bin", 0x1A0, "FAIL hardware id")]
    [InlineData("vek.der", -1, "FAIL VEK: signature")]
    [InlineData("ask.der", -1, "FAIL ASK: signature")]
    [InlineData("ark.der", -1, "FAIL chain ends in the trusted root")]
    [InlineData("crl.der", -1, "FAIL CRL: signature")]
    public void Refuses_ChangedPiece(string file, int offset, string expected)
    {
        using var evidence = Evidence(TestPlatform.Snp(SnpProduct.Milan), 3);
        evidence.Flip(file, offset);
        AssertRefused(evidence, expected);
    }

    [Theory]
    [MemberData(nameof(WrongScenarios))]
    public void Refuses_ScenarioThatIsWrongInOneWay(string name)
    {
        var (change, expected) = Scenarios[name];
        using var evidence = Evidence(TestPlatform.Snp(SnpProduct.Genoa).With(change), 5);
        AssertRefused(evidence, expected);
    }

    public static TheoryData<string> WrongScenarios => [.. Scenarios.Keys];

    private static readonly Dictionary<string, (Func<SnpScenario, SnpScenario> Change, string Expected)> Scenarios = new()
    {
        ["ASK signed by a stranger"] = (s => s with { Signers = new() { Ask = SignedBy.Stranger } }, "FAIL ASK: signature"),
        ["VCEK signed by a stranger"] = (s => s with { Signers = new() { Vek = SignedBy.Stranger } }, "FAIL VEK: signature"),
        ["CRL signed by a stranger"] = (s => s with { Signers = new() { Crl = SignedBy.Stranger } }, "FAIL CRL: signature"),
        ["report signed by a stranger"] = (s => s with { Signers = new() { Report = SignedBy.Stranger } }, "FAIL report signature"),
        ["ASK revoked"] = (s => s with { Revoked = [SnpCertificate.Ask] }, "FAIL ASK is not revoked"),
        ["VCEK of another TCB"] = (
            s => s with { Vek = new() { Tcb = s.ReportedTcb with { Microcode = 1 } } }, "FAIL TCB in the certificate"),
        ["VCEK of another chip"] = (s => s with { Vek = new() { HardwareId = new byte[64] } }, "FAIL hardware id"),
        ["masked chip id"] = (s => s with { MaskChipId = true }, "FAIL hardware id"),
        ["VCEK expired"] = (
            s => s with { Certificates = new() { Vek = new() { NotAfter = TestPlatform.Noon.AddSeconds(-1) } } }, "FAIL VEK: dates"),
        ["CRL stale"] = (s => s with { Crl = new() { NextUpdate = TestPlatform.Noon.AddSeconds(-1) } }, "FAIL CRL: dates"),
        ["unsigned report"] = (s => s with { SigningKey = SnpSigner.None }, "FAIL signing key"),
        ["processor of another product"] = (s => s with { Cpu = CpuIdentity.Of(SnpProduct.Milan) }, "FAIL processor"),
    };

    private static EvidenceDirectory Evidence(SimulatedSnp snp, int version) =>
        EvidenceDirectory.OfReport(snp, snp.Report(TestPlatform.Guest, TestPlatform.ReportData, version));

    private static void AssertAccepted(SimulatedSnp snp, int version)
    {
        using var evidence = Evidence(snp, version);
        var answer = Tool.Verify("verify_snp.py", evidence);
        Assert.Equal("all checks passed", answer.LastLine);
        Assert.Equal(0, answer.ExitCode);
    }

    private static void AssertRefused(EvidenceDirectory evidence, string expected)
    {
        var answer = Tool.Verify("verify_snp.py", evidence);
        Assert.StartsWith(expected, answer.LastLine);
        Assert.Equal(1, answer.ExitCode);
    }
}
