using System.Text;
using System.Text.Json;
using Casemate.Attestation;
using Casemate.Attestation.Dcap;
using Casemate.Attestation.Snp;
using Casemate.Testing;

namespace Casemate.Collateral.Tests;

public sealed class CollateralReaderTests
{
    private static readonly DateTimeOffset Noon = new(2025, 7, 4, 12, 0, 0, TimeSpan.Zero);

    public static TheoryData<string> QuoteCases => [.. CorpusCase.OfKind("sgx-quote", "tdx-quote").Select(c => c.Id)];

    public static TheoryData<string> ReportCases => [.. CorpusCase.OfKind("snp-report").Select(c => c.Id)];

    [Theory]
    [MemberData(nameof(QuoteCases))]
    public void Finds_CollateralOfEveryQuoteInTheCorpus_WithTheSignedBytesUntouched(string id)
    {
        var corpus = CorpusCase.Get(id);
        var query = DcapCollateralQuery.TryCreate(corpus.File("quote.bin"))!;

        var found = CollateralReader.Read(corpus.Folder).FindDcap(query, corpus.VerifyAt, exact: true, out var problem);

        Assert.Equal("", problem);
        using var json = JsonDocument.Parse(corpus.File("collateral.json"));
        Assert.Equal(json.RootElement.GetProperty("tcb_info").GetString(), Encoding.UTF8.GetString(found!.TcbInfo.Body.Span));
        Assert.Equal(json.RootElement.GetProperty("qe_identity").GetString(), Encoding.UTF8.GetString(found.QeIdentity.Body.Span));
        Assert.Equal(
            json.RootElement.GetProperty("tcb_info_signature").GetString(), Convert.ToHexStringLower(found.TcbInfo.Signature.Span));
        Assert.Equal(json.RootElement.GetProperty("root_ca_crl").GetString(), Convert.ToHexStringLower(found.RootCaCrl.Span));
        Assert.Equal(json.RootElement.GetProperty("pck_crl").GetString(), Convert.ToHexStringLower(found.PckCrl.Span));
    }

    [Theory]
    [MemberData(nameof(ReportCases))]
    public void Finds_CertificatesOfEveryReportInTheCorpus(string id)
    {
        var corpus = CorpusCase.Get(id);
        var vek = VekOf(corpus);

        var found = CollateralReader.Read(corpus.Folder).FindSnp(QueryOf(corpus), corpus.VerifyAt, exact: true, out var problem);

        Assert.Equal("", problem);
        Assert.Equal(corpus.File(vek), found!.Vek.ToArray());
        Assert.Equal(DerOf(corpus.File("ask.pem")), found.Ask.ToArray());
        Assert.Equal(DerOf(corpus.File("ark.pem")), found.Ark.ToArray());
        Assert.Null(found.Crl);
    }

    [Theory]
    [MemberData(nameof(ReportCases))]
    public void Completes_AVekThatCameAlone(string id)
    {
        var corpus = CorpusCase.Get(id);
        var vek = VekOf(corpus);

        var found = CollateralReader.Read(Path.Combine(corpus.Folder, vek)).FindSnp(QueryOf(corpus), corpus.VerifyAt, exact: true, out _);

        Assert.Equal(DerOf(corpus.File("ask.pem")), found!.Ask.ToArray());
        Assert.Equal(DerOf(corpus.File("ark.pem")), found.Ark.ToArray());
    }

    // Whoever may write into a directory could otherwise stop everything that reads it.
    [Fact]
    public async Task ADirectory_MayHoldPipesAndDevices_WhichAreNotOpened()
    {
        using var directory = new TemporaryDirectory();
        var corpus = CorpusCase.Get("azure-hcl-milan-vtpm");
        foreach (var file in Directory.GetFiles(corpus.Folder))
        {
            File.Copy(file, directory.File(Path.GetFileName(file)));
        }

        using (var made = System.Diagnostics.Process.Start("mkfifo", [directory.File("a-pipe.json")]))
        {
            await made.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.Equal(0, made.ExitCode);
        }

        File.CreateSymbolicLink(directory.File("b-pipe.json"), directory.File("a-pipe.json"));
        File.CreateSymbolicLink(directory.File("c-device"), "/dev/zero");

        var collateral = await Task.Run(() => CollateralReader.Read(directory.Path)).WaitAsync(
            TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        var evidence = await Task.Run(() => EvidenceReader.Read(directory.Path)).WaitAsync(
            TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);

        Assert.Contains(collateral.Ignored, text => text.Contains("a-pipe.json (empty or no regular file)", StringComparison.Ordinal));
        Assert.Contains(collateral.Ignored, text => text.Contains("c-device", StringComparison.Ordinal));
        Assert.Equal(Attestation.Tee.Snp, evidence.Tee);
        Assert.NotNull(evidence.Azure);
    }

    [Fact]
    public void PutsTogether_IntelsSampleFiles_EachPieceInItsOwnFile()
    {
        var corpus = CorpusCase.Get("synthetic-intel-qvl-sample-sgx");
        var query = DcapCollateralQuery.TryCreate(corpus.File("quote.dat"))!;

        var set = CollateralReader.Read(corpus.Folder);
        var found = set.FindDcap(query, corpus.VerifyAt, exact: true, out var problem);

        Assert.Equal("", problem);
        Assert.Equal(corpus.File("rootCaCrl.der"), found!.RootCaCrl.ToArray());
        Assert.Equal(corpus.File("intermediateCaCrl.der"), found.PckCrl.ToArray());
        Assert.Equal(3, CountOfCertificates(found.PckCertificateChainPem!.Value));
        Assert.Equal(2, CountOfCertificates(found.TcbInfo.IssuerChainPem));
        var text = Encoding.UTF8.GetString(corpus.File("tcbInfo.json"));
        Assert.Contains($"\"tcbInfo\":{Encoding.UTF8.GetString(found.TcbInfo.Body.Span)},\"signature\":", text);
        Assert.Contains(set.Ignored, ignored => ignored.Contains("quote.dat", StringComparison.Ordinal));
    }

    [Fact]
    public void Keeps_WhiteSpaceInsideASignedDocument()
    {
        const string body = "{ \"id\" : \"SGX\",\n\t\"version\":3, \"fmspc\":\"00A067110000\" }";
        var piece = Assert.Single(CollateralReader.Parse(
            Encoding.UTF8.GetBytes($"{{\"tcbInfo\": {body} , \"signature\":\"{new string('0', 128)}\"}}"), "tcb.json").Pieces.Documents);

        Assert.Equal(body, Encoding.UTF8.GetString(piece.Body.Span));
        Assert.Equal("00a067110000", piece.Fmspc);
    }

    [Fact]
    public void Reads_AnIssuerChainAsPcsSendsItInAHeader()
    {
        var chain = Encoding.UTF8.GetString(CorpusCase.Get("synthetic-intel-qvl-sample-sgx").File("tcbSignChain.pem"));

        var set = CollateralReader.Parse(Encoding.ASCII.GetBytes(Uri.EscapeDataString(chain)), "chain.txt");

        Assert.Equal(["Intel SGX TCB Signing", "Intel SGX Root CA"], set.Pieces.Certificates.Select(c => c.Name));
    }

    [Fact]
    public void Reads_ARevocationListAsDerHexAndPem()
    {
        var der = CorpusCase.Get("synthetic-intel-qvl-sample-sgx").File("rootCaCrl.der");
        var pem = System.Security.Cryptography.PemEncoding.WriteString("X509 CRL", der);

        foreach (var form in (byte[][])[der, Encoding.ASCII.GetBytes(Convert.ToHexString(der) + "\n"), Encoding.ASCII.GetBytes(pem)])
        {
            Assert.Equal(der, Assert.Single(CollateralReader.Parse(form, "crl").Pieces.Crls).Der.ToArray());
        }
    }

    [Fact]
    public void Takes_TheGenerationThatIsInForceAtTheTimeOfVerification()
    {
        using var directory = new TemporaryDirectory();
        foreach (var (name, issued, next) in (ReadOnlySpan<(string, string, string)>)[
            ("old", "2025-06-01T00:00:00Z", "2025-07-01T00:00:00Z"), ("new", "2025-07-01T00:00:00Z", "2025-08-01T00:00:00Z")])
        {
            File.WriteAllText(
                Path.Combine(directory.Path, name + ".json"),
                $$"""{"tcbInfo":{"id":"SGX","fmspc":"00A067110000","issueDate":"{{issued}}","nextUpdate":"{{next}}"},"signature":"00"}""");
        }

        var documents = CollateralReader.Read(directory.Path).Pieces.Documents;

        Assert.EndsWith("old.json", Validity.Best(documents, Noon.AddDays(-15))!.Location);
        Assert.EndsWith("new.json", Validity.Best(documents, Noon)!.Location);
        Assert.EndsWith("new.json", Validity.Best(documents, Noon.AddYears(1))!.Location);
    }

    [Fact]
    public void Names_EverythingThatIsMissingAtOnce()
    {
        var set = CollateralReader.Read(Path.Combine(CorpusCase.Get("synthetic-intel-qvl-sample-sgx").Folder, "tcbInfo.json"));

        var found = set.FindDcap(new DcapCollateralQuery(Tee.Sgx, "00707f000000", false), Noon, exact: true, out var problem);

        Assert.Null(found);
        Assert.Equal(
            "no QE identity for SGX; no revocation list of the PCK Processor CA; no revocation list of the root CA; "
            + "no TCB signing certificate", problem);
    }

    [Fact]
    public void Refuses_CollateralOfAnotherPlatform_WhereAnExactAnswerIsWanted()
    {
        var set = CollateralReader.Read(Path.Combine(CorpusCase.Get("dcapqvl-sgx-procCA").Folder, "collateral.json"));
        var query = new DcapCollateralQuery(Tee.Sgx, "90c06f000000", false);

        Assert.Null(set.FindDcap(query, Noon, exact: true, out var problem));
        Assert.Equal("no TCB info of platform (FMSPC) 90c06f000000, only of 00a067110000", problem);
        Assert.NotNull(set.FindDcap(query, Noon, exact: false, out _));
        Assert.Null(set.FindDcap(query with { Tee = Tee.Tdx }, Noon, exact: false, out _));
    }

    [Fact]
    public void Refuses_AnotherChipsKey_WhereAnExactAnswerIsWanted()
    {
        var set = CollateralReader.Read(CorpusCase.Get("oak-genoa-v5-vcek").Folder);
        var query = QueryOf(CorpusCase.Get("veraison-genoa-v3-vcek"));

        Assert.Null(set.FindSnp(query, Noon, exact: true, out var problem));
        Assert.StartsWith("1 VCEK or VLEK certificates, none for this report's chip and TCB", problem, StringComparison.Ordinal);
        Assert.NotNull(set.FindSnp(query, Noon, exact: false, out _));
    }

    [Fact]
    public void Chooses_AmongTheKeysOfSeveralChips()
    {
        using var directory = new TemporaryDirectory();
        foreach (var corpus in CorpusCase.OfKind("snp-report"))
        {
            var vek = VekOf(corpus);
            File.Copy(Path.Combine(corpus.Folder, vek), Path.Combine(directory.Path, corpus.Id + ".crt"));
        }

        var set = CollateralReader.Read(directory.Path);
        foreach (var corpus in CorpusCase.OfKind("snp-report"))
        {
            var found = set.FindSnp(QueryOf(corpus), corpus.VerifyAt, exact: true, out _);
            Assert.Equal(corpus.File(VekOf(corpus)), found!.Vek.ToArray());
        }
    }

    [Theory]
    [InlineData("{\"tcbInfo\":{},\"tcbInfo\":{},\"signature\":\"00\"}", "an object has the same member twice")]
    [InlineData("{\"tcbInfo\":{},\n \"signature\":}", "the text is not JSON, or is nested too deep (line 2, byte 14)")]
    [InlineData("{\"tcbInfo\":[],\"signature\":\"00\"}", "the member 'tcbInfo' is not an object")]
    [InlineData("{\"tcbInfo\":{},\"signature\":\"xy\"}", "the member 'signature' is not hex text")]
    [InlineData("{\"tcbInfo\":{},\"signature\":7}", "the member 'signature' is not a string")]
    [InlineData("{\"tcb_info\":\"{}\"}", "the member 'tcb_info_issuer_chain' is missing")]
    [InlineData("{\"hello\":1}", "holds no collateral (JSON of another kind)")]
    [InlineData("-----BEGIN CERTIFICATE-----\nMIIB", "the PEM block at offset 0 is cut off or damaged")]
    [InlineData("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n", "neither a certificate")]
    [InlineData("-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n", "PEM block 'PRIVATE KEY'")]
    [InlineData("nonsense", "holds no collateral (text that is neither PEM nor JSON nor hex of DER)")]
    [InlineData("", "holds no collateral (empty)")]
    public void Says_WhatIsWrongWithAFile(string content, string expected)
    {
        var refused = Assert.Throws<MalformedInputException>(() => CollateralReader.Parse(Encoding.UTF8.GetBytes(content), "input"));

        Assert.StartsWith("input", refused.Message, StringComparison.Ordinal);
        Assert.Contains(expected, refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("-----END A-----")]
    public async Task Refuses_ManyBeginningsInTimeProportionalToThem(string end)
    {
        var text = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("-----BEGIN ", 400_000)) + end);
        var read = Task.Run(
            () => Assert.Throws<MalformedInputException>(() => PemText.Read(text, "input")), TestContext.Current.CancellationToken);

        var refused = await read.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        Assert.Contains("the PEM block at offset 0 is cut off or damaged", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-----BEGIN A-----\nTUlJ\n-----END A-----words\n")]
    [InlineData("-----BEGIN A-----\nTUlJ\n-----BEGIN A-----\nTUlJ\n-----END A-----\n")]
    public void Refuses_ABlockThatIsNotAlone(string text) =>
        Assert.Throws<MalformedInputException>(() => PemText.Read(Encoding.ASCII.GetBytes(text), "input"));

    [Fact]
    public void Names_TheMemberThatIsDamaged()
    {
        var text = Encoding.UTF8.GetString(CorpusCase.Get("dcapqvl-sgx-procCA").File("collateral.json"));
        var damaged = text.Replace("\"root_ca_crl\": \"3082", "\"root_ca_crl\": \"3182", StringComparison.Ordinal);

        var refused = Assert.Throws<MalformedInputException>(
            () => CollateralReader.Parse(Encoding.UTF8.GetBytes(damaged), "c.json"));

        Assert.StartsWith("c.json, member root_ca_crl: ", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_ADamagedFileInADirectory_InsteadOfPassingItOver()
    {
        using var directory = new TemporaryDirectory();
        var vcek = CorpusCase.Get("oak-genoa-v5-vcek").File("vcek.der");
        File.WriteAllBytes(Path.Combine(directory.Path, "vcek.der"), vcek[..^1]);

        var refused = Assert.Throws<MalformedInputException>(() => CollateralReader.Read(directory.Path));

        Assert.Contains("vcek.der", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_AFileBeyondTheLimit_WithoutReadingIt()
    {
        using var directory = new TemporaryDirectory();
        var path = Path.Combine(directory.Path, "huge");
        using (var stream = File.Create(path))
        {
            stream.SetLength(1L << 40);
        }

        var refused = Assert.Throws<MalformedInputException>(() => CollateralReader.Read(path));

        Assert.Contains("larger than 20480 KiB", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_AStreamBeyondTheLimit()
    {
        using var endless = new FileStream("/dev/zero", FileMode.Open, FileAccess.Read);

        var refused = Assert.Throws<MalformedInputException>(() => EvidenceReader.Read(endless, "-"));

        Assert.Contains("larger than 20480 KiB", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_ADirectoryOfTooManyFiles()
    {
        using var directory = new TemporaryDirectory();
        for (var i = 0; i <= CollateralLimits.FilesPerDirectory; i++)
        {
            File.WriteAllText(Path.Combine(directory.Path, $"{i}.txt"), "x");
        }

        Assert.Contains("more than 256 files", Assert.Throws<MalformedInputException>(() => CollateralReader.Read(directory.Path)).Message);
    }

    [Fact]
    public void Refuses_MoreCertificatesThanAnyChainHas()
    {
        var pem = CorpusCase.Get("gosev-milan-v2-vcek").File("ask.pem");

        var refused = Assert.Throws<MalformedInputException>(
            () => CollateralReader.Parse(Enumerable.Repeat(pem, 50).SelectMany(block => block).ToArray(), "store.pem"));

        Assert.Contains("more than 64 KiB of certificates", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Says_ThatAFileDoesNotExist()
    {
        var refused = Assert.Throws<MalformedInputException>(() => CollateralReader.Read("/nowhere/at/all"));

        Assert.Equal("/nowhere/at/all: no such file", refused.Message);
    }

    private static SnpEndorsementQuery QueryOf(CorpusCase corpus) => SnpEndorsementQuery.TryCreate(corpus.File("report.bin"))!;

    private static string VekOf(CorpusCase corpus) => corpus.Has("vcek.der") ? "vcek.der" : "vlek.der";

    private static byte[] DerOf(byte[] pem) => PemText.Read(pem, "pem")[0].Der;

    private static int CountOfCertificates(ReadOnlyMemory<byte> pem) => PemText.Read(pem.Span, "pem").Count;
}
