using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Casemate.Attestation.ConfidentialContainers;
using Casemate.Attestation.Snp;
using Casemate.Testing;

namespace Casemate.Attestation.Tests.ConfidentialContainers;

public class KbsEvidenceTests
{
    private static readonly string SnpCorpus = Path.Combine(RepositoryPaths.Corpus, "snp");

    public static TheoryData<string> Reports { get; } =
        [.. Directory.EnumerateFiles(SnpCorpus, "report.bin",
            SearchOption.AllDirectories).Select(f => Path.GetFileName(Path.GetDirectoryName(f)!)).Order()];

    private static byte[] Report(string name) => File.ReadAllBytes(Path.Combine(SnpCorpus, name, "report.bin"));

    private static KbsSnpEvidence ReadSnp(byte[] json)
    {
        Assert.True(KbsEvidence.TryParse(json, out var document, out var error), error);
        using (document)
        {
            Assert.True(KbsEvidence.TryReadSnp(document.RootElement, out var evidence, out error), error);
            return evidence;
        }
    }

    private static string? SnpError(JsonNode json)
    {
        using var document = JsonDocument.Parse(json.ToJsonString());
        return KbsEvidence.TryReadSnp(document.RootElement, out _, out var error) ? null : error;
    }

    [Fact]
    public void Corpus_HoldsReportsOfEveryLayout()
    {
        Assert.True(Reports.Count >= 11, $"found {Reports.Count}");
        Assert.Superset(new HashSet<byte> { 2, 3, 5 }, Reports.Select(r => Report(r.Data)[0]).ToHashSet());
    }

    [Theory]
    [MemberData(nameof(Reports))]
    public void RoundTrips_RealReports_ByteForByte(string name)
    {
        var report = Report(name);
        var evidence = ReadSnp(KbsEvidence.WriteSnp(report, null));
        Assert.Equal(report, evidence.Report);
        Assert.Empty(evidence.Certificates);
    }

    [Fact]
    public void Carries_CertificatesAsDer_WhateverTheyWere()
    {
        var folder = Path.Combine(SnpCorpus, "oak-genoa-v5-vcek");
        var vcek = File.ReadAllBytes(Path.Combine(folder, "vcek.der"));
        var json = KbsEvidence.WriteSnp(Report("oak-genoa-v5-vcek"), new SnpEndorsements
        {
            Vek = vcek,
            Ask = File.ReadAllBytes(Path.Combine(folder, "ask.pem")),
            Ark = File.ReadAllBytes(Path.Combine(folder, "ark.pem")),
        });
        var evidence = ReadSnp(json);
        Assert.Equal(["VCEK", "ASK", "ARK"], evidence.Certificates.Select(c => c.Type));
        Assert.Equal(vcek, evidence.Find(KbsCertificate.Vcek));
        Assert.Null(evidence.Find(KbsCertificate.Vlek));
        using var ark = System.Security.Cryptography.X509Certificates.X509CertificateLoader.LoadCertificate(
            evidence.Find(KbsCertificate.Ark)!);
        Assert.Contains("ARK-Genoa", ark.Subject, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_TheCertificateOfAVlekSignedReportSo()
    {
        var folder = Path.Combine(SnpCorpus, "constellation-aws-milan-v3-vlek");
        var endorsements = new SnpEndorsements
        {
            Vek = File.ReadAllBytes(Path.Combine(folder, "vlek.der")),
            Ask = File.ReadAllBytes(Path.Combine(folder, "ask.pem")),
            Ark = File.ReadAllBytes(Path.Combine(folder, "ark.pem")),
        };
        Assert.NotNull(ReadSnp(KbsEvidence.WriteSnp(Report("constellation-aws-milan-v3-vlek"), endorsements)).Find(KbsCertificate.Vlek));
    }

    // The members as virtee/sev's serialisation names and types them (a guest's attester is its only writer).
    [Fact]
    public void Writes_TheMembersOfVirteeSev()
    {
        using var document = JsonDocument.Parse(KbsEvidence.WriteSnp(Report("oak-turin-v5-vcek"), null));
        Assert.Equal(JsonValueKind.Null, document.RootElement.GetProperty("cert_chain").ValueKind);
        var report = document.RootElement.GetProperty("attestation_report");
        Assert.Equal(
            [
                "author_key_digest", "chip_id", "committed", "committed_tcb", "cpuid_fam_id", "cpuid_mod_id", "cpuid_step", "current",
                "current_mit_vector", "current_tcb", "family_id", "guest_svn", "host_data", "id_key_digest", "image_id", "key_info",
                "launch_mit_vector", "launch_tcb", "measurement", "plat_info", "policy", "report_data", "report_id", "report_id_ma",
                "reported_tcb", "sig_algo", "signature", "version", "vmpl",
            ],
            report.EnumerateObject().Select(m => m.Name).Order(StringComparer.Ordinal));
        Assert.Equal(26, report.GetProperty("cpuid_fam_id").GetInt32());
        Assert.Equal(JsonValueKind.Number, report.GetProperty("reported_tcb").GetProperty("fmc").ValueKind);
        Assert.Equal(JsonValueKind.Number, report.GetProperty("launch_mit_vector").ValueKind);
        Assert.Equal(64, report.GetProperty("chip_id").GetArrayLength());
        Assert.Equal(72, report.GetProperty("signature").GetProperty("r").GetArrayLength());
    }

    [Fact]
    public void Writes_NullForWhatOldReportsLack()
    {
        using var document = JsonDocument.Parse(KbsEvidence.WriteSnp(Report("gosev-milan-v2-vcek"), null));
        var report = document.RootElement.GetProperty("attestation_report");
        foreach (var name in (string[])["cpuid_fam_id", "cpuid_mod_id", "cpuid_step", "launch_mit_vector", "current_mit_vector"])
        {
            Assert.Equal(JsonValueKind.Null, report.GetProperty(name).ValueKind);
        }

        Assert.Equal(JsonValueKind.Null, report.GetProperty("reported_tcb").GetProperty("fmc").ValueKind);
    }

    [Fact]
    public void Reads_ReportsWithoutTheNewerMembers()
    {
        var json = JsonNode.Parse(KbsEvidence.WriteSnp(Report("gosev-milan-v2-vcek"), null))!;
        var report = json["attestation_report"]!.AsObject();
        foreach (var name in (string[])["cpuid_fam_id", "cpuid_mod_id", "cpuid_step", "launch_mit_vector", "current_mit_vector"])
        {
            report.Remove(name);
        }

        foreach (var name in (string[])["current_tcb", "reported_tcb", "committed_tcb", "launch_tcb"])
        {
            report[name]!.AsObject().Remove("fmc");
        }

        json.AsObject().Remove("cert_chain");
        Assert.Equal(Report("gosev-milan-v2-vcek"), ReadSnp(Encoding.UTF8.GetBytes(json.ToJsonString())).Report);
    }

    [Fact]
    public void RoundTrips_SyntheticReports_OfEveryVersionAndLayout()
    {
        var random = new Random(1184);
        foreach (var version in (byte[])[2, 3, 4, 5])
        {
            foreach (var turin in (bool[])[false, true])
            {
                for (var i = 0; i < 50; i++)
                {
                    var report = RandomReport(random, version, turin);
                    Assert.Equal(report, ReadSnp(KbsEvidence.WriteSnp(report, null)).Report);
                }
            }
        }
    }

    [Theory]
    [InlineData(0x4C)]
    [InlineData(0x18B)]
    [InlineData(0x1EB)]
    [InlineData(0x1EF)]
    [InlineData(0x208)]
    [InlineData(0x29F)]
    [InlineData(0x330)]
    [InlineData(0x49F)]
    [InlineData(0x39)]
    public void Refuses_ToWriteReportsWithReservedBits(int offset)
    {
        var report = RandomReport(new Random(2), 5, turin: false);
        report[offset == 0x39 ? 0x3A : offset] = 1;                        // 0x3A: TCB byte 2, reserved before Turin
        var e = Assert.Throws<ArgumentException>(() => KbsEvidence.WriteSnp(report, null));
        Assert.Contains("reserved bits are set", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_ToWriteWhatIsNoReport()
    {
        Assert.Throws<ArgumentException>(() => KbsEvidence.WriteSnp(new byte[1183], null));
        Assert.Throws<ArgumentException>(() => KbsEvidence.WriteSnp(new byte[1184], null));
    }

    [Theory]
    [InlineData("version", "6", "version is 6")]
    [InlineData("version", "\"3\"", "version is not a whole number")]
    [InlineData("policy", "18446744073709551616", "policy is not a whole number")]
    [InlineData("policy", "-1", "policy is not")]
    [InlineData("guest_svn", "4294967296", "guest_svn is not")]
    [InlineData("vmpl", "0.5", "vmpl is not")]
    [InlineData("measurement", "\"AAAA\"", "measurement is missing or not an array")]
    [InlineData("measurement", "[1,2]", "measurement has 2 bytes, expected 48")]
    [InlineData("current_tcb", "[]", "current_tcb is missing or not an object")]
    [InlineData("current", "{\"major\":1,\"minor\":2}", "current: build is missing")]
    [InlineData("signature", "{}", "signature: r is missing")]
    [InlineData("cpuid_step", "256", "cpuid_step is neither null")]
    [InlineData("launch_mit_vector", "true", "launch_mit_vector is not")]
    public void Refuses_NamingTheMember(string member, string value, string expected)
    {
        var json = JsonNode.Parse(KbsEvidence.WriteSnp(Report("oak-turin-v5-vcek"), null))!;
        json["attestation_report"]![member] = JsonNode.Parse(value);
        Assert.Contains(expected, SnpError(json), StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_BytesOutOfRange()
    {
        var json = JsonNode.Parse(KbsEvidence.WriteSnp(Report("oak-turin-v5-vcek"), null))!;
        json["attestation_report"]!["chip_id"]!.AsArray()[3] = 256;
        Assert.Contains("chip_id holds something else", SnpError(json), StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_TwoTcbLayoutsInOneReport()
    {
        var json = JsonNode.Parse(KbsEvidence.WriteSnp(Report("oak-turin-v5-vcek"), null))!;
        json["attestation_report"]!["launch_tcb"]!["fmc"] = null;
        Assert.Contains("fmc is given for some", SnpError(json), StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_NewerMembersInOlderReports()
    {
        var json = JsonNode.Parse(KbsEvidence.WriteSnp(Report("gosev-milan-v2-vcek"), null))!;
        json["attestation_report"]!["current_mit_vector"] = 1;
        Assert.Contains("from version 5 on", SnpError(json), StringComparison.Ordinal);
        json["attestation_report"]!["current_mit_vector"] = 0;
        json["attestation_report"]!["cpuid_mod_id"] = 1;
        Assert.Contains("from version 3 on", SnpError(json), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("7", "cert_chain is neither null nor an array")]
    [InlineData("[1]", "has no cert_type")]
    [InlineData("""[{"cert_type":"PCK","data":[1]}]""", "has no cert_type")]
    [InlineData("""[{"cert_type":"VCEK"}]""", "entry VCEK: data is missing")]
    [InlineData("""[{"cert_type":"VCEK","data":[]}]""", "data has 0 bytes")]
    [InlineData("""[{"cert_type":"VCEK","data":[300]}]""", "data holds something else")]
    [InlineData("""[{"cert_type":{"OTHER":"x"},"data":[1]}]""", "has no cert_type")]
    public void Refuses_BadCertificateLists(string chain, string expected)
    {
        var json = JsonNode.Parse(KbsEvidence.WriteSnp(Report("oak-turin-v5-vcek"), null))!;
        json["cert_chain"] = JsonNode.Parse(chain);
        Assert.Contains(expected, SnpError(json), StringComparison.Ordinal);
    }

    [Fact]
    public void Reads_CertificatesOfOtherKinds()
    {
        var json = JsonNode.Parse(KbsEvidence.WriteSnp(Report("oak-turin-v5-vcek"), null))!;
        json["cert_chain"] = JsonNode.Parse(
            """[{"cert_type":{"OTHER":"c0b406a4-a803-4952-9743-3fb6014cd0ae"},"data":[1,2]},{"cert_type":"CRL","data":[3]}]""");
        var evidence = ReadSnp(Encoding.UTF8.GetBytes(json.ToJsonString()));
        Assert.Equal(["c0b406a4-a803-4952-9743-3fb6014cd0ae", "CRL"], evidence.Certificates.Select(c => c.Type));
    }

    [Fact]
    public void RoundTrips_QuotesAndSampleEvidence()
    {
        var quote = RandomNumberGenerator.GetBytes(5_000);
        var log = RandomNumberGenerator.GetBytes(700);
        using var sgx = JsonDocument.Parse(KbsEvidence.WriteSgx(quote));
        Assert.True(KbsEvidence.TryReadSgx(sgx.RootElement, out var sgxQuote, out _));
        Assert.Equal(quote, sgxQuote);

        using var tdx = JsonDocument.Parse(KbsEvidence.WriteTdx(quote, log));
        Assert.True(KbsEvidence.TryReadTdx(tdx.RootElement, out var tdxEvidence, out _));
        Assert.Equal(quote, tdxEvidence.Quote);
        Assert.Equal(log, tdxEvidence.EventLog);

        using var withoutLog = JsonDocument.Parse(KbsEvidence.WriteTdx(quote, []));
        Assert.Equal(JsonValueKind.Null, withoutLog.RootElement.GetProperty("cc_eventlog").ValueKind);
        Assert.True(KbsEvidence.TryReadTdx(withoutLog.RootElement, out tdxEvidence, out _));
        Assert.Null(tdxEvidence.EventLog);

        using var sample = JsonDocument.Parse(KbsEvidence.WriteSample(quote.AsSpan(0, 48)));
        Assert.Equal("1", sample.RootElement.GetProperty("svn").GetString());
        Assert.True(KbsEvidence.TryReadSample(sample.RootElement, out var reportData, out _));
        Assert.Equal(quote[..48], reportData);
    }

    [Theory]
    [InlineData("[]", "not a JSON object")]
    [InlineData("{}", "quote is missing")]
    [InlineData("""{"quote":1}""", "not a string of standard base64")]
    [InlineData("""{"quote":"_-8="}""", "not a string of standard base64")]
    [InlineData("""{"quote":""}""", "quote has 0 bytes")]
    public void Refuses_BadQuotes(string json, string expected)
    {
        using var document = JsonDocument.Parse(json);
        Assert.False(KbsEvidence.TryReadSgx(document.RootElement, out _, out var error));
        Assert.Contains(expected, error, StringComparison.Ordinal);
        Assert.False(KbsEvidence.TryReadTdx(document.RootElement, out _, out error));
        Assert.Contains(expected, error, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_OversizedParts()
    {
        using var quote = JsonDocument.Parse(KbsEvidence.WriteSgx(new byte[KbsEvidence.MaxQuoteSize + 1]));
        Assert.False(KbsEvidence.TryReadSgx(quote.RootElement, out _, out _));
        using var sample = JsonDocument.Parse(KbsEvidence.WriteSample(new byte[65]));
        Assert.False(KbsEvidence.TryReadSample(sample.RootElement, out _, out _));
    }

    [Fact]
    public void Never_ThrowsOnHostileInput()
    {
        var json = KbsEvidence.WriteSnp(Report("oak-turin-v5-vcek"), null);
        var random = new Random(4);
        for (var i = 0; i < 2_000; i++)
        {
            var bytes = (byte[])json.Clone();
            for (var flips = random.Next(1, 6); flips > 0; flips--)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(32, 127);
            }

            if (KbsEvidence.TryParse(bytes, out var document, out _))
            {
                using (document)
                {
                    if (KbsEvidence.TryReadSnp(document.RootElement, out var evidence, out var error))
                    {
                        // What was accepted must write back to the same report, so that nothing was dropped on the way.
                        Assert.Equal(evidence.Report, ReadSnp(Rewrite(evidence)).Report);
                    }
                    else
                    {
                        Assert.NotEmpty(error);
                    }

                    Assert.False(KbsEvidence.TryReadSgx(document.RootElement, out _, out _));
                }
            }
        }
    }

    // A flip may move the processor family across Turin's border while fmc says otherwise; such a report has no canonical writing.
    private static byte[] Rewrite(KbsSnpEvidence evidence)
    {
        try
        {
            return KbsEvidence.WriteSnp(evidence.Report, null);
        }
        catch (ArgumentException)
        {
            return KbsEvidence.WriteSnp(Normalised(evidence.Report), null) is var json ? Patched(json, evidence.Report) : json;
        }
    }

    private static byte[] Normalised(byte[] report)
    {
        var copy = (byte[])report.Clone();
        copy[0x188] = 0x1A;
        return copy;
    }

    private static byte[] Patched(byte[] json, byte[] report)
    {
        var node = JsonNode.Parse(json)!;
        node["attestation_report"]!["cpuid_fam_id"] = report[0x188];
        return Encoding.UTF8.GetBytes(node.ToJsonString());
    }

    private static byte[] RandomReport(Random random, byte version, bool turin)
    {
        var report = new byte[1184];
        random.NextBytes(report.AsSpan(0, 0x318));
        report.AsSpan(0, 4).Clear();
        report[0] = version;
        foreach (var (from, to) in ((int, int)[])[(0x4C, 0x50), (0x18B, 0x1A0), (0x1EB, 0x1EC), (0x1EF, 0x1F0), (0x208, 0x2A0),
            (0x2E8 + 72, 0x4A0)])
        {
            report.AsSpan(from, to - from).Clear();
        }

        foreach (var start in (int[])[0x38, 0x180, 0x1E0, 0x1F0])
        {
            report.AsSpan(start + (turin ? 4 : 2), turin ? 3 : 4).Clear();
        }

        if (version < 5)
        {
            report.AsSpan(0x1F8, 16).Clear();
        }

        if (version >= 3)
        {
            report[0x188] = turin ? (byte)0x1A : (byte)0x19;
        }
        else
        {
            report.AsSpan(0x188, 3).Clear();
            report[0x1A0] = 1;
            if (turin)
            {
                report.AsSpan(0x1A8, 56).Clear();
            }
        }

        return report;
    }
}
