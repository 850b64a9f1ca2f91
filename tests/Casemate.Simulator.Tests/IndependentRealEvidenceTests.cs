using Casemate.Testing;

namespace Casemate.Simulator.Tests;

/// <summary>The independent programs judge real evidence rightly: what they accept of ours means something.</summary>
public sealed class IndependentRealEvidenceTests
{
    [Theory]
    [InlineData("sgx/dcapqvl-sgx-procCA", "2025-07-04T10:28:44Z")]
    [InlineData("sgx/automata-sgx-platCA-swhardening", "2025-08-30T05:09:06Z")]
    [InlineData("sgx/oe-sgx-tcbinfo-v2-debug", "2022-05-11T23:03:47Z")]
    [InlineData("tdx/dstack-tdx-v4-uptodate", "2026-03-05T10:50:03Z")]
    [InlineData("tdx/oe-tdx-v5-relaunch-advised", "2025-03-10T11:04:29Z")]
    public void Accept_RealQuote(string name, string at) => Assert.Equal("all checks passed", Judge(Quote(name), "verify_dcap.py", at));

    [Fact]
    public void Refuse_RealQuoteWhosePckIsNotYetValid() => Assert.StartsWith(
        "FAIL PCK: dates", Judge(Quote("tdx/dstack-tdx-v4-pck-not-yet-valid"), "verify_dcap.py", "2025-07-04T10:16:31Z"));

    [Fact]
    public void Refuse_RealQuoteUnderTheSimulatorsRoot()
    {
        var files = Quote("sgx/dcapqvl-sgx-procCA");
        files.Write("root.der", TestPlatform.Dcap.RootCaDer);
        Assert.StartsWith("FAIL chain ends in the trusted root", Judge(files, "verify_dcap.py", "2025-07-04T10:28:44Z"));
    }

    [Theory]
    [InlineData("snp/gosev-milan-v2-vcek", "vcek.der", "milan", "2023-06-06T17:43:28Z")]
    [InlineData("snp/constellation-aws-milan-v3-vlek", "vlek.der", "milan", "2025-01-16T10:30:16Z")]
    [InlineData("snp/oak-genoa-v5-vcek", "vcek.der", "genoa", "2026-04-20T10:09:41Z")]
    [InlineData("snp/oak-turin-v5-vcek", "vcek.der", "turin", "2026-03-30T09:52:46Z")]
    public void Accept_RealReport(string name, string vek, string product, string at)
    {
        var files = EvidenceDirectory.Empty();
        files.Write("report.bin", RealEvidence.File(name + "/report.bin"));
        files.Write("vek.der", RealEvidence.File($"{name}/{vek}"));
        files.Write("ask.der", RealEvidence.Pem(name + "/ask.pem"));
        files.Write("ark.der", RealEvidence.Pem(name + "/ark.pem"));
        files.Write("root.der", PinnedRoot($"ark-{product}.der"));
        Assert.Equal("all checks passed", Judge(files, "verify_snp.py", at));
    }

    private static EvidenceDirectory Quote(string name)
    {
        var files = EvidenceDirectory.Empty();
        files.Write("quote.bin", RealEvidence.Quote(name));
        files.Write("collateral.json", RealEvidence.File(name + "/collateral.json"));
        files.Write("root.der", PinnedRoot("intel-sgx-root-ca.der"));
        return files;
    }

    private static byte[] PinnedRoot(string name) =>
        File.ReadAllBytes(Path.Combine(RepositoryPaths.Root, "src", "Casemate.Attestation", "Pki", "Roots", name));

    private static string Judge(EvidenceDirectory files, string script, string at)
    {
        using (files)
        {
            return Tool.Python(script, files.Path, "--at", at).LastLine;
        }
    }
}
