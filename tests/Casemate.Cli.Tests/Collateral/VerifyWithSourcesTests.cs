using System.Text.Json;
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
    [InlineData("sgx", ProvisioningFault.ServerError, "could not be asked: ")]
    [InlineData("snp", ProvisioningFault.ServerError, "could not be asked: ")]
    [InlineData("tdx", ProvisioningFault.WrongSignature, "does not verify: ")]
    [InlineData("tdx", ProvisioningFault.NotFound, "has not all of it: ")]
    public async Task Warns_WhenEvidenceIsJudgedWithItsOwnCollateral_InPlaceOfTheNamedService(
        string tee, ProvisioningFault fault, string why)
    {
        await using var site = await CollateralSite.StartAsync();
        var (evidence, root) = WithOwnCollateral(site, tee);
        site.Server.Fault = fault;
        string[] verify = ["verify", evidence, "--root", root, "--collateral", site.Server.Address.ToString()];

        var run = CommandLine.Run(verify);
        using var json = JsonDocument.Parse(CommandLine.Run([.. verify, "-q", "-o", "json"]).Output);

        Assert.Equal(ExitCode.Simulated, run.ExitCode);
        Assert.StartsWith(
            $"warning: {evidence} was judged with the collateral that came with it: ", run.Error, StringComparison.Ordinal);
        Assert.Contains(why, run.Error, StringComparison.Ordinal);
        Assert.Contains(site.Server.Address.ToString(), run.Error, StringComparison.Ordinal);
        var warning = Assert.Single(json.RootElement.GetProperty("warnings").EnumerateArray().ToList());
        Assert.Contains(why, warning.GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task WarnsOfNothing_WhereTheServiceHasIt()
    {
        await using var site = await CollateralSite.StartAsync();
        string[] verify =
            ["verify", site.File("sgx.bin"), "--root", site.File("roots.pem"), "--collateral", site.Server.Address.ToString()];

        Assert.Equal("", CommandLine.Run(verify).Error);
        using var json = JsonDocument.Parse(CommandLine.Run([.. verify, "-o", "json"]).Output);
        Assert.False(json.RootElement.TryGetProperty("warnings", out _));
    }

    [Fact]
    public async Task WarnsOnce_OfAServiceThatIsAway_HoweverMuchEvidenceThereIs()
    {
        await using var site = await CollateralSite.StartAsync();
        var (evidence, root) = WithOwnCollateral(site, "sgx");
        site.Server.Fault = ProvisioningFault.ServerError;

        var run = CommandLine.Run(
            "verify", evidence, evidence, evidence, "--root", root, "--collateral", site.Server.Address.ToString());

        Assert.Equal(ExitCode.Simulated, run.ExitCode);
        Assert.Equal(2, run.Error.Split('\n').Count(line => line.StartsWith("warning: ", StringComparison.Ordinal)));
        Assert.Contains("warning: 2 more were judged with other collateral", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Warns_WhenASourceFailed_AndTheNextOneHadIt()
    {
        await using var site = await CollateralSite.StartAsync();
        var bundle = site.ExportBundle();
        site.Server.Fault = ProvisioningFault.ServerError;

        var run = CommandLine.Run(
            "verify", site.File("sgx.bin"), "--collateral", site.Pccs, "--collateral", bundle, "--bundle-key", site.File("fleet.key.pub"),
            "--root", site.File("roots.pem"));

        Assert.Equal(ExitCode.Simulated, run.ExitCode);
        Assert.Contains("was judged with the collateral of ", run.Error, StringComparison.Ordinal);
        Assert.Contains("fleet.tar", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task NamesTheOptionAndTheScheme_WhereTlsIsTheReason()
    {
        await using var site = await CollateralSite.StartAsync();

        var run = CommandLine.Run(
            "verify", site.File("sgx.bin"), "--root", site.File("roots.pem"), "--collateral",
            site.Pccs.Replace("http://", "https://", StringComparison.Ordinal));

        Assert.Equal(ExitCode.Unreachable, run.ExitCode);
        Assert.Contains("write http:// in place of https://", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AKey_WithoutABundle_IsNotPassedOver()
    {
        await using var site = await CollateralSite.StartAsync();
        _ = site.ExportBundle();
        string[] verify = ["verify", site.File("sgx.bin"), "--root", site.File("roots.pem"), "--bundle-key", site.File("fleet.key.pub")];

        var unnamed = CommandLine.Run(verify);
        var other = CommandLine.Run([.. verify, "--collateral", site.File("fleet.key.pub")]);

        Assert.Equal(ExitCode.Usage, unnamed.ExitCode);
        Assert.Equal(ExitCode.BadInput, other.ExitCode);
        Assert.Contains("no bundle of collateral but a public key (PEM)", other.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AdvisesToDoWithoutASignature_OnlyWhereThereIsNone()
    {
        await using var site = await CollateralSite.StartAsync();
        var signed = site.ExportBundle();
        CollateralSite.AssertSuccess(CommandLine.Run(["collateral", "export", "--out", site.File("u.tar"), "--unsigned", .. site.Store]));
        string[] verify = ["verify", site.File("sgx.bin"), "--root", site.File("roots.pem"), "--collateral"];

        var ofSigned = CommandLine.Run([.. verify, signed]);
        var ofUnsigned = CommandLine.Run([.. verify, site.File("u.tar")]);

        Assert.Equal((ExitCode.Usage, ExitCode.Usage), (ofSigned.ExitCode, ofUnsigned.ExitCode));
        Assert.DoesNotContain("--allow-unsigned-bundle", ofSigned.Error, StringComparison.Ordinal);
        Assert.Contains("is a bundle that nobody signed", ofUnsigned.Error, StringComparison.Ordinal);
        Assert.Contains("--allow-unsigned-bundle", ofUnsigned.Error, StringComparison.Ordinal);
    }

    // A simulated machine of its own, whose evidence brings what it is judged with.
    private static (string Evidence, string Root) WithOwnCollateral(CollateralSite site, string tee)
    {
        CollateralSite.AssertSuccess(CommandLine.Run(
            "quote", "--simulated", "--tee", tee, "--dir", site.File("state"), "--out", site.File("own.json")));
        return (site.File("own.json"), site.File("state/simulator-roots.pem"));
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
