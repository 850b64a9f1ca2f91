using System.Formats.Tar;

namespace Casemate.Cli.Tests.Collateral;

/// <summary><c>casemate collateral show</c>, <c>check</c> and <c>repair</c>: what is kept, and whether it will do.</summary>
public sealed class CollateralCheckCommandTests
{
    private static string Fmspc => CollateralSite.Platform.Dcap.Provisioning.Fmspc;

    public static TheoryData<string, string, string> OtherFiles => new()
    {
        { "directory", "a directory", "--dir" },
        { "store", "a directory in which collateral is kept", "--dir" },
        { "kds-store", "a directory, that of a Trustee store", "casemate collateral import" },
        { "sgx.bin", "evidence: a quote (SGX)", "casemate verify" },
        { "snp.bin", "evidence: a SEV-SNP report", "casemate verify" },
        { "fleet.key", "a private key (PEM)", "decides" },
        { "fleet.key.pub", "a public key (PEM)", "--bundle-key" },
        { "roots.pem", "certificates (PEM)", "--root" },
        { "upload.json", "the upload for a PCCS", "casemate collateral import" },
        { "note.json", "JSON of another kind", "casemate collateral export" },
        { "note.txt", "a text", "casemate collateral export" },
        { "random.bin", "a binary file of another kind", "casemate collateral export" },
        { "packed.tar.gz", "compressed (gzip)", "gunzip" },
        { "other.tar", "another tar archive", "manifest.json" },
        { "empty", "an empty file", "casemate collateral export" },
    };

    [Fact]
    public async Task CallsWhatIsNoBundle_ByItsName_AndSaysWhatToDoWithIt()
    {
        await using var site = await CollateralSite.StartAsync();
        _ = site.ExportBundle();
        Directory.CreateDirectory(site.File("directory"));
        CollateralSite.AssertSuccess(CommandLine.Run(
            ["collateral", "export", "--trustee", "--out", site.File("kds-store"), .. site.Store]));
        CollateralSite.AssertSuccess(CommandLine.Run(
            ["collateral", "export", "--format", "platformcollateral", "--out", site.File("upload.json"), .. site.Store]));
        File.WriteAllText(site.File("note.json"), "{\"a\": 1}");
        File.WriteAllText(site.File("note.txt"), "a note");
        File.WriteAllBytes(site.File("random.bin"), [1, 2, 3, 0, 255]);
        File.WriteAllBytes(site.File("packed.tar.gz"), [0x1f, 0x8b, 8, 0]);
        File.WriteAllBytes(site.File("empty"), []);
        using (var tar = new TarWriter(File.Create(site.File("other.tar")), TarEntryFormat.Ustar))
        {
            tar.WriteEntry(site.File("note.txt"), "note.txt");
        }

        foreach (var (name, what, remedy) in OtherFiles.Select(row => row.Data))
        {
            foreach (var command in (string[])["show", "check"])
            {
                var run = CommandLine.Run("collateral", command, site.File(name), "--root", site.File("roots.pem"));

                Assert.Equal(ExitCode.BadInput, run.ExitCode);
                Assert.Contains($"{site.File(name)} is no bundle of collateral but {what}", run.Error, StringComparison.Ordinal);
                Assert.Contains(remedy, run.Error, StringComparison.Ordinal);
                Assert.DoesNotContain("--allow-unsigned-bundle", run.Error, StringComparison.Ordinal);
            }
        }

        var absent = CommandLine.Run(["collateral", "import", site.File("absent"), .. site.Store]);
        Assert.Equal(ExitCode.BadInput, absent.ExitCode);
        Assert.Contains("no such file", absent.Error, StringComparison.Ordinal);
        var directory = CommandLine.Run(["collateral", "import", site.File("directory"), .. site.Store]);
        Assert.Equal(ExitCode.BadInput, directory.ExitCode);
        Assert.Contains("is a directory, and no Trustee store", directory.Error, StringComparison.Ordinal);
        Assert.Contains(
            "but evidence: a quote (SGX)", CommandLine.Run(["collateral", "import", site.File("sgx.bin"), .. site.Store]).Error,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Show_FailsUnderARootThatIsNotAccepted_AndSaysWhyBelowTheTable()
    {
        await using var site = await CollateralSite.StartAsync();
        _ = site.ExportBundle();

        var run = CommandLine.Run("collateral", "show", "--dir", site.File("store"));
        var json = CommandLine.Run("collateral", "show", "--dir", site.File("store"), "-o", "json");

        Assert.Equal((ExitCode.Refused, ExitCode.Refused), (run.ExitCode, json.ExitCode));
        Assert.All(
            run.Lines.Where(line => line.StartsWith("UNVERIFIABLE  ", StringComparison.Ordinal)),
            line => Assert.DoesNotContain("root '", line, StringComparison.Ordinal));
        Assert.Contains("\nUNVERIFIABLE: ", run.Output, StringComparison.Ordinal);
        Assert.StartsWith("not used: name a simulator's root with --root", run.Lines[^1], StringComparison.Ordinal);
        CollateralSite.AssertSuccess(CommandLine.Run(["collateral", "show", .. site.Store]));
    }

    [Fact]
    public async Task Check_FailsBeforeSomethingEnds_AndSaysWhatToDo()
    {
        await using var site = await CollateralSite.StartAsync();
        var bundle = site.ExportBundle();
        string[] check = ["collateral", "check", bundle, "--bundle-key", site.File("fleet.key.pub"), "--root", site.File("roots.pem")];

        CollateralSite.AssertSuccess(CommandLine.RunWithoutNetwork([.. check, "--warn-within", "20"]));
        var soon = CommandLine.RunWithoutNetwork([.. check, "--warn-within", "40"]);
        var unverifiable = CommandLine.RunWithoutNetwork([.. check[..^2]]);

        Assert.Equal(ExitCode.Refused, soon.ExitCode);
        Assert.Contains("expires", soon.Output, StringComparison.Ordinal);
        Assert.Contains("casemate collateral fetch, export it again", soon.Output, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Refused, unverifiable.ExitCode);
        Assert.Contains("UNVERIFIABLE", unverifiable.Output, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Usage, CommandLine.Run([.. check, "--warn-within", "-1"]).ExitCode);
    }

    [Fact]
    public async Task Check_FindsWhatIsGone_AndWhatIsDamaged()
    {
        await using var site = await CollateralSite.StartAsync();
        _ = site.ExportBundle();
        File.WriteAllText(Directory.GetFiles(site.File("store/root-ca-crl"), "*.crl")[0], "x");
        foreach (var file in Directory.GetFiles(site.File("store/qe-identity")))
        {
            File.Delete(file);
        }

        var run = CommandLine.Run(["collateral", "check", .. site.Store]);

        Assert.Equal(ExitCode.Refused, run.ExitCode);
        Assert.Contains("MISSING  qe-identity/sgx-standard", run.Output, StringComparison.Ordinal);
        Assert.Contains("UNVERIFIABLE", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Check_IsNotContent_WithNothing()
    {
        await using var site = await CollateralSite.StartAsync();

        Assert.Equal(ExitCode.BadInput, CommandLine.Run(["collateral", "check", .. site.Store]).ExitCode);
        Directory.CreateDirectory(site.File("store"));
        Assert.Equal(ExitCode.Refused, CommandLine.Run(["collateral", "check", .. site.Store]).ExitCode);
    }

    [Fact]
    public async Task Repair_OpensAStoreAgain_ThatADamagedImportKeepsClosed()
    {
        await using var site = await CollateralSite.StartAsync();
        CollateralSite.AssertSuccess(CommandLine.Run(["collateral", "fetch", "--fmspc", Fmspc, "--source", site.Pccs, .. site.Store]));
        var staging = Directory.CreateDirectory(site.File("store/transactions/0123456789abcdef")).FullName;
        await File.WriteAllTextAsync(Path.Combine(staging, "0"), "anything", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(Path.Combine(staging, "journal"), "nonsense\n", TestContext.Current.CancellationToken);
        var closed = CommandLine.Run(["collateral", "show", .. site.Store]);
        Assert.Equal(ExitCode.BadInput, closed.ExitCode);
        Assert.Contains($"casemate collateral repair --dir {site.File("store")}", closed.Error, StringComparison.Ordinal);

        var repaired = CommandLine.Run(["collateral", "repair", "--dir", site.File("store")]);

        CollateralSite.AssertSuccess(repaired);
        Assert.Contains("undone: none of it had been taken", repaired.Output, StringComparison.Ordinal);
        Assert.Contains(site.File("store/set-aside/0123456789abcdef"), repaired.Output, StringComparison.Ordinal);
        CollateralSite.AssertSuccess(CommandLine.Run(["collateral", "show", .. site.Store]));
        Assert.Contains(
            "no import was cut short", CommandLine.Run(["collateral", "repair", "--dir", site.File("store")]).Output, StringComparison.Ordinal);
        Assert.Equal(ExitCode.BadInput, CommandLine.Run(["collateral", "repair", "--dir", site.File("none")]).ExitCode);
        Assert.False(Directory.Exists(site.File("none")));
    }
}
