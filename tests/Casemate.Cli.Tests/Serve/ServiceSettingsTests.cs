using System.CommandLine;
using Casemate.Cli.Serve;
using Casemate.Testing;

namespace Casemate.Cli.Tests.Serve;

/// <summary>What holds for the settings of every command that is a service.</summary>
public sealed class ServiceSettingsTests
{
    // The page with the table of the settings; a new service adds a line here.
    private static readonly Dictionary<string, string> s_pages = new()
    {
        ["serve"] = "serve.md",
        ["collateral serve"] = "collateral.md",
        ["quote-helper"] = "quotes.md",
        ["node"] = "node.md",
        ["webhook"] = "webhook.md",
    };

    private static readonly Dictionary<string, ServiceCommand> s_services =
        ServicesUnder(CasemateProgram.CreateRootCommand(), "").ToDictionary(service => service.Path, service => service.Command);

    public static TheoryData<string> Services => [.. s_services.Keys];

    public static TheoryData<string, string> Flags =>
        [.. s_services.SelectMany(service => service.Value.Settings.Select(setting => (service.Key, setting.Flag)))];

    [Fact]
    public void EveryService_HasAPage() => Assert.Equal(s_pages.Keys.Order(), s_services.Keys.Order());

    [Theory]
    [MemberData(nameof(Flags))]
    public void Are_AllInTheHelpWithTheirVariables(string service, string flag)
    {
        var help = CommandLine.Run([.. service.Split(' '), "--help"]).Output;

        Assert.Contains(flag, help, StringComparison.Ordinal);
        Assert.Contains($"Environment: {SettingOf(service, flag).Variable}.", help, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Flags))]
    public void Are_AllInTheDocumentation(string service, string flag)
    {
        var page = File.ReadAllText(Path.Combine(RepositoryPaths.Root, "docs", s_pages[service]));
        var setting = SettingOf(service, flag);

        var value = setting.ValueName is { } name ? " " + name.Replace("|", "\\|", StringComparison.Ordinal) : "";
        Assert.Contains($"| `{flag}{value}` | `{setting.Variable}` |", page, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Services))]
    public void Have_VariablesOfTheirOwn(string service)
    {
        var settings = s_services[service].Settings;
        Assert.Equal(settings.Count, settings.Select(setting => setting.Variable).Distinct().Count());
    }

    internal static IReadOnlyList<Setting> SettingsOf(string service) => s_services[service].Settings;

    private static Setting SettingOf(string service, string flag) => s_services[service].Settings.Single(setting => setting.Flag == flag);

    private static IEnumerable<(string Path, ServiceCommand Command)> ServicesUnder(Command parent, string prefix)
    {
        foreach (var command in parent.Subcommands)
        {
            if (command is ServiceCommand service)
            {
                yield return (prefix + command.Name, service);
            }

            foreach (var inner in ServicesUnder(command, $"{prefix}{command.Name} "))
            {
                yield return inner;
            }
        }
    }
}
