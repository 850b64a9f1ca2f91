using System.CommandLine;

namespace Casemate.Cli.Tests.Measure;

/// <summary>What holds for every command of <c>casemate measure</c>.</summary>
public sealed class MeasureConventionsTests
{
    public static TheoryData<string, string> Options =>
        [.. Leaves(CasemateProgram.CreateRootCommand("measure").Subcommands.Single(command => command.Name == "measure"), "measure")
            .SelectMany(leaf => leaf.Command.Options.Where(TakesText).Select(option => (leaf.Path, option.Name)))];

    // An empty value comes from a variable of a script that is not set. It must not stand for a name, a file or a text.
    [Theory]
    [MemberData(nameof(Options))]
    public void AnEmptyValue_IsNoValue(string path, string option)
    {
        var run = CommandLine.Run([.. path.Split(' '), option, ""]);

        Assert.Equal((ExitCode.Usage, ""), (run.ExitCode, run.Output));
        if (option != "--append")
        {
            Assert.Contains($"{option} is empty", run.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void TheCommandLineOfAKernel_MayBeEmpty() =>
        Assert.Contains("--firmware", CommandLine.Run("measure", "snp", "--append", "", "--kernel", "k").Error, StringComparison.Ordinal);

    private static bool TakesText(Option option) => option.ValueType == typeof(string) || option.ValueType == typeof(string[]);

    private static IEnumerable<(Command Command, string Path)> Leaves(Command command, string path) => command.Subcommands.Count == 0
        ? [(command, path)]
        : command.Subcommands.SelectMany(child => Leaves(child, $"{path} {child.Name}"));
}
