using System.Security.Cryptography;
using Casemate.Cli.Serve;
using Casemate.Serve;

namespace Casemate.Cli.Tests.Serve;

/// <summary>How a service's objections to its options reach the reader of a command line.</summary>
public sealed class OptionFlagsTests
{
    private static readonly OptionFlags Flags = new(
        ("Listen", new Setting("--listen", "ADDRESS:PORT", "")),
        ("CertPath or CertPort", new Setting("--cert", "PATH|PORT", "")),
        ("ListenPath", new Setting("--socket", "PATH", "")));

    [Theory]
    [InlineData("Listen is 'x'.", "--listen is 'x'.")]
    [InlineData("Give Listen: it is missing. Or leave out Listen.", "Give --listen: it is missing. Or leave out --listen.")]
    [InlineData("Listen and ListenPath are both missing.", "--listen and --socket are both missing.")]
    [InlineData("CertPath or CertPort is set; Listen, too", "--cert is set; --listen, too")]
    public void NamesFlags_InPlaceOfOptions(string problem, string shown) => Assert.Equal(shown, Translate(problem).Message);

    [Theory]
    [InlineData("Access to '/run/Listen' is denied.")]
    [InlineData("Access to /run/Listen/a is denied.")]
    [InlineData("Listening failed, and Listen-2 too.")]
    public void LeavesAlone_WhatOnlyLooksLikeAnOption(string problem) => Assert.Equal(problem, Translate(problem).Message);

    [Fact]
    public void ShowsTheFirstObjection_AndTheOthersAfterIt()
    {
        var shown = Translate("Listen is missing.", "ListenPath is 'a'.", "ListenPath is 'b'.");

        Assert.Equal("--listen is missing.", shown.Message);
        Assert.Equal("--socket is 'a'. --socket is 'b'.", shown.Remedy);
        Assert.Null(Translate("Listen is missing.").Remedy);
    }

    [Fact]
    public void TellsMistakesInSettings_InFiles_AndOfTheMachineApart()
    {
        Assert.Equal(ExitCode.Usage, Flags.Translate(new ServeStartException(["a"])).ExitCode);
        Assert.Equal(ExitCode.BadInput, Flags.Translate(new ServeStartException(["a"], new CryptographicException())).ExitCode);
        Assert.Equal(ExitCode.Unreachable, Flags.Translate(new ServeStartException(["a"], new IOException())).ExitCode);

        var own = new OptionFlags { IsBadInput = cause => cause is IOException };
        Assert.Equal(ExitCode.BadInput, own.Translate(new ServeStartException(["a"], new IOException())).ExitCode);
    }

    [Theory]
    [InlineData(
        "The audit log '/var/x/quotes.jsonl' is in use by another process.",
        "Stop the other process, or name another place with --audit or --state-dir.")]
    [InlineData("Access to the path '/var/x/quotes.jsonl.lock' is denied.", "Name another place with --audit or --state-dir.")]
    [InlineData("Another process listens on /run/other.socket.", null)]
    public void NamesTheOption_OfAPlaceThatCannotBeUsed(string problem, string? remedy) => Assert.Equal(
        remedy, Flags.Translate(
            new ServeStartException([problem], new IOException(problem)), ("/var/x/quotes.jsonl", "--audit or --state-dir"),
            (null, "--store")).Remedy);

    [Fact]
    public async Task LetsWhatStarts_Through()
    {
        Assert.Equal(7, await Flags.StartAsync(() => Task.FromResult(7)));
        await Assert.ThrowsAsync<InvalidOperationException>(() => Flags.StartAsync<int>(() => throw new InvalidOperationException()));
    }

    private static CliException Translate(params string[] problems) => Flags.Translate(new ServeStartException([.. problems]));
}
