using Casemate.Testing;

namespace Casemate.Cli.Tests.Collateral;

/// <summary>What the settings of <c>casemate collateral serve</c> refuse. What it serves is tested with the program.</summary>
public sealed class CollateralServeTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("--collateral names a service, beside --source", "--collateral", "https://pccs.example/", "--source", "intel")]
    [InlineData("not HTTPS", "--collateral", "http://pccs.example/")]
    [InlineData("--registered-only is set", "--registered-only")]
    [InlineData("--new-machines-per-source is 0", "--new-machines-per-source", "0")]
    [InlineData("--new-machines-per-source is not a number", "--new-machines-per-source", "many")]
    [InlineData("--source-cert and --source-key belong together", "--source-cert", "client.crt")]
    [InlineData("--azure-region 'West Europe' is no region", "--source", "azure", "--azure-region", "West Europe")]
    [InlineData("--mode 'eager' is not one of", "--mode", "eager")]
    [InlineData("--source 'amazon' is not one of", "--source", "amazon")]
    [InlineData("--source 'pccs:intel' is not one of", "--source", "pccs:intel")]
    [InlineData("--source none stands alone", "--source", "none", "--source", "intel")]
    [InlineData("--source and --kds name nobody", "--source", "none", "--kds", "none")]
    [InlineData("--source simulated without --allow-simulated", "--source", "simulated")]
    [InlineData("--kds 'nvidia' is not one of", "--kds", "nvidia")]
    [InlineData("not HTTPS", "--kds", "http://kds.example")]
    [InlineData("not HTTPS", "--source", "pccs:http://pccs.example:8081/sgx/certification/v4/")]
    [InlineData("--serve-expired-for 'soon' is not a duration", "--serve-expired-for", "soon")]
    [InlineData("--serve-expired-for '400d' is not a duration", "--serve-expired-for", "400d")]
    [InlineData("--serve-expired-for '-1d' is not a duration", "--serve-expired-for=-1d")]
    [InlineData("--listen and --socket are both missing", "--listen", "none")]
    [InlineData("--plain-http is set", "--plain-http", "--listen", "0.0.0.0:0")]
    [InlineData("--tls-cert and --tls-key belong together", "--tls-cert", "tls.crt")]
    public void Refuses_SettingsThatMakeNoSense(string reason, params string[] arguments)
    {
        var run = Run(arguments);

        Assert.Equal(ExitCode.Usage, run.ExitCode);
        Assert.Contains(reason, run.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_directory.File("store")));
    }

    [Theory]
    [InlineData("--source", "pccs:https://user:s3cret@pccs.example/sgx/certification/v4/")]
    [InlineData("--source", "pccs:https://pccs.example/sgx/certification/v4/?token=s3cret")]
    [InlineData("--collateral", "https://user:s3cret@pccs.example/")]
    [InlineData("--kds", "https://user:s3cret@kds.example/")]
    public void Refuses_AnAddressWithAPassword_WithoutShowingIt(string setting, string value)
    {
        var run = Run(setting, value);

        Assert.Equal(ExitCode.Usage, run.ExitCode);
        Assert.Contains("without user, query and fragment", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("correct horse battery staple")]
    [InlineData("")]
    [InlineData("cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce")]
    public void Refuses_ATokenWhereItsHashBelongs_WithoutShowingIt(string content)
    {
        var file = _directory.File("admin");
        File.WriteAllText(file, content);

        var run = Run("--mode", "offline", "--admin-token-hash", file);

        Assert.Equal(ExitCode.BadInput, run.ExitCode);
        Assert.Contains("does not hold the SHA-512 of a token", run.Error, StringComparison.Ordinal);
        Assert.True(content.Length == 0 || !run.Error.Contains(content, StringComparison.Ordinal));
    }

    [Fact]
    public void Refuses_ABundleThatIsNotThere()
    {
        var run = Run("--collateral", _directory.File("fleet.tar"));

        Assert.Equal(ExitCode.BadInput, run.ExitCode);
        Assert.Contains("no such file", run.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_directory.File("store")));
    }

    [Fact]
    public void Says_WhichSettingNamesTheStore_WhenItCannotBeUsed()
    {
        File.WriteAllText(_directory.File("store"), "a file");

        var run = Run("--mode", "offline", "--plain-http", "--listen", "127.0.0.1:0");

        Assert.Equal(ExitCode.Unreachable, run.ExitCode);
        Assert.Contains("Name another place with --store.", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_AFileOfATokenThatIsNotThere()
    {
        var run = Run("--mode", "offline", "--user-token-hash", _directory.File("absent"));

        Assert.Equal(ExitCode.BadInput, run.ExitCode);
        Assert.Contains("--user-token-hash", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_AFileOfRootsThatIsNotThere()
    {
        var run = Run("--mode", "offline", "--allow-simulated", _directory.File("absent"));

        Assert.Equal(ExitCode.BadInput, run.ExitCode);
        Assert.Contains("no such file", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Reads_TheEnvironment_AfterTheFlags()
    {
        var environment = new Dictionary<string, string> { ["CASEMATE_MODE"] = "eager", ["CASEMATE_SOURCE"] = "none,intel" };

        var byVariable = CommandLine.RunWith(environment, [], terminal: false, "collateral", "serve");
        Assert.Contains("--mode 'eager' is not one of", byVariable.Error, StringComparison.Ordinal);

        var byBoth = CommandLine.RunWith(environment, [], terminal: false, "collateral", "serve", "--mode", "lazy");
        Assert.Contains("--source none stands alone", byBoth.Error, StringComparison.Ordinal);
    }

    private CommandLine Run(params string[] arguments) =>
        CommandLine.Run(["collateral", "serve", "--store", _directory.File("store"), .. arguments]);
}
