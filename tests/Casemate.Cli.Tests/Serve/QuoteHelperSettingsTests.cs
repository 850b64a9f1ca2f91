using Casemate.Cli.Quotes;
using Casemate.Testing;

namespace Casemate.Cli.Tests.Serve;

public sealed class QuoteHelperSettingsTests
{
    public static TheoryData<string> Flags => [.. QuoteHelperSettings.All.Select(setting => setting.Flag)];

    [Theory]
    [MemberData(nameof(Flags))]
    public void Are_AllInTheHelpWithTheirVariables(string flag)
    {
        var help = CommandLine.Run("quote-helper", "--help").Output;
        var setting = QuoteHelperSettings.All.Single(s => s.Flag == flag);

        Assert.Contains(flag, help, StringComparison.Ordinal);
        Assert.Contains($"Environment: {setting.Variable}.", help, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Flags))]
    public void Are_AllInTheDocumentation(string flag)
    {
        var page = File.ReadAllText(Path.Combine(RepositoryPaths.Root, "docs", "quotes.md"));
        var setting = QuoteHelperSettings.All.Single(s => s.Flag == flag);

        var value = setting.ValueName is { } name ? " " + name.Replace("|", "\\|", StringComparison.Ordinal) : "";
        Assert.Contains($"| `{flag}{value}` | `{setting.Variable}` |", page, StringComparison.Ordinal);
    }

    [Fact]
    public void Have_VariablesOfTheirOwn() =>
        Assert.Equal(QuoteHelperSettings.All.Count, QuoteHelperSettings.All.Select(setting => setting.Variable).Distinct().Count());
}
