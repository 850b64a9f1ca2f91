using System.Text.Json;
using Casemate.Attestation.Snp;
using Casemate.Simulator;
using Casemate.Testing.Attestation;

namespace Casemate.Cli.Tests.Collateral;

/// <summary><c>casemate collateral fetch</c>: what it gets, from whom, and what it says when it cannot.</summary>
public sealed class CollateralFetchCommandTests
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
    public async Task Store_SaysWhichOptionNamesIt_WhenItCannotBeUsed()
    {
        await using var site = await CollateralSite.StartAsync();
        File.WriteAllText(site.File("file"), "");

        var run = CommandLine.Run("collateral", "fetch", "--fmspc", Fmspc, "--source", site.Pccs, "--dir", site.File("file"));

        Assert.Equal(ExitCode.BadInput, run.ExitCode);
        Assert.Contains("name another one with --dir", run.Error, StringComparison.Ordinal);
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
}
