using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Casemate.Attestation.ConfidentialContainers;
using Casemate.Attestation.Snp;
using Casemate.Testing;

namespace Casemate.Cli.Tests;

/// <summary><c>casemate evidence show</c>: every field, nothing judged.</summary>
public sealed class EvidenceShowTests
{
    public static TheoryData<string> Cases => [.. CorpusCase.OfKind("sgx-quote", "tdx-quote", "snp-report").Select(c => c.Id)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Says_First_ThatNothingIsVerified(string id)
    {
        var run = CommandLine.Run("evidence", "show", PathOf(CorpusCase.Get(id)));

        Assert.Equal(ExitCode.Success, run.ExitCode);
        Assert.Equal("", run.Error);
        Assert.StartsWith("unverified: ", run.Lines[0], StringComparison.Ordinal);
        Assert.DoesNotContain("verdict", run.Output, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Shows_EveryByte_AtItsOffset(string id)
    {
        // Everything but the PEM text of the certificates is a field: in order, without gaps, with exactly the bytes of the file.
        var corpus = CorpusCase.Get(id);
        var bytes = File.ReadAllBytes(PathOf(corpus));
        var json = Json("evidence", "show", PathOf(corpus), "--machine-ids", "-o", "json");
        var end = 0;
        foreach (var field in Fields(json).Where(field => Text(field, "name") != "padding"))
        {
            var (offset, size) = (field.GetProperty("offset").GetInt32(), field.GetProperty("size").GetInt32());
            Assert.Equal(end, offset);
            Assert.Equal(Convert.ToHexStringLower(bytes.AsSpan(offset, size)), Text(field, "hex"));
            end = offset + size;
        }

        if (corpus.Kind == "snp-report")
        {
            Assert.Equal(bytes.Length, end);
            return;
        }

        var certification = int.Parse(Text(Field(json, "certification data size"), "meaning"), CultureInfo.InvariantCulture);
        Assert.StartsWith("-----BEGIN CERTIFICATE", Encoding.ASCII.GetString(bytes, end, certification), StringComparison.Ordinal);
        var padding = Fields(json).Where(field => Text(field, "name") == "padding").Sum(field => field.GetProperty("size").GetInt32());
        Assert.Equal(bytes.Length, end + certification + padding);
    }

    [Theory]
    [InlineData("oak-turin-v5-vcek")]
    [InlineData("oak-genoa-v5-vcek")]
    [InlineData("dstack-milan-v3-vcek")]
    [InlineData("virtee-milan-v2-vcek")]
    public void Decodes_EachTcb_AsTheProductLaysItOut(string id)
    {
        var corpus = CorpusCase.Get(id);
        var json = Json("evidence", "show", PathOf(corpus), "-o", "json");
        SnpReport.TryRead(corpus.Report, out var report);
        var product = report.Product ?? SnpProduct.Milan;
        var expected = SnpTcb.Decode(report.ReportedTcb, product).ToString();

        Assert.StartsWith(expected, Text(Field(json, "REPORTED_TCB"), "meaning"), StringComparison.Ordinal);
        Assert.Equal(product is SnpProduct.Turin, Text(Field(json, "LAUNCH_TCB"), "meaning").StartsWith("fmc ", StringComparison.Ordinal));
        Assert.Contains("RESERVED_ONE", Bits(Field(json, "POLICY")));
    }

    [Fact]
    public void Names_TheBits_OfFlags()
    {
        var debug = Json("evidence", "show", PathOf(CorpusCase.Get("gosev-milan-v2-vcek")), "-o", "json");
        Assert.Contains("DEBUG", Bits(Field(debug, "POLICY")));

        var tdx = Json("evidence", "show", PathOf(CorpusCase.Get("alibaba-tdx-v5-uptodate")), "-o", "json");
        Assert.Equal(["SEPT_VE_DISABLE"], Bits(Field(tdx, "TDATTRIBUTES")));

        var sgx = Json("evidence", "show", PathOf(CorpusCase.Get("oe-sgx-tcbinfo-v2-debug")), "-o", "json");
        Assert.Equal(["INIT", "DEBUG", "MODE64BIT"], Bits(Field(sgx, "ATTRIBUTES.FLAGS")).Intersect(["INIT", "DEBUG", "MODE64BIT"]));
    }

    [Fact]
    public void Numbers_ABitWithoutAName()
    {
        var report = CorpusCase.Get("virtee-milan-v2-vcek").Report;
        report[0x0F] |= 0x80;
        var json = JsonOf(CommandLine.RunWithInput(report, "evidence", "show", "-", "-o", "json"));

        Assert.Contains("bit 63 (no known meaning)", Bits(Field(json, "POLICY")));
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Hides_WhatIdentifiesAMachine_UnlessAskedFor(string id)
    {
        var path = PathOf(CorpusCase.Get(id));
        var secrets = MachineIds(Json("evidence", "show", path, "--machine-ids", "-o", "json")).ToList();
        var inTable = CommandLine.Run("evidence", "show", path);
        var inJson = CommandLine.Run("evidence", "show", path, "-o", "json");

        // This provider masks the chip, so that there is nothing to hide.
        Assert.Equal(id == "constellation-aws-milan-v3-vlek", secrets.Count == 0);
        // The table wraps long values: what is looked for is the part that one line would hold.
        Assert.All(
            secrets, secret => Assert.DoesNotContain(secret[..Math.Min(16, secret.Length)], inTable.Output, StringComparison.Ordinal));
        Assert.All(secrets, secret => Assert.DoesNotContain(secret, inJson.Output, StringComparison.Ordinal));
    }

    [Fact]
    public void Shows_TheCertificates_WithIntelsExtension()
    {
        var corpus = CorpusCase.Get("alibaba-tdx-v5-uptodate");
        var certificates = Json("evidence", "show", PathOf(corpus), "-o", "json").GetProperty("certificates").EnumerateArray().ToList();

        Assert.Equal(3, certificates.Count);
        Assert.Contains("CN=Intel SGX PCK Certificate", Text(certificates[0], "subject"), StringComparison.Ordinal);
        Assert.Contains("CN=Intel SGX PCK Platform CA", Text(certificates[0], "issuer"), StringComparison.Ordinal);
        var extensions = certificates[0].GetProperty("extensions");
        Assert.Equal(corpus.Json.GetProperty("fmspc").GetString(), Text(extensions, "fmspc"));
        Assert.Equal(JsonValueKind.Null, extensions.GetProperty("ppid").ValueKind);
        Assert.Equal(JsonValueKind.Null, extensions.GetProperty("platformInstanceId").ValueKind);
        Assert.Empty(certificates[2].GetProperty("extensions").EnumerateObject());
    }

    [Fact]
    public void Shows_TheFields_OfAnExtendedTdReport()
    {
        // No such quote is in public: a TD 1.5 body is extended by the fields that sgx_quote_5.h adds.
        var quote = Extended(CorpusCase.Get("alibaba-tdx-v5-uptodate").Quote);
        var json = JsonOf(CommandLine.RunWithInput(quote, "evidence", "show", "-", "-o", "json"));

        Assert.Equal("TDX quote v5 (TD report 1.5 extended)", Text(json, "format"));
        Assert.Equal(54 + 649, Field(json, "TD_ID").GetProperty("offset").GetInt32());
        var last = Field(json, "CURR_SERVTD_ATTR");
        Assert.Equal(54 + 885, last.GetProperty("offset").GetInt32() + last.GetProperty("size").GetInt32());
        Assert.Equal("0101010101010101", Text(last, "hex"));
    }

    [Fact]
    public void Shows_WhatABundle_Holds()
    {
        var bundle = CorpusBundle.Of(CorpusCase.Get("oak-turin-v5-vcek"));
        var json = JsonOf(CommandLine.RunWithInput(bundle, "evidence", "show", "-", "-o", "json"));
        var vcek = json.GetProperty("included").EnumerateArray().First();

        Assert.Equal("evidence bundle", Text(json, "form"));
        Assert.Equal(3, json.GetProperty("included").GetArrayLength());
        Assert.Contains("CN=SEV-VCEK", Text(vcek, "subject"), StringComparison.Ordinal);
        Assert.Equal(JsonValueKind.Null, vcek.GetProperty("extensions").GetProperty("hardwareId").ValueKind);
        Assert.StartsWith("fmc ", Text(vcek.GetProperty("extensions"), "tcb"), StringComparison.Ordinal);

        var tdx = CorpusBundle.Of(CorpusCase.Get("dcapqvl-tdx-v4-uptodate"));
        var dcap = JsonOf(CommandLine.RunWithInput(tdx, "evidence", "show", "-", "-o", "json"));
        Assert.Contains("TCB info", dcap.GetProperty("included").EnumerateArray().Select(item => Text(item, "kind")));
        Assert.Contains("revocation list", dcap.GetProperty("included").EnumerateArray().Select(item => Text(item, "kind")));
    }

    [Fact]
    public void Shows_EveryEvent_OfKbsEvidence_BesideTheQuotesRegisters()
    {
        var log = EventLogWriter.Ovmf().ToArray();
        var evidence = KbsEvidence.WriteTdx(CorpusCase.Get("dcapqvl-tdx-v4-uptodate").Quote, log);
        var json = JsonOf(CommandLine.RunWithInput(evidence, "evidence", "show", "-", "-o", "json"));

        Assert.Equal("KBS evidence", Text(json, "form"));
        Assert.Equal(log.Length, json.GetProperty("eventLogSize").GetInt32());
        Assert.Equal(RealEvidence.OvmfEvents.Count(), json.GetProperty("eventLog").GetProperty("events").GetArrayLength());
        Assert.False(json.GetProperty("eventLog").GetProperty("rtmrs")[0].GetProperty("matches").GetBoolean());
        var table = CommandLine.RunWithInput(evidence, "evidence", "show", "-");
        Assert.Contains("EV_SEPARATOR", table.Output, StringComparison.Ordinal);
        Assert.Contains("replay of the event log", table.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Shows_TheQuote_WhenTheEventLogIsDamaged_AndFails()
    {
        var evidence = KbsEvidence.WriteTdx(CorpusCase.Get("dcapqvl-tdx-v4-uptodate").Quote, new byte[77]);
        var run = CommandLine.RunWithInput(evidence, "evidence", "show", "-", "-o", "json");

        Assert.Equal(ExitCode.BadInput, run.ExitCode);
        Assert.Contains("event log: ", run.Error, StringComparison.Ordinal);
        using var json = JsonDocument.Parse(run.Output);
        Assert.Equal(77, json.RootElement.GetProperty("eventLogSize").GetInt32());
    }

    [Fact]
    public void Names_ErrorAndOffset_OfMalformedEvidence()
    {
        var quote = CorpusCase.Get("dcapqvl-tdx-v4-uptodate").Quote;
        var cut = CommandLine.RunWithInput(quote[..700], "evidence", "show", "-");
        Assert.Equal(ExitCode.BadInput, cut.ExitCode);
        Assert.Equal("", cut.Output);
        Assert.Contains("Truncated at byte 632 of 700", cut.Error, StringComparison.Ordinal);

        var report = CorpusCase.Get("virtee-milan-v2-vcek").Report;
        report[0x34] = 9;
        var algorithm = CommandLine.RunWithInput(report, "evidence", "show", "-");
        Assert.Equal(ExitCode.BadInput, algorithm.ExitCode);
        Assert.Contains("UnsupportedSignatureAlgorithm at byte 52 of 1184", algorithm.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Shows_TheRest_WhenTheCertificatesAreDamaged_AndFails()
    {
        var quote = CorpusCase.Get("dcapqvl-tdx-v4-uptodate").Quote;
        var begin = quote.AsSpan().IndexOf("-----BEGIN"u8);
        "MIIA"u8.CopyTo(quote.AsSpan(begin + 28));
        var run = CommandLine.RunWithInput(quote, "evidence", "show", "-", "-o", "json");

        Assert.Equal(ExitCode.BadInput, run.ExitCode);
        Assert.Contains($"the certification data at byte {begin} cannot be read", run.Error, StringComparison.Ordinal);
        using var json = JsonDocument.Parse(run.Output);
        Assert.Empty(json.RootElement.GetProperty("certificates").EnumerateArray());
        Assert.NotNull(json.RootElement.GetProperty("problem").GetString());
    }

    [Fact]
    public void ShowsTheSame_AsYaml()
    {
        var run = CommandLine.Run("evidence", "show", PathOf(CorpusCase.Get("oak-turin-v5-vcek")), "-o", "yaml");

        Assert.StartsWith("apiVersion: \"casemate/v1\"\nstatus: \"unverified\"\n", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void NeverCrashes_OnAFlippedBit()
    {
        foreach (var id in (ReadOnlySpan<string>)["dcapqvl-sgx-procCA", "alibaba-tdx-v5-uptodate", "oak-turin-v5-vcek"])
        {
            var original = File.ReadAllBytes(PathOf(CorpusCase.Get(id)));
            for (var offset = 0; offset < original.Length; offset += 7)
            {
                var flipped = original.ToArray();
                flipped[offset] ^= (byte)(1 << offset % 8);
                var run = CommandLine.RunWithInput(flipped, "evidence", "show", "-");
                Assert.True(run.ExitCode is ExitCode.Success or ExitCode.BadInput, $"{id}, byte {offset}: exit code {run.ExitCode}");
                Assert.DoesNotContain('\u001b', run.Output);
            }
        }
    }

    private static string PathOf(CorpusCase corpus) => Path.Combine(corpus.Folder, corpus.Has("report.bin") ? "report.bin" : "quote.bin");

    private static JsonElement Json(params string[] arguments) => JsonOf(CommandLine.Run(arguments));

    private static JsonElement JsonOf(CommandLine run)
    {
        Assert.Equal("", run.Error);
        Assert.Equal(ExitCode.Success, run.ExitCode);
        return JsonDocument.Parse(run.Output).RootElement;
    }

    private static IEnumerable<JsonElement> Fields(JsonElement json) =>
        json.GetProperty("sections").EnumerateArray().SelectMany(section => section.GetProperty("fields").EnumerateArray());

    private static JsonElement Field(JsonElement json, string name) => Fields(json).First(field => Text(field, "name") == name);

    private static string Text(JsonElement owner, string name) => owner.GetProperty(name).GetString()!;

    private static List<string> Bits(JsonElement field) => [.. field.GetProperty("bits").EnumerateArray().Select(bit => bit.GetString()!)];

    private static IEnumerable<string> MachineIds(JsonElement json)
    {
        var fields = Fields(json)
            .Where(field => Text(field, "name") is "CHIP_ID" or "USER_DATA" or "PPID").Select(field => Text(field, "hex"));
        var extensions = json.GetProperty("certificates").EnumerateArray()
            .SelectMany(certificate => certificate.GetProperty("extensions").EnumerateObject())
            .Where(value => value.Name is "ppid" or "platformInstanceId").Select(value => value.Value.GetString()!);
        return fields.Concat(extensions).Where(hex => hex.AsSpan().ContainsAnyExcept('0'));
    }

    private static byte[] Extended(byte[] quote)
    {
        const int body = 54 + 648;
        var extension = Enumerable.Repeat((byte)1, 885 - 648);
        byte[] extended = [.. quote[..body], .. extension, .. quote[body..]];
        BinaryPrimitives.WriteUInt16LittleEndian(extended.AsSpan(48), 4);
        BinaryPrimitives.WriteUInt32LittleEndian(extended.AsSpan(50), 885);
        return extended;
    }
}
