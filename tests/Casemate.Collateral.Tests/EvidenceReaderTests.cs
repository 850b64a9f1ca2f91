using System.Text;
using Casemate.Attestation;
using Casemate.Attestation.ConfidentialContainers;
using Casemate.Attestation.Snp;
using Casemate.Testing;

namespace Casemate.Collateral.Tests;

public sealed class EvidenceReaderTests
{
    public static TheoryData<string, Tee> Cases
    {
        get
        {
            var data = new TheoryData<string, Tee>();
            foreach (var corpus in CorpusCase.OfKind("sgx-quote", "tdx-quote", "snp-report"))
            {
                data.Add(corpus.Id, corpus.Kind[..3] switch { "sgx" => Tee.Sgx, "tdx" => Tee.Tdx, _ => Tee.Snp });
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Recognises_EvidenceInEveryForm(string id, Tee tee)
    {
        var corpus = CorpusCase.Get(id);
        var raw = tee is Tee.Snp ? corpus.Report : corpus.Quote;
        byte[][] forms =
        [
            raw,
            Encoding.ASCII.GetBytes(Convert.ToHexString(raw)),
            Encoding.ASCII.GetBytes("0x" + Convert.ToHexStringLower(raw) + "\n"),
            Encoding.ASCII.GetBytes(Convert.ToBase64String(raw, Base64FormattingOptions.InsertLineBreaks)),
            Encoding.ASCII.GetBytes(System.Buffers.Text.Base64Url.EncodeToString(raw)),
        ];

        foreach (var form in forms)
        {
            var evidence = EvidenceReader.Parse(form, "evidence");
            Assert.Equal(tee, evidence.Tee);
            Assert.Equal(raw, evidence.Evidence.ToArray());
            Assert.True(evidence.Included.IsEmpty);
        }
    }

    [Fact]
    public void Strips_TheHeaderOfOpenEnclave()
    {
        var corpus = CorpusCase.Get("neg-oe-sgx-report-bad");

        var evidence = EvidenceReader.Parse(corpus.File("sgx_report_bad.bin"), "evidence");

        Assert.Equal(corpus.File("quote.bin"), evidence.Evidence.ToArray());
        Assert.Contains("Open Enclave", evidence.Form, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_OneHeaderOfOpenEnclave_BehindAnother()
    {
        var wrapped = CorpusCase.Get("neg-oe-sgx-report-bad").File("sgx_report_bad.bin");
        byte[] header = [1, 0, 0, 0, 2, 0, 0, 0, .. BitConverter.GetBytes((ulong)wrapped.Length)];

        var refused = Assert.Throws<MalformedInputException>(() => EvidenceReader.Parse((byte[])[.. header, .. wrapped], "evidence"));

        Assert.Contains("behind another", refused.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Reads_TheQuoteOfKbsEvidence()
    {
        var quote = CorpusCase.Get("dcapqvl-tdx-v4-uptodate").Quote;

        var evidence = EvidenceReader.Parse(
            Encoding.UTF8.GetBytes($$"""{"quote":"{{Convert.ToBase64String(quote)}}","cc_eventlog":null}"""), "evidence.json");

        Assert.Equal(Tee.Tdx, evidence.Tee);
        Assert.Equal(quote, evidence.Evidence.ToArray());
    }

    [Fact]
    public void Reads_TheReportOfKbsEvidence_AndTheCertificatesThatCameAlong()
    {
        var corpus = CorpusCase.Get("oak-genoa-v5-vcek");
        var (ask, ark) = (PemText.Read(corpus.File("ask.pem"), "")[0].Der, PemText.Read(corpus.File("ark.pem"), "")[0].Der);
        var der = corpus.SnpEndorsements() with { Ask = ask, Ark = ark };

        var alone = EvidenceReader.Parse(KbsEvidence.WriteSnp(corpus.Report, null), "evidence.json");
        var together = EvidenceReader.Parse(KbsEvidence.WriteSnp(corpus.Report, der), "evidence.json");

        Assert.Equal(corpus.Report, alone.Evidence.ToArray());
        Assert.True(alone.Included.IsEmpty);
        Assert.Equal(corpus.Report, together.Evidence.ToArray());
        var found = together.Included.FindSnp(SnpEndorsementQuery.TryCreate(corpus.Report)!, corpus.VerifyAt, exact: true, out _);
        Assert.Equal(corpus.File("vcek.der"), found!.Vek.ToArray());
        Assert.Equal(der.Ark.ToArray(), found.Ark.ToArray());
    }

    [Fact]
    public void Finds_TheOneEvidenceFileOfADirectory()
    {
        var corpus = CorpusCase.Get("dstack-milan-v3-vcek");
        Assert.Equal(corpus.Report, EvidenceReader.Read(corpus.Folder).Evidence.ToArray());

        var several = Assert.Throws<MalformedInputException>(() => EvidenceReader.Read(CorpusCase.Get("dcapqvl-tdx-v4-uptodate").Folder));
        Assert.Contains("several evidence files (quote.bin, quote.padded.bin)", several.Message, StringComparison.Ordinal);

        using var empty = new TemporaryDirectory();
        var none = Assert.Throws<MalformedInputException>(() => EvidenceReader.Read(empty.Path));
        Assert.Contains("holds no evidence file", none.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("azure-hcl-milan-vtpm", "tpm-quote.msg", "looks like what a TPM signed, without signature and PCR values")]
    [InlineData("hopper-report", "hopper_coco_certs1.txt", "looks like PEM text (certificates or revocation lists), not like evidence")]
    [InlineData("oak-genoa-v5-vcek", "vcek.der", "looks like a certificate or revocation list (DER), not like evidence")]
    [InlineData("dcapqvl-sgx-procCA", "collateral.json", "looks like collateral, not like evidence")]
    [InlineData("azure-hcl-milan-vtpm", "tpm-quote-v1.json", "is the quote of a vTPM, a part of Azure evidence")]
    public void Names_WhatAFileLooksLike(string id, string file, string expected)
    {
        var path = Path.Combine(CorpusCase.Get(id).Folder, file);

        var refused = Assert.Throws<MalformedInputException>(() => EvidenceReader.Read(path));

        Assert.StartsWith($"{path}: {expected}", refused.Message, StringComparison.Ordinal);
        Assert.NotNull(refused.Remedy);
    }

    [Theory]
    [InlineData("", "is empty")]
    [InlineData("hello world", "is text, but neither JSON nor hex nor base64")]
    [InlineData("aGVsbG8gd29ybGQ=", "is neither a quote nor a report (11 bytes, beginning with 68656c6c6f20776f)")]
    [InlineData("hello, world!", "is text, but neither JSON nor hex nor base64")]
    [InlineData("eyJhbGciOiJFUzI1NiJ9.e30.c2ln", "looks like a JSON Web Token: recognised, but not supported")]
    [InlineData("deadbeef", "is neither a quote nor a report (4 bytes, beginning with deadbeef)")]
    [InlineData("{\"quote\":1}", "quote is not a string of standard base64")]
    [InlineData("{\"quote\":\"!\"}", "quote is not a string of standard base64")]
    [InlineData("{\"attestation_report\":1}", "attestation_report")]
    [InlineData("{\"svn\":\"1\",\"report_data\":\"AA==\"}", "no hardware signed")]
    [InlineData("{\"hcl_report\":\"\"}", "'version' is missing")]
    [InlineData("{\"quote\":\"\",}", "the text is not JSON, or is nested too deep (line 1, byte 13)")]
    [InlineData("{\"a\":", "the text is not JSON")]
    [InlineData("{\"\\ud800\":1,\"\\ud800\":2}", "half of a surrogate pair")]
    [InlineData("{\"quote\":\"\\ud800\"}", "half of a surrogate pair")]
    public void Says_WhatIsWrongWithText(string content, string expected)
    {
        var refused = Assert.Throws<MalformedInputException>(() => EvidenceReader.Parse(Encoding.UTF8.GetBytes(content), "input"));

        Assert.Contains(expected, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Says_HowLongAReportShouldBe()
    {
        var report = CorpusCase.Get("oak-turin-v5-vcek").Report;

        var shorter = Assert.Throws<MalformedInputException>(() => EvidenceReader.Parse(report[..^1], "r"));
        var longer = Assert.Throws<MalformedInputException>(() => EvidenceReader.Parse((byte[])[.. report, 0], "r"));

        Assert.Contains("has 1184 bytes, but has 1183", shorter.Message, StringComparison.Ordinal);
        Assert.Contains("has 1184 bytes, but has 1185", longer.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_EvidenceLargerThanAnyQuote()
    {
        var padded = new byte[CollateralLimits.EvidenceBytes + 1];
        CorpusCase.Get("dcapqvl-sgx-procCA").Quote.CopyTo(padded, 0);

        var refused = Assert.Throws<MalformedInputException>(() => EvidenceReader.Parse(padded, "q"));
        Assert.Contains("at most 64 KiB", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void NeverFailsInAnotherWay_WhateverTheBytes()
    {
        // Cuts and single-bit flips in the first bytes of everything in the corpus: refused by name, or still recognised.
        foreach (var path in Directory.EnumerateFiles(RepositoryPaths.Corpus, "*", SearchOption.AllDirectories))
        {
            var content = File.ReadAllBytes(path);
            foreach (var length in (ReadOnlySpan<int>)[0, 1, 7, 47, 48, 431, 436, content.Length / 2, content.Length - 1])
            {
                AssertRecognisedOrRefused(content[..Math.Clamp(length, 0, content.Length)]);
            }

            for (var bit = 0; bit < Math.Min(64, content.Length) * 8; bit += 3)
            {
                var flipped = (byte[])content.Clone();
                flipped[bit / 8] ^= (byte)(1 << (bit % 8));
                AssertRecognisedOrRefused(flipped);
            }
        }
    }

    private static void AssertRecognisedOrRefused(byte[] content)
    {
        foreach (var read in (ReadOnlySpan<Action>)[() => EvidenceReader.Parse(content, "x"), () => CollateralReader.Parse(content, "x")])
        {
            try
            {
                read();
            }
            catch (MalformedInputException refused)
            {
                Assert.StartsWith("x", refused.Message, StringComparison.Ordinal);
            }
        }
    }
}
