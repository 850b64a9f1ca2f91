using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Casemate.Attestation;
using Casemate.Attestation.Azure;
using Casemate.Attestation.Tests;
using Casemate.Attestation.Tests.Azure;
using Casemate.Attestation.Tests.Cose;
using Casemate.Attestation.Tests.Nvidia;
using Casemate.Collateral;
using Casemate.Testing;

namespace Casemate.Cli.Tests;

/// <summary>
/// <c>casemate verify</c> over Azure VMs, certificate tables, GPUs and endorsed images: real evidence, and each lie refused.
/// </summary>
public sealed class VerifyWrappedTests
{
    private const string Challenge = "6368616c6c656e6765";
    private const string Did = "did:x509:0:sha256:I__iuL25oXEVFdTP_aBLx_eT1RPHbCQ_ECBQfYZpt9s::eku:1.3.6.1.4.1.311.76.59.1.2";
    private const string Feed = "ContainerPlat-AMD-UVM";

    private static readonly CorpusCase Azure = CorpusCase.Get("azure-hcl-milan-vtpm");
    private static readonly CorpusCase Mismatched = CorpusCase.Get("neg-azure-hcl-mismatched-vcek");
    private static readonly CorpusCase Gpu = CorpusCase.Get("hopper-report");
    private static readonly CorpusCase Milan = CorpusCase.Get("dstack-milan-v3-vcek");

    [Fact]
    public void Accepts_TheRealAzureVm_ForItsNonce_FromItsDirectory()
    {
        var verdict = Verify(Azure.Folder, Azure.VerifyAt, ExitCode.Success, "--report-data", Challenge);

        Assert.Equal("Azure vTPM over SEV-SNP report v2 (Milan)", Text(verdict, "format"));
        Assert.Equal(Challenge, Text(verdict.GetProperty("vtpm"), "nonce"));
        Assert.False(verdict.GetProperty("simulated").GetBoolean());
    }

    [Fact]
    public void Refuses_TheRealAzureVm_ForAnotherNonce() => AssertFailed(
        ["VtpmNonce"], Verify(Azure.Folder, Azure.VerifyAt, ExitCode.Refused, "--report-data", "00"));

    [Fact]
    public void Refuses_TheCorpusQuote_OfAnotherVtpm()
    {
        var json = new JsonObject
        {
            ["version"] = 1,
            ["tpm_quote"] = new JsonObject
            {
                ["message"] = Convert.ToHexString(Azure.File("tpm-quote.msg")),
                ["signature"] = Convert.ToHexString(Azure.File("tpm-quote.sig")),
                ["pcrs"] = JsonNode.Parse(Azure.File("tpm-quote-v1.json"))!["pcrs"]!.DeepClone(),
            },
            ["hcl_report"] = Convert.ToBase64String(Azure.File("hcl-report.bin")).Replace('+', '-').Replace('/', '_'),
        };
        using var directory = new TemporaryDirectory();
        File.WriteAllBytes(directory.File("evidence.json"), Bytes(json));

        // The VCEK, which the evidence leaves out, comes from the collateral.
        var verdict = Verify(
            directory.File("evidence.json"), Azure.VerifyAt, ExitCode.Refused, "--collateral",
            Path.Combine(Azure.Folder, "vcek-chain.pem"));

        Assert.Contains("VtpmQuoteSignature", Failed(verdict));
        Assert.DoesNotContain("SnpReportSignature", Failed(verdict));
        Assert.Equal(JsonValueKind.Null, verdict.GetProperty("claims").ValueKind);
    }

    [Fact]
    public void Refuses_AnHclReport_UnderAnotherChipsKey_AndSaysThatTheQuoteIsMissing()
    {
        var verdict = Verify(Mismatched.Folder, Mismatched.VerifyAt, ExitCode.Refused);

        Assert.Contains("SnpReportSignature", Failed(verdict));
        Assert.Contains("VtpmQuoteSignature", Failed(verdict));
    }

    [Fact]
    public void NeverAccepts_AGenuineHclReport_WithoutItsQuote()
    {
        using var directory = new TemporaryDirectory();
        File.WriteAllBytes(directory.File("hcl-report.bin"), Azure.File("hcl-report.bin"));
        File.WriteAllBytes(directory.File("vcek-chain.pem"), Azure.File("vcek-chain.pem"));

        AssertFailed(["VtpmQuoteSignature"], Verify(directory.Path, Azure.VerifyAt, ExitCode.Refused));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Verifies_TheRealJsonEvidence_BareAndInTheProtocolsMessage(bool wrapped)
    {
        byte[] json = wrapped
            ? [.. "{\"tee-evidence\":{\"primary_evidence\":"u8, .. RealEvidence.AzureSnpEvidenceV2, .. "}}"u8]
            : RealEvidence.AzureSnpEvidenceV2;
        var run = CommandLine.RunWithInput(json, "verify", "-", "--at", "2025-11-01", "-o", "json", "--report-data",
            "982f5c6e45df0ed3f10b6f60b02f0c8390e281300f3805e2279c16168cd6ae9aa398f647caa2338748cd0fd9f5f819ef");

        Assert.Equal("", run.Error);
        Assert.Equal(ExitCode.Success, run.ExitCode);
        Assert.Contains("VtpmUserData", run.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Tee.Snp)]
    [InlineData(Tee.Tdx)]
    public void Accepts_SimulatedAzureVms_OfBothKinds_AsSimulated(Tee tee)
    {
        using var directory = new TemporaryDirectory();
        var vm = new AzureVm();
        var bundle = new EvidenceBundle
        {
            Tee = tee,
            Evidence = (tee is Tee.Snp ? vm.OnSnp() : vm.OnTdx()).Write(),
            Made = Simulated.Noon,
            SnpEndorsements = tee is Tee.Snp ? Simulated.Milan.Endorsements(Simulated.Noon) : null,
            DcapCollateral = tee is Tee.Tdx ? Simulated.Dcap.Collateral(Tee.Tdx, Simulated.Noon) : null,
        };
        File.WriteAllBytes(directory.File("bundle.json"), bundle.Write());
        File.WriteAllBytes(
            directory.File("root.der"),
            tee is Tee.Snp ? Simulated.Milan.Endorsements(Simulated.Noon).Ark.ToArray() : Simulated.Dcap.RootCaDer);
        string[] asked = ["--report-data", Convert.ToHexString(AzureVm.Nonce), "--root", directory.File("root.der")];

        var verdict = Verify(directory.File("bundle.json"), Simulated.Noon, ExitCode.Simulated, asked);

        Assert.StartsWith("Azure vTPM over ", Text(verdict, "format"), StringComparison.Ordinal);
        AssertFailed(
            ["VtpmNonce"],
            Verify(directory.File("bundle.json"), Simulated.Noon, ExitCode.Refused, ["--report-data", "ab", .. asked[2..]]));
    }

    [Fact]
    public void APolicyForProcessors_AsksAzureEvidence_ForMeasurementAndPcrs()
    {
        using var directory = new TemporaryDirectory();
        File.WriteAllText(directory.File("policy.yaml"), "version: 1\nname: p\n");
        var run = CommandLine.Run(
            "verify", Azure.Folder, "--at", Seconds(Azure.VerifyAt), "--report-data", Challenge, "-o", "json", "--policy",
            directory.File("policy.yaml"));

        Assert.Equal(ExitCode.Refused, run.ExitCode);
        var failed = Failed(JsonDocument.Parse(run.Output).RootElement);
        Assert.Contains("Identity", failed);
        Assert.Contains("VtpmPcrs", failed);
    }

    [Fact]
    public void TakesCertificates_FromATable_BehindTheReportOrBesideIt()
    {
        using var directory = new TemporaryDirectory();
        var table = CertificateTableBytes.Write(
            (CertificateTableBytes.Vcek, Milan.File("vcek.der")), (CertificateTableBytes.Ask, Milan.File("ask.pem")),
            (CertificateTableBytes.Ark, Milan.File("ark.pem")));
        File.WriteAllBytes(directory.File("extended.bin"), [.. Milan.Report, .. table]);
        Verify(directory.File("extended.bin"), Milan.VerifyAt, ExitCode.Success);

        using var beside = new TemporaryDirectory();
        File.WriteAllBytes(beside.File("report.bin"), Milan.Report);
        File.WriteAllBytes(beside.File("auxblob"), table);
        Verify(beside.Path, Milan.VerifyAt, ExitCode.Success);
        Verify(beside.File("report.bin"), Milan.VerifyAt, ExitCode.Success, "--collateral", beside.File("auxblob"));
    }

    [Fact]
    public void BelievesNoCertificate_ForBeingInATable()
    {
        using var directory = new TemporaryDirectory();
        var simulated = Simulated.Milan.Endorsements(Simulated.Noon);
        var table = CertificateTableBytes.Write(
            (CertificateTableBytes.Vcek, simulated.Vek.ToArray()), (CertificateTableBytes.Ask, simulated.Ask.ToArray()),
            (CertificateTableBytes.Ark, simulated.Ark.ToArray()));
        var report = Simulated.Milan.Report(Simulated.Guest, new byte[64]);
        File.WriteAllBytes(directory.File("extended.bin"), [.. report, .. table]);

        Assert.Contains("TrustRoot", Failed(Verify(directory.File("extended.bin"), Simulated.Noon, ExitCode.Refused)));
    }

    [Fact]
    public void Accepts_TheRealGpuReports_UnderTheirOwnChains()
    {
        foreach (var pair in Gpu.Expected.GetProperty("pairs").EnumerateArray())
        {
            var nonce = pair.TryGetProperty("request_nonce", out var asked) ? asked : pair.GetProperty("report_data");
            var report = Path.Combine(Gpu.Folder, Text(pair, "report"));
            var chain = Path.Combine(Gpu.Folder, Text(pair, "chain"));

            // Both chains lie in the directory; the signature tells which is whose.
            foreach (var collateral in (string[][])[[], ["--collateral", chain]])
            {
                var verdict = Verify(report, Gpu.VerifyAt, ExitCode.Success, ["--report-data", nonce.GetString()!, .. collateral]);
                Assert.Equal("GH100 A01 GSP FMC LF", Text(verdict.GetProperty("claims"), "device"));
            }
        }
    }

    [Fact]
    public void Refuses_TheRealGpuReport_ForAnotherNonceChainOrWish()
    {
        var report = Path.Combine(Gpu.Folder, "hopperAttestationReport.txt");
        var foreign = Path.Combine(Gpu.Folder, "hopper_coco_certs1.txt");

        AssertFailed(["GpuNonce"], Verify(report, Gpu.VerifyAt, ExitCode.Refused, "--report-data", "00"));
        Assert.Contains("GpuReportSignature", Failed(Verify(report, Gpu.VerifyAt, ExitCode.Refused, "--collateral", foreign)));
        AssertFailed(["GpuVersions"], Verify(report, Gpu.VerifyAt, ExitCode.Refused, "--gpu-driver", "1.2.3"));
        AssertFailed(["GpuMeasurements"], Verify(report, Gpu.VerifyAt, ExitCode.Refused, "--gpu-measurement", "2=00"));
        AssertFailed(
            ["TrustRoot"],
            Verify(report, Gpu.VerifyAt, ExitCode.Refused, "--gpu-root", Path.Combine(Milan.Folder, "ark.pem")));
        Assert.Equal(ExitCode.Usage, CommandLine.Run("verify", report, "--gpu-measurement", "2").ExitCode);
    }

    [Fact]
    public void Accepts_ASimulatedGpu_UnderItsOwnRootAlone_AsSimulated()
    {
        using var directory = new TemporaryDirectory();
        var device = new GpuDevice();
        var json = new JsonObject
        {
            ["evidence"] = Convert.ToBase64String(device.Report()),
            ["certificate"] = Convert.ToBase64String(Encoding.ASCII.GetBytes(device.ChainPem())),
        };
        File.WriteAllBytes(directory.File("gpu.json"), Bytes(json));
        File.WriteAllBytes(directory.File("root.der"), GpuDevice.Root);
        var digest = $"9={Convert.ToHexString(device.Measurements[1].Digest)}";
        string[] asked =
            ["--report-data", Convert.ToHexString(GpuDevice.Nonce), "--gpu-measurement", digest, "--gpu-driver", "535.86.09"];

        Verify(directory.File("gpu.json"), Simulated.Noon, ExitCode.Simulated, [.. asked, "--gpu-root", directory.File("root.der")]);
        AssertFailed(["TrustRoot"], Verify(directory.File("gpu.json"), Simulated.Noon, ExitCode.Refused, asked));

        // A root of processors never vouches for a GPU.
        AssertFailed(
            ["TrustRoot"],
            Verify(directory.File("gpu.json"), Simulated.Noon, ExitCode.Refused, [.. asked, "--root", directory.File("root.der")]));
    }

    [Fact]
    public void APolicyForProcessors_AcceptsNoGpu()
    {
        using var directory = new TemporaryDirectory();
        File.WriteAllText(directory.File("policy.yaml"), "version: 1\nname: p\n");
        var verdict = Verify(
            Path.Combine(Gpu.Folder, "hopperAttestationReport.txt"), Gpu.VerifyAt, ExitCode.Refused, "--policy",
            directory.File("policy.yaml"));

        Assert.Contains("AcceptedTee", Failed(verdict));
        Assert.Contains("GpuMeasurements", Failed(verdict));
        Assert.Contains("GpuRevocation", Failed(verdict));
    }

    [Fact]
    public void Accepts_TheRealEndorsement_OfATrustedPublisher()
    {
        using var directory = new TemporaryDirectory();
        File.WriteAllBytes(directory.File("reference_info.cose"), RealEvidence.UvmReferenceInfo);
        string[] trust = ["--endorsement-issuer", Did, "--endorsement-feed", Feed];
        var at = new DateTimeOffset(2024, 11, 20, 0, 0, 0, TimeSpan.Zero);
        var file = directory.File("reference_info.cose");

        var verdict = Verify(file, at, ExitCode.Success, [.. trust, "--endorsement-svn", "101"]);

        Assert.Equal(101, verdict.GetProperty("endorsement").GetProperty("svn").GetInt32());
        AssertFailed(["EndorsementSvn"], Verify(file, at, ExitCode.Refused, [.. trust, "--endorsement-svn", "102"]));
        AssertFailed(["EndorsementTrust"], Verify(file, at, ExitCode.Refused));
        AssertFailed(["EndorsementChainValidity"], Verify(file, CommandLine.Noon, ExitCode.Refused, trust));
        Verify(file, CommandLine.Noon, ExitCode.Success, [.. trust, "--trust-claimed-signing-time"]);
        Assert.Equal(ExitCode.Usage, CommandLine.Run("verify", file, "--endorsement-issuer", Did).ExitCode);
    }

    [Theory]
    [InlineData("AcceptedTee", "--policy", "policy.yaml")]
    [InlineData("ReportData", "--report-data", Challenge)]
    [InlineData("EndorsementTrust", "--endorsement", "reference_info.cose")]
    public void AnEndorsement_IsNoMachine_WhereOneIsAskedFor(string reason, string option, string value)
    {
        using var directory = new TemporaryDirectory();
        File.WriteAllBytes(directory.File("reference_info.cose"), RealEvidence.UvmReferenceInfo);
        File.WriteAllText(directory.File("policy.yaml"), "version: 1\nname: p\nacceptAnyIdentity: true\nacceptUnboundEvidence: true\n");
        string[] options =
        [
            option, value == Challenge ? value : directory.File(value), "--endorsement-issuer", Did, "--endorsement-feed", Feed,
            "--trust-claimed-signing-time",
        ];

        var verdict = Verify(directory.File("reference_info.cose"), CommandLine.Noon, ExitCode.Refused, options);
        var stream = CommandLine.RunWithInput(
            Encoding.ASCII.GetBytes(Convert.ToBase64String(RealEvidence.UvmReferenceInfo)), ["verify", "--stream", .. options]);

        AssertFailed([reason], verdict);
        Assert.Equal(JsonValueKind.Null, verdict.GetProperty("endorsement").ValueKind);
        Assert.Equal(ExitCode.Refused, stream.ExitCode);
    }

    [Fact]
    public void APublisher_IsNotNamedInVain()
    {
        var file = Path.Combine(Milan.Folder, "report.bin");

        Verify(file, Milan.VerifyAt, ExitCode.Success);
        AssertFailed(
            ["EndorsementTrust"],
            Verify(file, Milan.VerifyAt, ExitCode.Refused, "--endorsement-issuer", Did, "--endorsement-feed", Feed));
    }

    [Fact]
    public void WantsTheEndorsedMeasurement_OfTheGuest()
    {
        using var directory = new TemporaryDirectory();
        var (endorsed, did) = new ImagePublisher().Endorse();
        File.WriteAllBytes(directory.File("image.cose"), endorsed);
        var endorsements = Simulated.Milan.Endorsements(Simulated.Noon);
        File.WriteAllBytes(directory.File("root.der"), endorsements.Ark.ToArray());
        foreach (var (name, measurement) in (ReadOnlySpan<(string, byte[])>)
            [("good.json", ImagePublisher.Measurement), ("other.json", Simulated.Bytes(48, 0x77))])
        {
            var bundle = new EvidenceBundle
            {
                Tee = Tee.Snp,
                Evidence = Simulated.Milan.Report(Simulated.Guest with { Measurement = measurement }, new byte[64]),
                Made = Simulated.Noon,
                SnpEndorsements = endorsements,
            };
            File.WriteAllBytes(directory.File(name), bundle.Write());
        }

        string[] asked =
        [
            "--root", directory.File("root.der"), "--endorsement", directory.File("image.cose"), "--endorsement-issuer", did,
            "--endorsement-feed",
        ];

        Verify(directory.File("good.json"), Simulated.Noon, ExitCode.Simulated, [.. asked, ImagePublisher.Feed]);
        AssertFailed(["Identity"], Verify(directory.File("other.json"), Simulated.Noon, ExitCode.Refused, [.. asked, ImagePublisher.Feed]));
        AssertFailed(["EndorsementTrust"], Verify(directory.File("good.json"), Simulated.Noon, ExitCode.Refused, [.. asked, "another"]));
    }

    [Fact]
    public void AnEndorsement_SaysNothing_OfATd()
    {
        var tdx = CorpusCase.Get("dcapqvl-tdx-v4-uptodate");
        using var directory = new TemporaryDirectory();
        File.WriteAllBytes(directory.File("image.cose"), RealEvidence.UvmReferenceInfo);

        AssertFailed(
            ["EndorsementTrust"],
            Verify(Path.Combine(tdx.Folder, "quote.bin"), tdx.VerifyAt, ExitCode.Refused, "--endorsement", directory.File("image.cose")));
    }

    [Fact]
    public void ADirectoryAndAStream_TakeEveryKind()
    {
        using var tree = new TemporaryDirectory();
        foreach (var item in (CorpusCase[])[Azure, Gpu, CorpusCase.Get("trustee-milan-v2-vcek-azure")])
        {
            Directory.CreateDirectory(tree.File(item.Id));
            foreach (var file in Directory.GetFiles(item.Folder))
            {
                File.Copy(file, Path.Combine(tree.File(item.Id), Path.GetFileName(file)));
            }
        }

        File.WriteAllBytes(tree.File("reference_info.cose"), RealEvidence.UvmReferenceInfo);
        var run = CommandLine.Run("verify", tree.Path, "--at", "2025-01-01");

        Assert.Equal(ExitCode.Success, run.ExitCode);
        Assert.Contains("4 verified: 4 accepted, 0 rejected, 0 unreadable", run.Error, StringComparison.Ordinal);
        Assert.Contains("gpu  accepted", run.Error, StringComparison.Ordinal);
        Assert.Contains("reference_info.cose", run.Error, StringComparison.Ordinal);

        var (report, chain, _) = RealEvidence.GpuReports.First();
        var lines = string.Join(
            '\n',
            JsonNode.Parse(RealEvidence.AzureSnpEvidenceV2)!.ToJsonString(new JsonSerializerOptions()),
            new JsonObject { ["evidence"] = Convert.ToBase64String(report), ["certificate"] = Convert.ToBase64String(chain) }
                .ToJsonString(new JsonSerializerOptions()));
        var stream = CommandLine.RunWithInput(Encoding.UTF8.GetBytes(lines), "verify", "--stream", "--at", "2025-11-01", "-o", "json");
        Assert.Equal(ExitCode.Success, stream.ExitCode);
        Assert.Equal(2, stream.Lines.Length);
    }

    [Fact]
    public void NoTruncation_OfAnyKind_IsEverAccepted_OrCrashes()
    {
        using var directory = new TemporaryDirectory();
        var collateral = directory.File("chain.pem");
        File.WriteAllBytes(collateral, [.. Azure.File("vcek-chain.pem"), .. RealEvidence.GpuReports.First().ChainPem]);
        byte[][] originals =
        [
            RealEvidence.AzureSnpEvidenceV2, Azure.File("hcl-report.bin"), RealEvidence.GpuReports.First().Report,
            RealEvidence.UvmReferenceInfo,
        ];
        foreach (var original in originals)
        {
            // Beyond the last byte but one of JSON there is only white space.
            for (var length = 1; length < original.Length - 2; length += original.Length / 40)
            {
                var input = original[..length];
                var run = CommandLine.RunWithInput(input, "verify", "-", "--at", "2025-01-01", "--collateral", collateral);
                Assert.True(run.ExitCode is ExitCode.Refused or ExitCode.BadInput, $"{length} of {original.Length}: {run.ExitCode}");
                Assert.True(run.Error.StartsWith("casemate: ", StringComparison.Ordinal) || run.Output.Length > 0);
                Assert.DoesNotContain("   at ", run.Error, StringComparison.Ordinal);
                var shown = CommandLine.RunWithInput(input, "evidence", "show", "-");
                Assert.True(shown.ExitCode is ExitCode.Success or ExitCode.BadInput, $"show, {length}: {shown.ExitCode}");
            }
        }
    }

    private static JsonElement Verify(string evidence, DateTimeOffset at, int expected, params string[] more)
    {
        var run = CommandLine.Run(["verify", evidence, "--at", Seconds(at), "-o", "json", .. more]);
        Assert.Equal("", run.Error);
        Assert.Equal(expected, run.ExitCode);
        return JsonDocument.Parse(run.Output).RootElement;
    }

    private static void AssertFailed(string[] expected, JsonElement verdict)
    {
        Assert.Equal("rejected", Text(verdict, "verdict"));
        Assert.Equal(expected, Failed(verdict));
    }

    private static List<string> Failed(JsonElement verdict) =>
    [
        .. verdict.GetProperty("checks").EnumerateArray().Where(check => Text(check, "outcome") == "failed")
            .Select(check => Text(check, "name")),
    ];

    private static string Text(JsonElement owner, string name) => owner.GetProperty(name).GetString()!;

    private static string Seconds(DateTimeOffset at) => at.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);

    private static byte[] Bytes(JsonNode node) => Encoding.UTF8.GetBytes(node.ToJsonString(new JsonSerializerOptions()));
}
