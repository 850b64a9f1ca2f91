using Casemate.Testing.Attestation;

namespace Casemate.Cli.Tests.Collateral;

/// <summary><c>casemate collateral register</c>: a machine that is made known to a PCCS or to Intel.</summary>
public sealed class CollateralRegisterCommandTests
{
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
}
