using System.Formats.Tar;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Casemate.Attestation;
using Casemate.Attestation.Snp;
using Casemate.Collateral.Bundle;
using Casemate.Simulator;
using Casemate.Testing.Attestation;

namespace Casemate.Cli.Tests.Collateral;

/// <summary><c>casemate collateral</c>: fetch, export, import, show, check.</summary>
public sealed class CollateralCommandTests
{
    private static string Fmspc => CollateralSite.Platform.Dcap.Provisioning.Fmspc;

    [Fact]
    public async Task Fetches_APlatform_AndListsIt()
    {
        await using var site = await CollateralSite.StartAsync();

        var run = CommandLine.Run(["collateral", "fetch", "--fmspc", Fmspc, "--source", site.Pccs, "-o", "json", .. site.Store]);
        CollateralSite.AssertSuccess(run);

        using var json = JsonDocument.Parse(run.Output);
        Assert.Equal(7, json.RootElement.GetProperty("fetched").GetArrayLength());
        Assert.All(json.RootElement.GetProperty("fetched").EnumerateArray(), item => Assert.Equal("fetched", item.GetProperty("result").GetString()));

        using var shown = JsonDocument.Parse(CommandLine.Run(["collateral", "show", "-o", "json", .. site.Store]).Output);
        var tcb = shown.RootElement.GetProperty("collateral").EnumerateArray()
            .Single(item => item.GetProperty("key").GetString() == $"tcb-info/tdx-{Fmspc.ToLowerInvariant()}-standard");
        Assert.Equal("good", tcb.GetProperty("state").GetString());
        Assert.Equal(29, tcb.GetProperty("daysLeft").GetInt32());
        Assert.StartsWith(site.Server.Address.ToString(), tcb.GetProperty("source").GetString(), StringComparison.Ordinal);
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

    [Fact]
    public async Task Fetches_AChip_ByItsNumbers()
    {
        await using var site = await CollateralSite.StartAsync();
        var snp = CollateralSite.Platform.Snp(SnpProduct.Milan);
        var tcb = snp.Scenario.ReportedTcb;

        var run = CommandLine.Run([
            "collateral", "fetch", "--product", "milan", "--hwid", snp.KeyDistribution.ChipId,
            "--tcb", $"bl={tcb.BootLoader},tee={tcb.Tee},snp={tcb.Snp},ucode={tcb.Microcode}", "--source", site.Server.Address.ToString(),
            .. site.Store]);

        CollateralSite.AssertSuccess(run);
        Assert.Equal(3, run.Lines.Count(line => line.StartsWith("fetched ", StringComparison.Ordinal)));
        Assert.DoesNotContain(snp.KeyDistribution.ChipId, run.Output + run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Fetches_WhatAQuoteWithoutItsCertificateNeeds()
    {
        await using var site = await CollateralSite.StartAsync();
        var quote = CollateralSite.Platform.Dcap.With(s => s with { CertificationDataType = 3 })
            .QuoteSgx(new Simulator.SimulatedEnclave { MrEnclave = new byte[32] }, new byte[64]);
        File.WriteAllBytes(site.File("bare.bin"), quote);

        CollateralSite.AssertSuccess(CommandLine.Run(
            ["collateral", "fetch", "--from-evidence", site.File("bare.bin"), "--source", site.Pccs, .. site.Store]));
        CollateralSite.AssertSuccess(CommandLine.Run(["collateral", "check", .. site.Store]));
    }

    [Fact]
    public async Task Fetches_FromTheSimulator_OnlyUnderItsRoot()
    {
        using var directory = new Testing.TemporaryDirectory();
        var state = directory.File("state");
        var platform = (await Quoting.Simulated.SimulatedInstallation.OpenAsync(
            state, [], new Testing.ManualTimeProvider(CommandLine.Noon.AddDays(-1)), default)).Platform;
        string[] fetch =
        [
            "collateral", "fetch", "--fmspc", platform.Dcap.Provisioning.Fmspc, "--source", "simulated", "--simulator-dir", state,
            "--dir", directory.File("store"),
        ];

        var unnamed = CommandLine.RunWithoutNetwork(fetch);
        Assert.Equal(ExitCode.Refused, unnamed.ExitCode);
        Assert.Contains("accepted root", unnamed.Output, StringComparison.Ordinal);

        CollateralSite.AssertSuccess(CommandLine.RunWithoutNetwork([.. fetch, "--root", Path.Combine(state, "simulator-roots.pem")]));
    }

    [Theory]
    [InlineData(ProvisioningFault.ServerError, ExitCode.Unreachable)]
    [InlineData(ProvisioningFault.Html, ExitCode.Refused)]
    [InlineData(ProvisioningFault.WrongSignature, ExitCode.Refused)]
    [InlineData(ProvisioningFault.NotFound, ExitCode.Refused)]
    public async Task Fails_WithACode_ThatSaysWhetherToTryAgain(ProvisioningFault fault, int exitCode)
    {
        await using var site = await CollateralSite.StartAsync();
        site.Server.Fault = fault;
        string[] fetch = ["collateral", "fetch", "--fmspc", Fmspc, "--tee", "tdx", "--source", site.Pccs, .. site.Store];

        Assert.Equal(exitCode, CommandLine.Run(fetch).ExitCode);
        Assert.Equal(ExitCode.Refused, CommandLine.Run(["collateral", "check", .. site.Store]).ExitCode);

        site.Server.Fault = ProvisioningFault.None;
        CollateralSite.AssertSuccess(CommandLine.Run(fetch));
    }

    [Fact]
    public async Task SaysWhyNobodyAnswers_Once_AlsoOfWhatIsNotAskedAnyMore()
    {
        await using var site = await CollateralSite.StartAsync();
        site.Server.Fault = ProvisioningFault.ServerError;

        var run = CommandLine.Run(["collateral", "fetch", "--fmspc", Fmspc, "--source", site.Pccs, .. site.Store]);

        Assert.Equal(ExitCode.Unreachable, run.ExitCode);
        Assert.Equal(7, run.Lines.Count(line => line.StartsWith("unreachable  ", StringComparison.Ordinal)));
        Assert.DoesNotContain("busy", run.Output + run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("answered 503", run.Error, StringComparison.Ordinal);
        Assert.All(
            run.Lines.Where(line => line.StartsWith("unreachable: ", StringComparison.Ordinal)),
            line => Assert.Contains("answered 503", line, StringComparison.Ordinal));
        Assert.Contains("is left alone for ", run.Lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task IsPartlyDone_WhenOnlySomeCouldBeHad()
    {
        await using var site = await CollateralSite.StartAsync();
        site.Server.Break("pckcrl", ProvisioningFault.ServerError);

        var run = CommandLine.Run(["collateral", "fetch", "--fmspc", Fmspc, "--tee", "sgx", "--source", site.Pccs, .. site.Store]);

        Assert.Equal(ExitCode.Partial, run.ExitCode);
        Assert.Contains("unreachable  pck-crl/platform", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Export_RefusesABundle_WithoutRevocationLists_UnlessToldSo()
    {
        await using var site = await CollateralSite.StartAsync();
        site.Server.Break("pckcrl", ProvisioningFault.NotFound);
        _ = CommandLine.Run(["collateral", "fetch", "--fmspc", Fmspc, "--source", site.Pccs, .. site.Store]);
        string[] export = ["collateral", "export", "--out", site.File("b.tar"), "--unsigned", .. site.Store];

        var refused = CommandLine.Run(export);

        Assert.Equal(ExitCode.Refused, refused.ExitCode);
        Assert.Contains("pck-crl/platform", refused.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(site.File("b.tar")));
        CollateralSite.AssertSuccess(CommandLine.Run([.. export, "--allow-missing-crls"]));
        Assert.Contains(
            "MISSING  pck-crl/platform",
            CommandLine.Run(["collateral", "check", site.File("b.tar"), "--allow-unsigned-bundle", "--root", site.File("roots.pem")]).Output,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Export_MakesTheSameBundle_ForTheSameDate()
    {
        await using var site = await CollateralSite.StartAsync();
        _ = site.ExportBundle();
        var environment = new Dictionary<string, string> { ["SOURCE_DATE_EPOCH"] = "1767225600" };
        foreach (var name in new[] { "a.tar", "b.tar" })
        {
            CollateralSite.AssertSuccess(CommandLine.RunWith(
                environment, [], false, ["collateral", "export", "--out", site.File(name), "--unsigned", .. site.Store]));
        }

        Assert.Equal(File.ReadAllBytes(site.File("a.tar")), File.ReadAllBytes(site.File("b.tar")));
    }

    [Theory]
    [InlineData()]
    [InlineData("--unsigned", "--key", "k")]
    [InlineData("--unsigned", "--trustee")]
    public async Task Export_WantsToBeTold_WhetherToSign(params string[] options)
    {
        await using var site = await CollateralSite.StartAsync();

        Assert.Equal(ExitCode.Usage, CommandLine.Run(["collateral", "export", "--out", "x", .. options, .. site.Store]).ExitCode);
    }

    [Fact]
    public async Task Export_SaysWhichOptionNamesAFile_ThatCannotBeWritten()
    {
        await using var site = await CollateralSite.StartAsync();
        _ = site.ExportBundle();
        string[] export = ["collateral", "export", .. site.Store];

        var bundle = CommandLine.Run([.. export, "--unsigned", "--out", site.File("missing/b.tar")]);
        var key = CommandLine.Run([.. export, "--out", site.File("b.tar"), "--key", site.File("missing/fleet.key")]);
        var store = CommandLine.Run([.. export, "--trustee", "--out", site.File("fleet.tar/kds")]);

        foreach (var (run, option) in ((CommandLine, string)[])[(bundle, "--out"), (key, "--key"), (store, "--out")])
        {
            Assert.Equal(ExitCode.BadInput, run.ExitCode);
            Assert.Contains($"casemate: {option}: '", run.Error, StringComparison.Ordinal);
            Assert.Contains($"with {option}.", run.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Store_SaysWhichOptionNamesIt_WhenItCannotBeUsed()
    {
        await using var site = await CollateralSite.StartAsync();
        File.WriteAllText(site.File("file"), "");

        var run = CommandLine.Run("collateral", "fetch", "--fmspc", Fmspc, "--source", site.Pccs, "--dir", site.File("file"));

        Assert.Equal(ExitCode.BadInput, run.ExitCode);
        Assert.Contains("name another one with --dir", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Import_CarriesAFleet_ToAnotherStore()
    {
        await using var site = await CollateralSite.StartAsync();
        var bundle = site.ExportBundle();
        string[] there = ["--dir", site.File("there"), "--root", site.File("roots.pem")];

        var run = CommandLine.RunWithoutNetwork(["collateral", "import", bundle, "--bundle-key", site.File("fleet.key.pub"), .. there]);

        CollateralSite.AssertSuccess(run);
        Assert.Contains("9 pieces taken", run.Output, StringComparison.Ordinal);
        CollateralSite.AssertSuccess(CommandLine.Run(["collateral", "check", .. there]));
        CollateralSite.AssertSuccess(CommandLine.Run(
            ["collateral", "export", "--out", site.File("again.tar"), "--key", site.File("fleet.key"), .. there]));
        var (first, second) = (Read(bundle), Read(site.File("again.tar")));
        Assert.Equal(first.Entries.Select(entry => (entry.Key, entry.Source)), second.Entries.Select(entry => (entry.Key, entry.Source)));

        CollateralBundle Read(string path) => CollateralBundle.Read(path, BundlePublicKey.Load(site.File("fleet.key.pub")));
    }

    [Fact]
    public async Task Import_TakesNothing_WhenAnythingDoesNotVerify()
    {
        await using var site = await CollateralSite.StartAsync();
        var bundle = site.ExportBundle();

        var run = CommandLine.Run(
            "collateral", "import", bundle, "--bundle-key", site.File("fleet.key.pub"), "--dir", site.File("there"));

        Assert.Equal(ExitCode.Refused, run.ExitCode);
        Assert.Contains("nothing of", run.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(site.File("there")));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Import_TakesWhatWasMadeForAPccs(bool indented)
    {
        await using var site = await CollateralSite.StartAsync();
        File.WriteAllText(
            site.File("platform_collateral.json"),
            PccsUpload(CollateralSite.Platform.Dcap.Provisioning).ToJsonString(new JsonSerializerOptions { WriteIndented = indented }));

        var run = CommandLine.RunWithoutNetwork(["collateral", "import", site.File("platform_collateral.json"), .. site.Store]);

        CollateralSite.AssertSuccess(run);
        CollateralSite.AssertSuccess(CommandLine.Run(["collateral", "check", .. site.Store]));
        CollateralSite.AssertSuccess(CommandLine.Run(["collateral", "export", "--out", site.File("b.tar"), "--unsigned", .. site.Store]));
        Assert.Equal(
            ExitCode.Simulated, CommandLine.RunWithoutNetwork(
                "verify", site.File("tdx.bin"), "--collateral", site.File("b.tar"), "--allow-unsigned-bundle", "--root", site.File("roots.pem")).ExitCode);
        Assert.Single(Directory.GetFiles(site.File("store/platforms"), "*.json"));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("no JSON")]
    public async Task Import_RefusesAFile_ThatIsNoneOfThese(string content)
    {
        await using var site = await CollateralSite.StartAsync();
        File.WriteAllText(site.File("x"), content);

        var run = CommandLine.Run(["collateral", "import", site.File("x"), .. site.Store]);

        Assert.Equal(ExitCode.BadInput, run.ExitCode);
        Assert.Contains("neither a bundle", run.Error, StringComparison.Ordinal);
    }

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
    public async Task PlatformCollateral_GoesBothWays_AndSaysWhatHasNoPlaceInIt()
    {
        await using var site = await CollateralSite.StartAsync();
        _ = site.ExportBundle();
        string[] there = ["--dir", site.File("there"), "--root", site.File("roots.pem")];

        var export = CommandLine.Run(
            ["collateral", "export", "--format", "platformcollateral", "--out", site.File("upload.json"), .. site.Store]);

        CollateralSite.AssertSuccess(export);
        Assert.Contains("left out: vcek/", export.Error, StringComparison.Ordinal);
        Assert.Contains("this form has no place for it", export.Error, StringComparison.Ordinal);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(site.File("upload.json")));
        }

        CollateralSite.AssertSuccess(CommandLine.RunWithoutNetwork(["collateral", "import", site.File("upload.json"), .. there]));
        CollateralSite.AssertSuccess(CommandLine.Run(["collateral", "check", .. there]));
        CollateralSite.AssertSuccess(CommandLine.Run(
            ["collateral", "export", "--format", "platformcollateral", "--out", site.File("again.json"), .. there]));
        Assert.Equal(File.ReadAllText(site.File("upload.json")), File.ReadAllText(site.File("again.json")));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Import_TakesAVlek_ThatAnAdministratorHas(bool withIssuers)
    {
        await using var site = await CollateralSite.StartAsync();
        var snp = CollateralSite.Platform.Snp(SnpProduct.Milan);
        var vlek = PemEncoding.WriteString("CERTIFICATE", snp.KeyDistribution.Vlek(snp.Scenario.ReportedTcb, CommandLine.Noon));
        var chain = snp.KeyDistribution.ChainPem(SnpSigner.Vlek, CommandLine.Noon);
        File.WriteAllText(site.File("vlek.pem"), withIssuers ? vlek + "\n" + chain : vlek + "\n");

        var run = CommandLine.RunWithoutNetwork(["collateral", "import", site.File("vlek.pem"), .. site.Store]);

        Assert.Equal(withIssuers ? ExitCode.Success : ExitCode.Refused, run.ExitCode);
        Assert.Equal(
            withIssuers,
            CommandLine.Run(["collateral", "show", .. site.Store]).Output.Contains("vlek/milan-", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Import_NamesTheRoot_ThatIsMissing()
    {
        await using var site = await CollateralSite.StartAsync();
        var bundle = site.ExportBundle();

        var run = CommandLine.Run(
            "collateral", "import", bundle, "--bundle-key", site.File("fleet.key.pub"), "--dir", site.File("there"));

        Assert.Equal(ExitCode.Refused, run.ExitCode);
        Assert.Contains("it stands under the root '", run.Error, StringComparison.Ordinal);
        Assert.Contains("--root", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Fetch_KeepsTheListsOfGenerationsAndFamilies()
    {
        await using var site = await CollateralSite.StartAsync();

        var run = CommandLine.Run(
            ["collateral", "fetch", "--evaluation-numbers", "--families", "e5", "--source", site.Pccs, .. site.Store]);

        CollateralSite.AssertSuccess(run);
        var show = CommandLine.Run(["collateral", "show", .. site.Store]).Output;
        foreach (var key in (string[])["tcb-evaluation-numbers/sgx", "tcb-evaluation-numbers/tdx", "fmspcs/e5"])
        {
            Assert.Contains(key, show, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Register_PostsWhatTheToolWrote_WithTheToken_AndShowsNeither()
    {
        await using var site = await CollateralSite.StartAsync();
        var machine = CollateralSite.Platform.Dcap.Provisioning;
        File.WriteAllText(
            site.File("pckid.csv"), $"{machine.EncryptedPpid},{machine.PceId},{machine.CpuSvn},{machine.PceSvn},{machine.QeId}\n");
        File.WriteAllText(site.File("token"), TestProvisioningServer.UserToken + "\n");
        File.WriteAllText(site.File("wrong"), "guessed");
        string[] arguments = ["collateral", "register", site.File("pckid.csv"), "--to", site.Pccs];

        var registered = CommandLine.Run([.. arguments, "--user-token-file", site.File("token")]);
        var refused = CommandLine.Run([.. arguments, "--user-token-file", site.File("wrong")]);
        site.Server.Fault = ProvisioningFault.ServerError;
        var unreachable = CommandLine.Run([.. arguments, "--user-token-file", site.File("token")]);

        CollateralSite.AssertSuccess(registered);
        Assert.Equal("/sgx/certification/v4/platforms", site.Server.Requests[0]);
        Assert.Equal((ExitCode.Refused, ExitCode.Unreachable), (refused.ExitCode, unreachable.ExitCode));
        foreach (var run in (CommandLine[])[registered, refused, unreachable])
        {
            Assert.DoesNotContain("guessed", run.Error + run.Output, StringComparison.Ordinal);
            Assert.DoesNotContain(TestProvisioningServer.UserToken, run.Error + run.Output, StringComparison.Ordinal);
            Assert.DoesNotContain(machine.EncryptedPpid[..20], run.Error + run.Output, StringComparison.OrdinalIgnoreCase);
        }
    }

    [Fact]
    public async Task Register_TakesTheAddressOfAHost_AndShowsWhatAWrongPathAnswers()
    {
        await using var site = await CollateralSite.StartAsync();
        File.WriteAllText(site.File("token"), TestProvisioningServer.UserToken);
        string[] register =
            ["collateral", "register", "--simulated", "--simulator-dir", site.File("state"), "--user-token-file", site.File("token")];

        var host = CommandLine.Run([.. register, "--to", site.Server.Address.ToString()]);
        var wrong = CommandLine.Run([.. register, "--to", $"{site.Server.Address}other/sgx/certification/v4/"]);

        CollateralSite.AssertSuccess(host);
        Assert.Equal("/sgx/certification/v4/platforms", site.Server.Requests[0]);
        Assert.Equal(ExitCode.Refused, wrong.ExitCode);
        Assert.Contains("answered 404", wrong.Error, StringComparison.Ordinal);
        Assert.Contains(
            $"such as {site.Server.Address}sgx/certification/v4/; asked was /other/sgx/", wrong.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--to", "https://pccs.example/", "--user-token-file", "token")]
    [InlineData("pckid.csv", "--simulated", "--to", "https://pccs.example/", "--user-token-file", "token")]
    [InlineData("--simulated", "--to", "intel")]
    [InlineData("--simulated", "--to", "https://pccs.example/?x=1", "--user-token-file", "token")]
    public void Register_WantsOneMachine_ThatTheServiceCanKnow(params string[] arguments)
    {
        using var directory = new Testing.TemporaryDirectory();
        File.WriteAllText(directory.File("token"), "t");

        var run = CommandLine.Run([
            "collateral", "register", "--simulator-dir", directory.File("state"),
            .. arguments.Select(argument => argument == "token" ? directory.File("token") : argument)]);

        Assert.Equal(ExitCode.Usage, run.ExitCode);
    }

    [Theory]
    [InlineData(ExitCode.Usage, "neither an address nor intel", "--to", "somewhere")]
    [InlineData(ExitCode.Usage, "wants its user token", "--to", "https://pccs.example:8081/sgx/certification/v4/")]
    [InlineData(ExitCode.BadInput, "no platform manifest", "--to", "intel")]
    public async Task Register_RefusesWhatMakesNoSense(int code, string reason, params string[] arguments)
    {
        await using var site = await CollateralSite.StartAsync();
        var machine = CollateralSite.Platform.Dcap.Provisioning;
        File.WriteAllText(
            site.File("pckid.csv"), $"{machine.EncryptedPpid},{machine.PceId},{machine.CpuSvn},{machine.PceSvn},{machine.QeId}");

        var run = CommandLine.Run(["collateral", "register", site.File("pckid.csv"), .. arguments]);

        Assert.Equal(code, run.ExitCode);
        Assert.Contains(reason, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Trustee_StoresGoBothWays()
    {
        await using var site = await CollateralSite.StartAsync();
        _ = site.ExportBundle();
        CollateralSite.AssertSuccess(CommandLine.Run(
            ["collateral", "export", "--trustee", "--out", site.File("kds-store"), .. site.Store]));
        string[] there = ["--dir", site.File("there"), "--root", site.File("roots.pem")];
        CollateralSite.AssertSuccess(CommandLine.Run(
            ["collateral", "fetch", "--product", "milan", "--source", site.Server.Address.ToString(), .. there]));

        var run = CommandLine.RunWithoutNetwork(["collateral", "import", site.File("kds-store"), .. there]);

        CollateralSite.AssertSuccess(run);
        Assert.Contains("1 pieces taken", run.Output, StringComparison.Ordinal);
        CollateralSite.AssertSuccess(CommandLine.Run(["collateral", "check", .. there]));
    }

    [Fact]
    public async Task Trustee_StoreOfASimulator_NeedsItsIssuersFirst_AndTheRefusalSaysSo()
    {
        await using var site = await CollateralSite.StartAsync();
        _ = site.ExportBundle();
        CollateralSite.AssertSuccess(CommandLine.Run(
            ["collateral", "export", "--trustee", "--out", site.File("kds-store"), .. site.Store]));

        var run = CommandLine.RunWithoutNetwork(
            ["collateral", "import", site.File("kds-store"), "--dir", site.File("there"), "--root", site.File("roots.pem")]);

        Assert.Equal(ExitCode.Refused, run.ExitCode);
        Assert.Contains("casemate collateral fetch --product milan --source simulated", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Trustee_StoreWithoutAnything_IsNeitherWrittenNorTaken()
    {
        await using var site = await CollateralSite.StartAsync();
        CollateralSite.AssertSuccess(CommandLine.Run(["collateral", "fetch", "--fmspc", Fmspc, "--source", site.Pccs, .. site.Store]));
        Directory.CreateDirectory(site.File("empty/vcek"));

        var export = CommandLine.Run(["collateral", "export", "--trustee", "--out", site.File("kds-store"), .. site.Store]);
        var import = CommandLine.Run(["collateral", "import", site.File("empty"), .. site.Store]);

        Assert.Equal(ExitCode.Refused, export.ExitCode);
        Assert.Contains("no VCEK is kept", export.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(site.File("kds-store")));
        Assert.Equal(ExitCode.Refused, import.ExitCode);
        Assert.Contains("holds nothing to import", import.Error, StringComparison.Ordinal);
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

    [Theory]
    [InlineData("fetch")]
    [InlineData("fetch", "--fmspc", "xyz")]
    [InlineData("fetch", "--fmspc", "00906ed50000", "--source", "nobody")]
    [InlineData("fetch", "--fmspc", "00906ed50000", "--source", "http://pccs.example/")]
    [InlineData("fetch", "--fmspc", "00906ed50000", "--tcb-update", "soon")]
    [InlineData("fetch", "--product", "milan", "--hwid", "00")]
    [InlineData("fetch", "--product", "milan", "--hwid", "00", "--tcb", "bl=1")]
    [InlineData("fetch", "--product", "milan", "--hwid", "00", "--tcb", "bl=1,tee=0,snp=1,ucode=256")]
    [InlineData("fetch", "--product", "rome")]
    [InlineData("")]
    public void SaysWhatIsWrong_WithACommandLine(params string[] arguments)
    {
        using var directory = new Testing.TemporaryDirectory();

        var run = CommandLine.Run(
            ["collateral", .. arguments.Where(word => word.Length > 0), .. arguments[0].Length > 0 ? ["--dir", directory.File("s")] : Array.Empty<string>()]);

        Assert.Equal(ExitCode.Usage, run.ExitCode);
        Assert.Equal("", run.Output);
    }

    // In the form of the tool that prepares uploads for a PCCS without network.
    private static JsonObject PccsUpload(SimulatedProvisioning machine)
    {
        var now = CommandLine.Noon;
        static string Hex(SimulatedDocument document) => Convert.ToHexString(document.Body);
        static string Text(SimulatedDocument document) => Encoding.UTF8.GetString(document.Body);
        var (platform, processor) = (machine.PckCrl(platformCa: true, now), machine.PckCrl(platformCa: false, now));
        JsonObject Named(string name, JsonNode? value) => new()
        {
            ["qe_id"] = machine.QeId,
            ["pce_id"] = machine.PceId,
            ["enc_ppid"] = machine.EncryptedPpid,
            ["platform_manifest"] = "",
            [name] = value,
        };
        return new JsonObject
        {
            ["platforms"] = new JsonArray(Named("cpu_svn", machine.CpuSvn)),
            ["collaterals"] = new JsonObject
            {
                ["version"] = "3.0",
                ["pck_certs"] = new JsonArray(Named("certs", JsonNode.Parse(Text(machine.PckCertificates())))),
                ["tcbinfos"] = new JsonArray(new JsonObject
                {
                    ["fmspc"] = machine.Fmspc,
                    ["sgx_tcbinfo"] = JsonNode.Parse(Text(machine.TcbInfo(Tee.Sgx, now))),
                    ["tdx_tcbinfo"] = JsonNode.Parse(Text(machine.TcbInfo(Tee.Tdx, now))),
                }),
                ["pckcacrl"] = new JsonObject { ["processorCrl"] = Hex(processor), ["platformCrl"] = Hex(platform) },
                ["qeidentity"] = Text(machine.QeIdentity(Tee.Sgx, now)),
                ["tdqeidentity"] = Text(machine.QeIdentity(Tee.Tdx, now)),
                ["certificates"] = new JsonObject
                {
                    ["SGX-PCK-Certificate-Issuer-Chain"] = new JsonObject
                    {
                        ["PROCESSOR"] = Uri.EscapeDataString(processor.IssuerChainPem),
                        ["PLATFORM"] = Uri.EscapeDataString(platform.IssuerChainPem),
                    },
                    ["SGX-TCB-Info-Issuer-Chain"] = Uri.EscapeDataString(machine.TcbInfo(Tee.Sgx, now).IssuerChainPem),
                    ["SGX-Enclave-Identity-Issuer-Chain"] = Uri.EscapeDataString(machine.QeIdentity(Tee.Sgx, now).IssuerChainPem),
                },
                ["rootcacrl"] = Hex(machine.RootCaCrl(now)),
            },
        };
    }
}
