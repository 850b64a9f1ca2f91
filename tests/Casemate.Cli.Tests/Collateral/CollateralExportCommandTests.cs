using Casemate.Testing.Attestation;

namespace Casemate.Cli.Tests.Collateral;

/// <summary><c>casemate collateral export</c>: bundles, and what it will not write.</summary>
public sealed class CollateralExportCommandTests
{
    private static string Fmspc => CollateralSite.Platform.Dcap.Provisioning.Fmspc;

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
}
