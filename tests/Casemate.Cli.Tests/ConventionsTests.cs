using System.CommandLine;
using System.Text.Json;
using Casemate.Cli.Commands;
using Casemate.Cli.Output;
using Casemate.Collateral;

namespace Casemate.Cli.Tests;

/// <summary>What holds for every command: help, errors, exit codes, formats.</summary>
public sealed class ConventionsTests
{
    public static TheoryData<string> Commands => [.. AllCommands(CasemateProgram.CreateRootCommand(), "").Select(c => c.Path)];

    [Theory]
    [MemberData(nameof(Commands))]
    public void EveryCommand_HasHelpWithExamples_OrCommandsThatHave(string path)
    {
        var help = CommandLine.Run([.. path.Split(' '), "--help"]);

        Assert.Equal(ExitCode.Success, help.ExitCode);
        Assert.Equal("", help.Error);
        Assert.Contains("Usage:", help.Output, StringComparison.Ordinal);
        Assert.True(
            help.Output.Contains("Examples:", StringComparison.Ordinal) || help.Output.Contains("Commands:", StringComparison.Ordinal),
            $"the help of '{path}' has neither examples nor commands of its own");
        Assert.Contains($"casemate {path.Split(' ')[0]}", help.Output, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public void EveryCommand_RefusesAnUnknownOption(string path)
    {
        var run = CommandLine.Run([.. path.Split(' '), "--no-such-option"]);

        Assert.Equal(ExitCode.Usage, run.ExitCode);
        Assert.Equal("", run.Output);
        Assert.StartsWith("casemate: ", run.Error, StringComparison.Ordinal);
        Assert.Contains($"Run 'casemate {path} --help'", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Commands))]
    public void EveryCommand_HasItsHelpUnderHelpAsWell(string path) =>
        Assert.Equal(CommandLine.Run([.. path.Split(' '), "--help"]).Output, CommandLine.Run(["help", .. path.Split(' ')]).Output);

    [Fact]
    public void HelpAsACommand_IsTheHelpOfTheProgram() =>
        Assert.Equal(CommandLine.Run("--help").Output, CommandLine.Run("help").Output);

    // A command line that starts with a command builds that one alone.
    [Fact]
    public void TheTree_HasTheCommandOfTheFirstWord_OrAllOfThem()
    {
        var all = CasemateProgram.CreateRootCommand().Subcommands;

        Assert.All(all, command => Assert.Equal(command.Name, Assert.Single(CasemateProgram.CreateRootCommand(command.Name).Subcommands).Name));
        Assert.Equal(all.Count, CasemateProgram.CreateRootCommand("no-such-command").Subcommands.Count);
        Assert.Equal(all.Count, CasemateProgram.CreateRootCommand("--quiet").Subcommands.Count);
    }

    [Fact]
    public void EverythingDescribed_IsASentence()
    {
        foreach (var (path, command) in AllCommands(CasemateProgram.CreateRootCommand(), ""))
        {
            Assert.All(
                command.Options.Cast<Symbol>().Concat(command.Arguments).Append(command),
                symbol => Assert.True(
                    symbol.Description?.EndsWith('.') == true, $"{path}: '{symbol.Name}' is described by '{symbol.Description}'"));
        }
    }

    [Fact]
    public void HelpOfTheProgram_ShowsTheMainJob()
    {
        var help = CommandLine.Run("--help").Output;

        Assert.Contains("casemate run --secret greeting=hello -- ./app.sh", help, StringComparison.Ordinal);
        Assert.Contains("casemate verify quote.bin", help, StringComparison.Ordinal);
        Assert.DoesNotContain("__complete", help, StringComparison.Ordinal);
    }

    [Fact]
    public void NoCommand_IsAUsageError_ThatListsThem()
    {
        var run = CommandLine.Run();

        Assert.Equal(ExitCode.Usage, run.ExitCode);
        Assert.Equal("", run.Output);
        Assert.Contains("  verify ", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("verfy", "verify")]
    [InlineData("vresion", "version")]
    [InlineData("Verify", "verify")]
    public void AMistypedCommand_IsGuessed(string typed, string meant)
    {
        var run = CommandLine.Run(typed, "x");

        Assert.Equal(ExitCode.Usage, run.ExitCode);
        Assert.StartsWith($"casemate: unknown command '{typed}'\n  Did you mean '{meant}'?\n", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void AMistypedOption_IsGuessed()
    {
        Assert.Contains("Did you mean '--collateral'?", CommandLine.Run("verify", "q", "--colateral", "c").Error, StringComparison.Ordinal);
        Assert.DoesNotContain("Did you mean", CommandLine.Run("verify", "q", "--something-else").Error, StringComparison.Ordinal);
    }

    [Fact]
    public void AMisspeltOptionWithAValue_IsBlamedItself_AndNotItsValue() =>
        Assert.StartsWith(
            "casemate: unknown option '--kye'\n  Did you mean '--key'?\n",
            CommandLine.Run("image", "verify", "--kye", "key.pub", "oci:image:1").Error, StringComparison.Ordinal);

    [Fact]
    public void AValueOfTheWrongKind_IsToldWithoutTheNameOfAType()
    {
        var error = CommandLine.Run("image", "copy", "--parallel", "abc", "oci:a:1", "oci:b:1").Error;

        Assert.StartsWith("casemate: Cannot parse argument 'abc' for option '--parallel': it is not a whole number", error, StringComparison.Ordinal);
        Assert.DoesNotContain("System.", error, StringComparison.Ordinal);
    }

    [Fact]
    public void AWrongOutputFormat_NamesTheRightOnes()
    {
        var run = CommandLine.Run("version", "-o", "xml");

        Assert.Equal(ExitCode.Usage, run.ExitCode);
        Assert.Contains("'table' 'json' 'yaml'", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Version_IsOneLine_OrADocument()
    {
        Assert.Matches("^casemate [0-9]+\\.[0-9]+\\.[0-9]+[^ ]*\n$", CommandLine.Run("version").Output);
        Assert.Equal(CommandLine.Run("version").Output, CommandLine.Run("--version").Output);
        using var json = JsonDocument.Parse(CommandLine.Run("version", "-o", "json").Output);
        Assert.Equal("casemate/v1", json.RootElement.GetProperty("apiVersion").GetString());
        Assert.Equal(VersionCommand.Version, json.RootElement.GetProperty("version").GetString());
    }

    [Fact]
    public void AnAtSign_IsNotAResponseFile()
    {
        var run = CommandLine.Run("verify", "@/etc/hostname");

        Assert.Equal(ExitCode.BadInput, run.ExitCode);
        Assert.Contains("@/etc/hostname: no such file", run.Error, StringComparison.Ordinal);
    }

    public static TheoryData<Exception, int> Failures => new()
    {
        { new CliException(ExitCode.NotPermitted, "no"), ExitCode.NotPermitted },
        { new MalformedInputException("file", "broken"), ExitCode.BadInput },
        { new FileNotFoundException("gone"), ExitCode.BadInput },
        { new UnauthorizedAccessException("locked"), ExitCode.BadInput },
        { new HttpRequestException("refused"), ExitCode.Unreachable },
        { new TaskCanceledException("late", new TimeoutException("later than 5 s")), ExitCode.Unreachable },
        { new TaskCanceledException("by whom?"), ExitCode.InternalError },
        { new NullReferenceException("ours"), ExitCode.InternalError },
    };

    [Theory]
    [MemberData(nameof(Failures))]
    public void EveryFailure_HasItsDocumentedCode(Exception failure, int exitCode)
    {
        using var words = new StringWriter();

        Assert.Equal(exitCode, ErrorText.Write(failure, ConsoleOutput.CreateWithoutArguments(Surroundings(words))));
    }

    [Fact]
    public void AFaultOfOurs_IsOneLine_WithItsOwnCode()
    {
        using var error = new StringWriter { NewLine = "\n" };
        var invocation = Surroundings(error);

        var fault = new InvalidOperationException("two\nlines");

        Assert.Equal(ExitCode.InternalError, ErrorText.Write(fault, ConsoleOutput.CreateWithoutArguments(invocation)));
        Assert.StartsWith("casemate: internal error (InvalidOperationException): two lines\n", error.ToString(), StringComparison.Ordinal);
        Assert.Equal(2, error.ToString().Count(c => c == '\n'));
    }

    private static CasemateInvocation Surroundings(TextWriter words) => new()
    {
        Output = words,
        Error = words,
        OpenStandardInput = () => Stream.Null,
        Time = TimeProvider.System,
        Environment = _ => null,
    };

    private static IEnumerable<(string Path, Command Command)> AllCommands(Command parent, string prefix)
    {
        foreach (var command in parent.Subcommands.Where(c => !c.Hidden))
        {
            yield return (prefix + command.Name, command);
            foreach (var inner in AllCommands(command, $"{prefix}{command.Name} "))
            {
                yield return inner;
            }
        }
    }
}
