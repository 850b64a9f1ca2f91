using System.Text.Json;
using Casemate.Attestation;
using Casemate.Attestation.Tests.Azure;
using Casemate.Testing;

namespace Casemate.Cli.Tests;

/// <summary><c>casemate evidence show</c> takes Azure evidence, GPU reports and endorsements apart.</summary>
public sealed class ShowWrappedTests
{
    [Fact]
    public void Shows_AnAzureVm_AndHidesItsId()
    {
        var folder = CorpusCase.Get("azure-hcl-milan-vtpm").Folder;
        var run = CommandLine.Run("evidence", "show", folder, "-o", "json");
        var json = Json(run);

        Assert.Equal("snp", json.GetProperty("tee").GetString());
        Assert.Equal(0x20, Field(json, "VERSION", 1).GetProperty("offset").GetInt32());
        Assert.Equal(JsonValueKind.Null, Field(json, "CHIP_ID").GetProperty("hex").ValueKind);
        Assert.Equal(JsonValueKind.Null, Field(json, "RUNTIME_DATA").GetProperty("hex").ValueKind);
        Assert.Contains("Secure Boot on", Field(json, "RUNTIME_DATA").GetProperty("meaning").GetString(), StringComparison.Ordinal);
        Assert.Equal("6368616c6c656e6765", Field(json, "extraData").GetProperty("hex").GetString());
        Assert.Equal("in the quote's digest", Field(json, "PCR23").GetProperty("meaning").GetString());
        Assert.NotNull(Field(Json(CommandLine.Run("evidence", "show", folder, "-o", "json", "--machine-ids")), "RUNTIME_DATA")
            .GetProperty("hex").GetString());
    }

    [Fact]
    public void Shows_TheQuote_OfAnAzureTd()
    {
        var json = Json(CommandLine.RunWithInput(new AzureVm().OnTdx().Write(), "evidence", "show", "-", "-o", "json"));

        Assert.Equal("Azure vTPM evidence on TDX", json.GetProperty("format").GetString());
        Assert.Contains("TD quote: header", json.GetProperty("sections").EnumerateArray().Select(s => s.GetProperty("name").GetString()));
        Assert.Equal(3, json.GetProperty("certificates").GetArrayLength());
        Assert.Equal(AzureVm.Nonce, Convert.FromHexString(Field(json, "extraData").GetProperty("hex").GetString()!));
    }

    [Fact]
    public void Shows_EveryByte_OfAGpusReport()
    {
        foreach (var (report, _, nonce) in RealEvidence.GpuReports)
        {
            var json = Json(CommandLine.RunWithInput(report, "evidence", "show", "-", "-o", "json"));
            var end = 0;
            foreach (var field in Fields(json))
            {
                var (offset, size) = (field.GetProperty("offset").GetInt32(), field.GetProperty("size").GetInt32());
                Assert.Equal(end, offset);
                Assert.Equal(Convert.ToHexStringLower(report.AsSpan(offset, size)), field.GetProperty("hex").GetString());
                end = offset + size;
            }

            Assert.Equal(json.GetProperty("size").GetInt32(), end);
            Assert.Equal(JsonValueKind.Null, json.GetProperty("tee").ValueKind);
            Assert.Equal(Convert.ToHexStringLower(nonce), Field(json, "Nonce").GetProperty("hex").GetString());
        }
    }

    [Fact]
    public void Shows_WhoEndorsesWhat()
    {
        var json = Json(CommandLine.RunWithInput(RealEvidence.UvmReferenceInfo, "evidence", "show", "-", "-o", "json"));

        Assert.Equal("PS384", Meaning("alg"));
        Assert.StartsWith("did:x509:0:sha256:I__iuL25", Meaning("iss"), StringComparison.Ordinal);
        Assert.Equal("ContainerPlat-AMD-UVM", Meaning("feed"));
        Assert.Equal("101", Meaning("x-ms-sevsnpvm-guestsvn"));
        Assert.StartsWith("5feee30d6d7e", Meaning("x-ms-sevsnpvm-launchmeasurement"), StringComparison.Ordinal);
        Assert.StartsWith("2024-11-14T05:20:59Z", Meaning("signingtime"), StringComparison.Ordinal);
        Assert.Equal(3, json.GetProperty("certificates").GetArrayLength());

        string Meaning(string name) => Field(json, name).GetProperty("meaning").GetString()!;
    }

    [Fact]
    public void Shows_TheCertificates_OfATable()
    {
        var milan = CorpusCase.Get("dstack-milan-v3-vcek");
        byte[] extended =
            [.. milan.Report, .. CertificateTableBytes.Write((CertificateTableBytes.Vcek, milan.File("vcek.der")))];
        var json = Json(CommandLine.RunWithInput(extended, "evidence", "show", "-", "-o", "json"));

        Assert.Equal(1184, json.GetProperty("size").GetInt32());
        Assert.Contains("CN=SEV-VCEK", json.GetProperty("included")[0].GetProperty("subject").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("vtpm")]
    [InlineData("gpu")]
    [InlineData("endorsement")]
    public void NeverCrashes_OnAFlippedBit(string kind)
    {
        var original = kind switch
        {
            "vtpm" => RealEvidence.AzureSnpEvidenceV2,
            "gpu" => RealEvidence.GpuReports.First().Report,
            _ => RealEvidence.UvmReferenceInfo,
        };
        for (var offset = 0; offset < original.Length; offset += 1 + (original.Length / 300))
        {
            var flipped = original.ToArray();
            flipped[offset] ^= (byte)(1 << offset % 8);
            var run = CommandLine.RunWithInput(flipped, "evidence", "show", "-");
            Assert.True(run.ExitCode is ExitCode.Success or ExitCode.BadInput, $"byte {offset}: exit code {run.ExitCode}");
            Assert.DoesNotContain('\u001b', run.Output);
        }
    }

    private static JsonElement Json(CommandLine run)
    {
        Assert.Equal("", run.Error);
        Assert.Equal(ExitCode.Success, run.ExitCode);
        return JsonDocument.Parse(run.Output).RootElement;
    }

    private static IEnumerable<JsonElement> Fields(JsonElement json) =>
        json.GetProperty("sections").EnumerateArray().SelectMany(section => section.GetProperty("fields").EnumerateArray());

    private static JsonElement Field(JsonElement json, string name, int skip = 0) =>
        Fields(json).Where(field => field.GetProperty("name").GetString() == name).Skip(skip).First();
}
