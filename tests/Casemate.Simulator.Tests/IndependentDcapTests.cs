using Casemate.Attestation;
using Casemate.Simulator.Dcap;
using Casemate.Simulator.Pki;

namespace Casemate.Simulator.Tests;

/// <summary>Simulated quotes and collateral, judged by a program that shares no code with ours.</summary>
public sealed class IndependentDcapTests
{
    public static TheoryData<string> Quotes => ["sgx3", "sgx4", "sgx5", "tdx4", "tdx5-1.0", "tdx5-1.5", "tdx5-1.5ex"];

    [Theory]
    [MemberData(nameof(Quotes))]
    public void Accepts_QuoteUnderThePlatformCa(string kind) => AssertAccepted(kind, TestPlatform.Dcap);

    [Theory]
    [MemberData(nameof(Quotes))]
    public void Accepts_QuoteUnderTheProcessorCa(string kind) =>
        AssertAccepted(kind, TestPlatform.Dcap.With(s => s with { Machine = s.Machine with { PlatformCa = false } }));

    [Fact]
    public void Accepts_TcbInfoOfVersion2() => AssertAccepted(
        "sgx3", TestPlatform.Dcap.With(s => s with { SgxTcbInfo = s.SgxTcbInfo with { Id = null, Version = 2 } }));

    [Theory]
    [InlineData("quote.bin", 300, "FAIL quote signature")]                 // in the enclave's report
    [InlineData("quote.bin", 440, "FAIL quote signature")]                 // in the signature itself
    [InlineData("quote.bin", 520, "FAIL QE report binds the attestation key")]
    [InlineData("quote.bin", 600, "FAIL QE report signature")]
    [InlineData("quote.bin", 1000, "FAIL QE report signature")]
    [InlineData("quote.bin", 1020, "FAIL QE report binds the attestation key")]
    public void Refuses_ChangedSgxQuote(string file, int offset, string expected)
    {
        using var evidence = Evidence("sgx3", TestPlatform.Dcap);
        evidence.Flip(file, offset);
        AssertRefused(evidence, expected);
    }

    [Theory]
    [InlineData("tdx4", 600, "FAIL quote signature")]
    [InlineData("tdx5-1.5", 50, "FAIL body type and size")]
    [InlineData("tdx5-1.5", 690, "FAIL quote signature")]
    [InlineData("tdx4", 640, "FAIL quote signature")]
    [InlineData("tdx4", 720, "FAIL QE report binds the attestation key")]
    [InlineData("tdx4", 800, "FAIL QE report signature")]
    public void Refuses_ChangedTdxQuote(string kind, int offset, string expected)
    {
        using var evidence = Evidence(kind, TestPlatform.Dcap);
        evidence.Flip("quote.bin", offset);
        AssertRefused(evidence, expected);
    }

    [Theory]
    [InlineData("Status\\u0022:\\u0022OutOfDate", "Status\\u0022:\\u0022UpToDate", "FAIL TCB info: signature")]
    [InlineData("\\u0022isvprodid\\u0022:1", "\\u0022isvprodid\\u0022:2", "FAIL QE identity: signature")]
    public void Refuses_ChangedDocument(string old, string replacement, string expected)
    {
        using var evidence = Evidence("sgx3", TestPlatform.Dcap);
        evidence.Replace("collateral.json", old, replacement);
        AssertRefused(evidence, expected);
    }

    [Theory]
    [MemberData(nameof(WrongScenarios))]
    public void Refuses_ScenarioThatIsWrongInOneWay(string name)
    {
        var (change, expected) = Scenarios[name];
        using var evidence = Evidence("sgx3", TestPlatform.Dcap.With(change));
        AssertRefused(evidence, expected);
    }

    [Fact]
    public void Refuses_RootOfAnotherInstallation()
    {
        using var evidence = Evidence("sgx3", TestPlatform.Dcap);
        evidence.Write("root.der", SimulatedPlatform.Create(TestPlatform.Noon).Dcap.RootCaDer);
        AssertRefused(evidence, "FAIL chain ends in the trusted root");
    }

    public static TheoryData<string> WrongScenarios => [.. Scenarios.Keys];

    private static readonly Dictionary<string, (Func<DcapScenario, DcapScenario> Change, string Expected)> Scenarios = new()
    {
        ["PCK CA signed by a stranger"] =
            (s => s with { Signers = s.Signers with { PckCa = SignedBy.Stranger } }, "FAIL PCK CA: signature"),
        ["PCK signed by a stranger"] = (s => s with { Signers = s.Signers with { Pck = SignedBy.Stranger } }, "FAIL PCK: signature"),
        ["TCB signer signed by a stranger"] =
            (s => s with { Signers = s.Signers with { TcbSigner = SignedBy.Stranger } }, "FAIL TCB info signer: signature"),
        ["root CRL signed by a stranger"] =
            (s => s with { Signers = s.Signers with { RootCrl = SignedBy.Stranger } }, "FAIL root CRL: signature"),
        ["PCK CRL signed by a stranger"] =
            (s => s with { Signers = s.Signers with { PckCrl = SignedBy.Stranger } }, "FAIL PCK CRL: signature"),
        ["TCB info signed by a stranger"] =
            (s => s with { Signers = s.Signers with { TcbInfo = SignedBy.Stranger } }, "FAIL TCB info: signature"),
        ["QE identity signed by a stranger"] =
            (s => s with { Signers = s.Signers with { QeIdentity = SignedBy.Stranger } }, "FAIL QE identity: signature"),
        ["QE report signed by a stranger"] =
            (s => s with { Signers = s.Signers with { QeReport = SignedBy.Stranger } }, "FAIL QE report signature"),
        ["quote signed by a stranger"] =
            (s => s with { Signers = s.Signers with { Quote = SignedBy.Stranger } }, "FAIL quote signature"),
        ["PCK CA revoked"] = (s => s with { Revoked = [DcapCertificate.PckCa] }, "FAIL PCK CA is not revoked"),
        ["PCK revoked"] = (s => s with { Revoked = [DcapCertificate.Pck] }, "FAIL PCK is not revoked"),
        ["TCB signer revoked"] = (s => s with { Revoked = [DcapCertificate.TcbSigner] }, "FAIL TCB info: signer is not revoked"),
        ["PCK expired"] = (
            s => s with { Certificates = new() { Pck = new() { NotAfter = TestPlatform.Noon.AddSeconds(-1) } } }, "FAIL PCK: dates"),
        ["PCK CA is no CA"] = (
            s => s with { Certificates = new() { PckCa = new() { IsCertificateAuthority = false } } }, "FAIL PCK CA: authority"),
        ["FMSPC of another machine"] = (s => s with { SgxTcbInfo = s.SgxTcbInfo with { Fmspc = [1, 2, 3, 4, 5, 6] } }, "FAIL FMSPC"),
        ["unbound attestation key"] = (
            s => s with { QuotingEnclave = s.QuotingEnclave with { ReportData = new byte[64] } },
            "FAIL QE report binds the attestation key"),
        ["debug quoting enclave"] = (
            s => s with { QuotingEnclave = s.QuotingEnclave with { Flags = s.QuotingEnclave.Flags | 2 } }, "FAIL QE identity: attributes"),
    };

    private static EvidenceDirectory Evidence(string kind, SimulatedDcap dcap)
    {
        var tdx = kind.StartsWith("tdx", StringComparison.Ordinal);
        return EvidenceDirectory.OfQuote(dcap, TestQuotes.Make(kind, dcap), tdx ? Tee.Tdx : Tee.Sgx);
    }

    private static void AssertAccepted(string kind, SimulatedDcap dcap)
    {
        using var evidence = Evidence(kind, dcap);
        var answer = Tool.Verify("verify_dcap.py", evidence);
        Assert.Equal("all checks passed", answer.LastLine);
        Assert.Equal(0, answer.ExitCode);
    }

    private static void AssertRefused(EvidenceDirectory evidence, string expected)
    {
        var answer = Tool.Verify("verify_dcap.py", evidence);
        Assert.StartsWith(expected, answer.LastLine);
        Assert.Equal(1, answer.ExitCode);
    }
}
