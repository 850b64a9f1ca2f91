using Casemate.Testing.Attestation;

namespace Casemate.Cli.Tests.Collateral;

/// <summary><c>casemate verify</c> with collateral from a service, and from a bundle without network.</summary>
public sealed class VerifyWithSourcesTests
{
    [Theory]
    [InlineData("sgx.bin")]
    [InlineData("tdx.bin")]
    public async Task FetchesAllThatAQuoteNeeds_ThroughAPccs(string evidence)
    {
        await using var site = await CollateralSite.StartAsync();

        var run = CommandLine.Run("verify", site.File(evidence), "--collateral", site.Pccs, "--root", site.File("roots.pem"));

        Assert.Equal(ExitCode.Simulated, run.ExitCode);
        Assert.Contains(site.Pccs, run.Output, StringComparison.Ordinal);
        Assert.Equal(4, site.Server.Requests.Count);
    }

    [Theory]
    [InlineData("sgx.bin")]
    [InlineData("tdx.bin")]
    [InlineData("snp.bin")]
    public async Task FetchesEverything_FromAHostThatAnswersForBothMakers(string evidence)
    {
        await using var site = await CollateralSite.StartAsync();

        var run = CommandLine.Run(
            "verify", site.File(evidence), "--collateral", site.Server.Address.ToString(), "--root", site.File("roots.pem"));

        Assert.Equal(ExitCode.Simulated, run.ExitCode);
    }

    [Theory]
    [InlineData("sgx.bin")]
    [InlineData("tdx.bin")]
    [InlineData("snp.bin")]
    public async Task NeedsNoNetwork_WithABundle(string evidence)
    {
        await using var site = await CollateralSite.StartAsync();
        var bundle = site.ExportBundle();
        await site.Server.DisposeAsync();

        var run = CommandLine.RunWithoutNetwork(
            "verify", site.File(evidence), "--collateral", bundle, "--bundle-key", site.File("fleet.key.pub"), "--root", site.File("roots.pem"));

        Assert.Equal("", run.Error);
        Assert.Equal(ExitCode.Simulated, run.ExitCode);
        Assert.Contains("fleet.tar (made 2026-11-20T12:00:00Z, signed by ", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task VerifiesMany_WithOneBundle()
    {
        await using var site = await CollateralSite.StartAsync();
        var bundle = site.ExportBundle();

        var run = CommandLine.RunWithoutNetwork(
            "verify", site.File("sgx.bin"), site.File("tdx.bin"), site.File("snp.bin"), "--collateral", bundle, "--allow-unsigned-bundle",
            "--root", site.File("roots.pem"));

        Assert.Equal(ExitCode.Simulated, run.ExitCode);
        Assert.Equal(3, run.Lines.Count(line => line.StartsWith("SIMULATED ", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task AsksWhoseBundleItIs_BeforeItTakesOne()
    {
        await using var site = await CollateralSite.StartAsync();
        var bundle = site.ExportBundle();
        CollateralSite.AssertSuccess(CommandLine.Run(
            ["collateral", "export", "--out", site.File("other.tar"), "--key", site.File("other.key"), .. site.Store]));
        string[] verify = ["verify", site.File("sgx.bin"), "--root", site.File("roots.pem"), "--collateral"];

        var unasked = CommandLine.Run([.. verify, bundle]);
        var wrongKey = CommandLine.Run([.. verify, bundle, "--bundle-key", site.File("other.key.pub")]);
        var both = CommandLine.Run([.. verify, bundle, "--bundle-key", site.File("fleet.key.pub"), "--allow-unsigned-bundle"]);
        var changed = File.ReadAllBytes(bundle);
        changed[^2000] ^= 1;
        File.WriteAllBytes(bundle, changed);
        var tampered = CommandLine.Run([.. verify, bundle, "--bundle-key", site.File("fleet.key.pub")]);

        Assert.Equal(ExitCode.Usage, unasked.ExitCode);
        Assert.Contains("--bundle-key", unasked.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCode.BadInput, wrongKey.ExitCode);
        Assert.Contains("is not signed with the key", wrongKey.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Usage, both.ExitCode);
        Assert.Equal(ExitCode.BadInput, tampered.ExitCode);
    }

    [Fact]
    public async Task TakesNothing_FromABundleOfASimulator_WhoseRootIsNotNamed()
    {
        await using var site = await CollateralSite.StartAsync();
        var bundle = site.ExportBundle();

        var run = CommandLine.Run("verify", site.File("sgx.bin"), "--collateral", bundle, "--bundle-key", site.File("fleet.key.pub"));

        Assert.Equal(ExitCode.BadInput, run.ExitCode);
        Assert.Contains("nothing in the bundle verifies", run.Error, StringComparison.Ordinal);
        Assert.Contains("root", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SaysInTheVerdict_ThatABundleHasExpired()
    {
        await using var site = await CollateralSite.StartAsync();
        var bundle = site.ExportBundle();

        var run = CommandLine.RunWithoutNetwork(
            "verify", site.File("sgx.bin"), "--collateral", bundle, "--bundle-key", site.File("fleet.key.pub"), "--root", site.File("roots.pem"),
            "--at", "2027-02-01");

        Assert.Equal(ExitCode.Refused, run.ExitCode);
        Assert.Contains("TcbInfoFreshness", run.Output, StringComparison.Ordinal);
        Assert.Contains("RootCrlFreshness", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SaysWhatIsMissing_FromABundle()
    {
        await using var site = await CollateralSite.StartAsync();
        CollateralSite.AssertSuccess(CommandLine.Run(
            ["collateral", "fetch", "--from-evidence", site.File("snp.bin"), "--source", site.Server.Address.ToString(), .. site.Store]));
        CollateralSite.AssertSuccess(CommandLine.Run(["collateral", "export", "--out", site.File("amd.tar"), "--unsigned", .. site.Store]));

        var run = CommandLine.Run(
            "verify", site.File("sgx.bin"), "--collateral", site.File("amd.tar"), "--allow-unsigned-bundle", "--root", site.File("roots.pem"));

        Assert.Equal(ExitCode.BadInput, run.ExitCode);
        Assert.Contains("amd.tar", run.Error, StringComparison.Ordinal);
        Assert.Contains("not cached", run.Error, StringComparison.Ordinal);
        Assert.Contains("casemate collateral fetch", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ProvisioningFault.ServerError, 4)]
    [InlineData(ProvisioningFault.Throttled, 4)]
    [InlineData(ProvisioningFault.Html, 3)]
    [InlineData(ProvisioningFault.WrongSignature, 3)]
    [InlineData(ProvisioningFault.Expired, 3)]
    [InlineData(ProvisioningFault.NotFound, 3)]
    public async Task SaysWhy_WhenAServiceFails(ProvisioningFault fault, int exitCode)
    {
        await using var site = await CollateralSite.StartAsync();
        site.Server.Fault = fault;

        var run = CommandLine.Run("verify", site.File("tdx.bin"), "--collateral", site.Pccs, "--root", site.File("roots.pem"));

        Assert.Equal(exitCode, run.ExitCode);
        Assert.Equal("", run.Output);
        Assert.Contains("tdx.bin", run.Error, StringComparison.Ordinal);
        Assert.Equal(2, run.Error.Count(c => c == '\n'));
    }

    [Theory]
    [InlineData("http://pccs.example:8081/sgx/certification/v4/")]
    [InlineData("https://user@pccs.example/")]
    [InlineData("https://pccs.example/?x=1")]
    [InlineData("https://")]
    public async Task GoesToNoAddress_ThatMayNotBeUsed(string address)
    {
        await using var site = await CollateralSite.StartAsync();

        var run = CommandLine.Run("verify", site.File("sgx.bin"), "--collateral", address);

        Assert.Equal(ExitCode.Usage, run.ExitCode);
    }
}
