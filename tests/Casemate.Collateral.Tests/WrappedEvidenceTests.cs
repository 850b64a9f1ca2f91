using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Casemate.Attestation;
using Casemate.Attestation.Azure;
using Casemate.Attestation.ConfidentialContainers;
using Casemate.Attestation.Tdx;
using Casemate.Testing;

namespace Casemate.Collateral.Tests;

/// <summary>Evidence inside of other things: told by its content, taken out, never trusted for what is around it.</summary>
public sealed class WrappedEvidenceTests
{
    private static readonly CorpusCase Azure = CorpusCase.Get("azure-hcl-milan-vtpm");
    private static readonly CorpusCase Milan = CorpusCase.Get("dstack-milan-v3-vcek");
    private static readonly CorpusCase Tdx = CorpusCase.Get("dcapqvl-tdx-v4-uptodate");

    [Fact]
    public void AnHclReport_IsCompletedByTheQuoteBesideIt()
    {
        var evidence = EvidenceReader.Read(Path.Combine(Azure.Folder, "hcl-report.bin"));

        Assert.Equal(EvidenceKind.AzureVtpm, evidence.Kind);
        Assert.Equal(Tee.Snp, evidence.Tee);
        Assert.Equal(1184, evidence.Evidence.Length);
        Assert.Equal(24, evidence.Azure!.Quote.Pcrs.Length);
        Assert.Equal(evidence.Azure.HclReport.ToArray(), EvidenceReader.Read(Azure.Folder).HclReport.ToArray());
    }

    [Fact]
    public void AnHclReportAlone_HasNoQuote() =>
        Assert.Null(EvidenceReader.Parse(Azure.File("hcl-report.bin"), "hcl-report.bin").Azure);

    [Fact]
    public void Refuses_ToChoose_BetweenTwoQuotes()
    {
        using var directory = new TemporaryDirectory();
        File.WriteAllBytes(directory.File("hcl-report.bin"), Azure.File("hcl-report.bin"));
        File.WriteAllBytes(directory.File("a.json"), Azure.File("tpm-quote-v1.json"));
        File.WriteAllBytes(directory.File("b.json"), Azure.File("tpm-quote-v1.json"));

        var refused = Assert.Throws<MalformedInputException>(() => EvidenceReader.Read(directory.File("hcl-report.bin")));

        Assert.Contains("several vTPM quotes lie beside it (a.json, b.json)", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AzureJson_BringsItsVcek_OrNone()
    {
        var whole = EvidenceReader.Parse(RealEvidence.AzureSnpEvidenceV2, "azure.json");
        var without = JsonNode.Parse(RealEvidence.AzureSnpEvidenceV2)!.AsObject();
        without.Remove("vcek");
        var bare = EvidenceReader.Parse(Bytes(without), "azure.json");

        Assert.Equal(2, whole.Azure!.Version);
        Assert.Equal("certificate", Assert.Single(whole.Included.Items).Kind);
        Assert.Null(bare.Azure!.Vcek);
        Assert.True(bare.Included.IsEmpty);
    }

    [Theory]
    [InlineData("td_quote", "AAAA", "holds both 'vcek' and 'td_quote'")]
    [InlineData("vcek", "AAAA", "the member 'vcek' is no certificate")]
    [InlineData("vcek", null, "the HCL report is one of SEV-SNP, but there is a 'td_quote'")]
    public void Refuses_AzureJson_ThatContradictsItself(string member, string? value, string expected)
    {
        var json = JsonNode.Parse(RealEvidence.AzureSnpEvidenceV2)!.AsObject();
        json[member] = value;
        if (value is null)
        {
            json["td_quote"] = "AAAA";
        }

        var refused = Assert.Throws<MalformedInputException>(() => EvidenceReader.Parse(Bytes(json), "azure.json"));

        Assert.Contains(expected, refused.Message, StringComparison.Ordinal);
        Assert.False(refused.IsOtherContent);
    }

    [Fact]
    public void TheProtocolsMessage_IsOpened_Once()
    {
        var inner = JsonNode.Parse(RealEvidence.AzureSnpEvidenceV2)!;
        var message = new JsonObject
        {
            ["tee-evidence"] = new JsonObject { ["primary_evidence"] = inner.DeepClone(), ["additional_evidence"] = "{}" },
        };
        var twice = new JsonObject { ["primary_evidence"] = new JsonObject { ["primary_evidence"] = inner.DeepClone() } };

        var evidence = EvidenceReader.Parse(Bytes(message), "m");

        Assert.Equal(EvidenceKind.AzureVtpm, evidence.Kind);
        Assert.Contains("additional_evidence", Assert.Single(evidence.Included.Ignored), StringComparison.Ordinal);
        Assert.Throws<MalformedInputException>(() => EvidenceReader.Parse(Bytes(twice), "m"));
    }

    [Fact]
    public void AnExtendedReport_BringsItsTable()
    {
        var evidence = EvidenceReader.Parse((byte[])[.. Milan.Report, .. Table()], "extended.bin");

        Assert.Equal(Milan.Report, evidence.Evidence.ToArray());
        Assert.Equal(3, evidence.Included.Items.Count);
        Assert.Equal("binary, with a certificate table", evidence.Form);
    }

    [Fact]
    public void ATable_IsCollateral_NotEvidence()
    {
        Assert.Equal(3, CollateralReader.Parse(Table(), "table.bin").Items.Count);
        Assert.True(Assert.Throws<MalformedInputException>(() => EvidenceReader.Parse(Table(), "table.bin")).IsOtherContent);
    }

    [Fact]
    public void Refuses_EveryTruncation_OfATable()
    {
        var table = Table();
        for (var length = 16; length < table.Length; length += 61)
        {
            Assert.Throws<MalformedInputException>(() => CollateralReader.Parse(table[..length], "table.bin"));
            Assert.Throws<MalformedInputException>(
                () => EvidenceReader.Parse((byte[])[.. Milan.Report, .. table[..length]], "extended.bin"));
        }
    }

    [Fact]
    public void AnEventLog_ComesWithTheQuote()
    {
        var log = EventLogWriter.Ovmf().ToArray();

        Assert.Equal(log, EvidenceReader.Parse(KbsEvidence.WriteTdx(Tdx.Quote, log), "tdx.json").EventLog.ToArray());
        var broken = Encoding.UTF8.GetBytes(
            $$"""{"quote":"{{Convert.ToBase64String(Tdx.Quote)}}","cc_eventlog":"%%"}""");
        Assert.Contains(
            "cc_eventlog is not", Assert.Throws<MalformedInputException>(() => EvidenceReader.Parse(broken, "t")).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void ABundle_KeepsTheEventLog_AndAzureEvidence()
    {
        var log = EventLogWriter.Ovmf().ToArray();
        var tdx = new EvidenceBundle { Tee = Tee.Tdx, Evidence = Tdx.Quote, Made = Tdx.VerifyAt, EventLog = log };
        var azure = new EvidenceBundle { Tee = Tee.Snp, Evidence = RealEvidence.AzureSnpEvidenceV2, Made = Tdx.VerifyAt };

        Assert.Equal(log, EvidenceReader.Parse(tdx.Write(), "b").EventLog.ToArray());
        var read = EvidenceReader.Parse(azure.Write(), "b");
        Assert.Equal(EvidenceKind.AzureVtpm, read.Kind);
        Assert.False(read.Included.IsEmpty);
        Assert.Throws<MalformedInputException>(() => EvidenceReader.Parse((azure with { Tee = Tee.Tdx }).Write(), "b"));
        Assert.Throws<MalformedInputException>(() => EvidenceReader.Parse((azure with { EventLog = log }).Write(), "b"));
    }

    [Fact]
    public void AnEventLogFile_IsBinaryOrText_AndBounded()
    {
        using var directory = new TemporaryDirectory();
        var log = EventLogWriter.Ovmf().ToArray();
        File.WriteAllBytes(directory.File("binary"), log);
        File.WriteAllText(directory.File("base64"), Convert.ToBase64String(log));
        File.WriteAllBytes(directory.File("large"), new byte[CcEventLog.MaxSize + 1]);

        Assert.Equal(log, EvidenceReader.ReadEventLog(directory.File("binary")).ToArray());
        Assert.Equal(log, EvidenceReader.ReadEventLog(directory.File("base64")).ToArray());
        Assert.Throws<MalformedInputException>(() => EvidenceReader.ReadEventLog(directory.File("large")));
    }

    [Fact]
    public void AGpuReport_IsText_OrJsonWithItsChain()
    {
        var (report, chain, _) = RealEvidence.GpuReports.First();
        var json = Encoding.UTF8.GetBytes(
            $$"""{"arch":"HOPPER","evidence":"{{Convert.ToBase64String(report)}}","certificate":"{{Convert.ToBase64String(chain)}}"}""");

        var device = EvidenceReader.Parse(json, "gpu.json");

        Assert.Equal(EvidenceKind.GpuReport, EvidenceReader.Parse(report, "gpu.bin").Kind);
        Assert.Equal(EvidenceKind.GpuReport, device.Kind);
        Assert.Null(device.Tee);
        Assert.NotEmpty(device.Included.FindGpuChains(CorpusCase.Get("hopper-report").VerifyAt));
        Assert.Empty(CollateralSet.Empty.FindGpuChains(default));
    }

    [Fact]
    public void AnEndorsement_IsNoSecondPiece_BesideEvidence()
    {
        using var directory = new TemporaryDirectory();
        File.WriteAllBytes(directory.File("reference_info.cose"), RealEvidence.UvmReferenceInfo);
        Assert.Equal(EvidenceKind.ImageEndorsement, EvidenceReader.Read(directory.Path).Kind);

        File.WriteAllBytes(directory.File("report.bin"), Milan.Report);
        Assert.Equal(EvidenceKind.SnpReport, EvidenceReader.Read(directory.Path).Kind);
    }

    [Fact]
    public void EveryTruncation_OfAzureJson_IsRefusedInOneMessage()
    {
        var json = RealEvidence.AzureSnpEvidenceV2;
        for (var length = 0; length < json.Length - 2; length += 37)
        {
            Assert.Throws<MalformedInputException>(() => EvidenceReader.Parse(json[..length], "azure.json"));
        }
    }

    private static byte[] Table() => CertificateTableBytes.Write(
        (CertificateTableBytes.Vcek, Milan.File("vcek.der")), (CertificateTableBytes.Ask, Milan.File("ask.pem")),
        (CertificateTableBytes.Ark, Milan.File("ark.pem")));

    private static byte[] Bytes(JsonNode node) => Encoding.UTF8.GetBytes(node.ToJsonString(new JsonSerializerOptions()));
}
