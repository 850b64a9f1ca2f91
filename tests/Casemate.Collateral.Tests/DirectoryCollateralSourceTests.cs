using System.Text.Json;
using Casemate.Attestation;
using Casemate.Attestation.Dcap;
using Casemate.Attestation.Policy;
using Casemate.Attestation.Snp;
using Casemate.Simulator;
using Casemate.Testing;

namespace Casemate.Collateral.Tests;

public sealed class DirectoryCollateralSourceTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Finds_ThePlatformOfEachQuote_AmongMany()
    {
        string[] ids = ["dcapqvl-sgx-procCA", "automata-sgx-platCA-swhardening", "dcapqvl-tdx-v4-uptodate", "oe-tdx-v5-outofdate"];
        foreach (var id in ids)
        {
            Store(id, "collateral.json", id);
        }

        foreach (var corpus in ids.Select(CorpusCase.Get))
        {
            var query = DcapCollateralQuery.TryCreate(corpus.Quote)!;
            var found = await Load(corpus.VerifyAt).FindDcapCollateralAsync(query, CancellationToken.None);
            Assert.Equal(corpus.DcapCollateral().TcbInfo.Body.ToArray(), found!.TcbInfo.Body.ToArray());
        }
    }

    [Fact]
    public async Task Finds_TheKeyOfEachReport_AmongMany()
    {
        foreach (var corpus in CorpusCase.OfKind("snp-report"))
        {
            Store(corpus.Id, corpus.Has("vcek.der") ? "vcek.der" : "vlek.der", corpus.Id);
        }

        var source = Load(DateTimeOffset.UnixEpoch);
        foreach (var corpus in CorpusCase.OfKind("snp-report"))
        {
            var found = await source.FindSnpEndorsementsAsync(SnpEndorsementQuery.TryCreate(corpus.Report)!, CancellationToken.None);
            Assert.Equal(corpus.SnpEndorsements().Vek.ToArray(), found!.Vek.ToArray());
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Finds_ThePckCertificate_ThatAQuoteNames_AmongMachinesOfOneTcb(int type)
    {
        var now = new DateTimeOffset(2026, 11, 18, 12, 34, 56, TimeSpan.Zero);
        var platform = SimulatedPlatform.Create(now);
        var machines = Enumerable.Range(1, 3).Select(i => platform.Dcap.With(s => s with
        {
            CertificationDataType = type,
            Machine = s.Machine with { Ppid = [(byte)i, .. new byte[15]] },
        })).ToArray();
        var older = platform.Dcap.With(s => s with { CertificationDataType = type, Machine = s.Machine with { PceSvn = 12 } });
        Write(machines[0].Collateral(Tee.Sgx, now), "collateral.json");
        File.WriteAllBytes(_directory.File("1.der"), machines[1].PckDer);
        File.WriteAllBytes(_directory.File("2.der"), machines[2].PckDer);
        var source = Load(now);

        foreach (var machine in machines)
        {
            var quote = machine.QuoteSgx(new SimulatedEnclave { MrEnclave = new byte[32] }, new byte[64]);
            var found = await source.FindDcapCollateralAsync(DcapCollateralQuery.TryCreate(quote)!, CancellationToken.None);
            var verdict = QuoteVerifier.Verify(quote, found!, platform.Allow(TrustRoots.None), now, EvidencePolicy.EvidenceOnly);
            Assert.Empty(verdict.Reasons);
        }

        if (type < 4)
        {
            var query = DcapCollateralQuery.TryCreate(older.QuoteSgx(new SimulatedEnclave { MrEnclave = new byte[32] }, new byte[64]))!;
            Assert.Null(await source.FindDcapCollateralAsync(query, CancellationToken.None));
            Assert.Null(CollateralReader.Read(_directory.Path).FindDcap(query, now, exact: true, out var problem));
            Assert.Contains(
                "no PCK certificate for PCEID 0000, PCESVN 12, CPUSVN 08080303040100060000000000000000", problem, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task SaysNothingOfAPckChain_ThatNobodyNeeds()
    {
        Store("dcapqvl-sgx-procCA", "collateral.json", "");
        var corpus = CorpusCase.Get("dcapqvl-sgx-procCA");

        var found = await Load(corpus.VerifyAt).FindDcapCollateralAsync(DcapCollateralQuery.TryCreate(corpus.Quote)!, CancellationToken.None);

        Assert.Null(found!.PckCertificateChainPem);
    }

    private void Write(DcapCollateral collateral, string name)
    {
        using var stream = File.Create(_directory.File(name));
        using var json = new Utf8JsonWriter(stream);
        DcapCollateralJson.Write(json, collateral);
    }

    [Fact]
    public async Task Takes_SharedPiecesFromTheDirectoryItself()
    {
        var corpus = CorpusCase.Get("synthetic-intel-qvl-sample-sgx");
        foreach (var file in Directory.EnumerateFiles(corpus.Folder))
        {
            var name = Path.GetFileName(file);
            Store(corpus.Id, name, name is "tcbInfo.json" ? "platform" : "");
        }

        var query = new DcapCollateralQuery(Tee.Sgx, "00707f000000", false);
        var found = await Load(corpus.VerifyAt).FindDcapCollateralAsync(query, CancellationToken.None);

        Assert.NotNull(found);
        Assert.Equal(corpus.File("rootCaCrl.der"), found.RootCaCrl.ToArray());
    }

    [Fact]
    public async Task Answers_Null_ForAPlatformOrChipThatItDoesNotHold()
    {
        Store("dcapqvl-sgx-procCA", "collateral.json", "");
        Store("oak-genoa-v5-vcek", "vcek.der", "");
        var source = Load(DateTimeOffset.UnixEpoch);

        Assert.Null(await source.FindDcapCollateralAsync(new DcapCollateralQuery(Tee.Sgx, "90c06f000000", false), CancellationToken.None));
        Assert.Null(await source.FindDcapCollateralAsync(new DcapCollateralQuery(Tee.Tdx, "00a067110000", false), CancellationToken.None));
        var other = SnpEndorsementQuery.TryCreate(CorpusCase.Get("veraison-genoa-v3-vcek").Report)!;
        Assert.Null(await source.FindSnpEndorsementsAsync(other with { Product = null }, CancellationToken.None));
    }

    [Fact]
    public async Task Answers_WithTheChainAlone_ForAChipThatItDoesNotHold()
    {
        Store("oak-genoa-v5-vcek", "vcek.der", "");
        var corpus = CorpusCase.Get("veraison-genoa-v3-vcek");

        var query = SnpEndorsementQuery.TryCreate(corpus.Report)!;
        var found = await Load(DateTimeOffset.UnixEpoch).FindSnpEndorsementsAsync(query, CancellationToken.None);

        Assert.True(found!.Vek.IsEmpty);
        Assert.Equal(PemText.Read(corpus.File("ask.pem"), "")[0].Der, found.Ask.ToArray());
        Assert.Equal(PemText.Read(corpus.File("ark.pem"), "")[0].Der, found.Ark.ToArray());
        var verdict = SnpReportVerifier.Verify(corpus.Report, found, TrustRoots.Production, corpus.VerifyAt, EvidencePolicy.EvidenceOnly);
        Assert.False(verdict.Accepted);
    }

    [Fact]
    public async Task Reload_TakesUpChanges_AndKeepsTheOldOnesWhenItFails()
    {
        var corpus = CorpusCase.Get("dcapqvl-sgx-procCA");
        var query = DcapCollateralQuery.TryCreate(corpus.Quote)!;
        var source = Load(corpus.VerifyAt);
        Assert.Null(await source.FindDcapCollateralAsync(query, CancellationToken.None));

        Store(corpus.Id, "collateral.json", "");
        source.Reload();
        Assert.NotNull(await source.FindDcapCollateralAsync(query, CancellationToken.None));

        File.WriteAllText(_directory.File("broken.json"), "{");
        Assert.Contains("broken.json", Assert.Throws<MalformedInputException>(source.Reload).Message, StringComparison.Ordinal);
        Assert.NotNull(await source.FindDcapCollateralAsync(query, CancellationToken.None));
    }

    [Fact]
    public void Refuses_ADirectoryThatIsNotThere()
    {
        Assert.Throws<MalformedInputException>(() => DirectoryCollateralSource.Load(_directory.File("absent"), TimeProvider.System));
    }

    private DirectoryCollateralSource Load(DateTimeOffset now) => DirectoryCollateralSource.Load(_directory.Path, new FixedTime(now));

    private void Store(string id, string file, string folder)
    {
        var target = Directory.CreateDirectory(_directory.File(folder)).FullName;
        File.Copy(Path.Combine(CorpusCase.Get(id).Folder, file), Path.Combine(target, file));
    }

    private sealed class FixedTime(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
