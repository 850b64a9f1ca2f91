using System.CommandLine;

namespace Casemate.Cli.Tests.Measure;

/// <summary>What holds for every command of <c>casemate measure</c>.</summary>
public sealed class MeasureConventionsTests
{
    private static readonly IReadOnlyList<(Command Command, string Path)> s_commands = [.. Leaves(
        CasemateProgram.CreateRootCommand("measure").Subcommands.Single(command => command.Name == "measure"), "measure")];

    public static TheoryData<string, string> Options =>
        [.. s_commands.SelectMany(leaf => leaf.Command.Options.Where(TakesText).Select(option => (leaf.Path, option.Name)))];

    // An empty value comes from a variable of a script that is not set. It must not stand for a name, a file or a text.
    [Theory]
    [MemberData(nameof(Options))]
    public void AnEmptyValue_IsNoValue(string path, string option)
    {
        var command = s_commands.Single(leaf => leaf.Path == path).Command;
        string[] others =
        [
            .. command.Arguments.Select(_ => "1"),
            .. command.Options.Where(other => other.Required && other.Name != option).SelectMany(other => new[] { other.Name, "1" }),
        ];

        var run = CommandLine.Run([.. path.Split(' '), .. others, option, ""]);

        Assert.Equal("", run.Output);
        if (option == "--append")
        {
            Assert.DoesNotContain("is empty", run.Error, StringComparison.Ordinal);
        }
        else
        {
            Assert.Equal((ExitCode.Usage, $"casemate: {option} is empty: name a value for it, or leave it out"), (run.ExitCode, run.Error.Split('\n')[0]));
        }
    }

    private static bool TakesText(Option option) => option.ValueType == typeof(string) || option.ValueType == typeof(string[]);

    private static IEnumerable<(Command Command, string Path)> Leaves(Command command, string path) => command.Subcommands.Count == 0
        ? [(command, path)]
        : command.Subcommands.SelectMany(child => Leaves(child, $"{path} {child.Name}"));
}
