using System.Security.Cryptography;
using Casemate.Attestation.Snp;
using Casemate.Collateral.Bundle;
using Casemate.Simulator;

namespace Casemate.Cli.Tests.Collateral;

/// <summary><c>casemate collateral import</c>: bundles, certificates, and what is neither.</summary>
public sealed class CollateralImportCommandTests
{
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
}
