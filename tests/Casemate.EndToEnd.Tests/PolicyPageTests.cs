using System.Text.RegularExpressions;
using Casemate.Testing;

namespace Casemate.EndToEnd.Tests;

/// <summary>The walk of docs/policy.md from a YAML to the broker's verdict on simulated evidence, as it is written there.</summary>
public sealed class PolicyPageTests(SharedState state)
{
    private const string Heading = "### The whole walk on a laptop";

    [Fact]
    public async Task TheQuickStart_GoesWithoutAClusterAndWithoutARegistry()
    {
        using var page = await PageCommands.ReadAsync("docs/policy.md", "## Quick start");
        var local = page.Commands.SkipWhile(command => !command.StartsWith("casemate image pack ", StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(local);

        var last = "";
        foreach (var command in local)
        {
            var run = await page.RunAsync(command, EnvironmentOf(page));
            Assert.True(run.ExitCode == 0, $"{command}: exit code {run.ExitCode}: {run.Error}{run.Output}");
            last = run.Output;
        }

        Assert.Contains("echo hello from a guest", last, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TheCases_PrintWhatThePageShows()
    {
        using var walk = await PageCommands.ReadAsync("docs/policy.md", Heading);
        using var page = await PageCommands.ReadAsync("docs/policy.md", "## Cases: requests as `test` reads them");
        foreach (var command in walk.Commands.Take(2))
        {
            var run = await page.RunAsync(command, EnvironmentOf(page));
            Assert.True(run.ExitCode == 0, $"{command}: exit code {run.ExitCode}: {run.Error}{run.Output}");
        }

        Assert.Equal(3, page.Steps.Length);
        foreach (var (command, shown) in page.Steps)
        {
            var run = await page.RunAsync(command, EnvironmentOf(page));
            Assert.Equal((command, shown.Contains("1 not as expected", StringComparison.Ordinal) ? 1 : 0), (command, run.ExitCode));

            // An ellipsis on the page stands for any text within its line.
            Assert.Matches($"^{Regex.Escape(shown).Replace("…", ".*", StringComparison.Ordinal)}$", (run.Output + run.Error).TrimEnd('\n'));
        }
    }

    [Fact]
    public async Task TheWalk_EndsWithTheSecret_UnderThisPolicyAndNoOther()
    {
        using var page = await PageCommands.ReadAsync("docs/policy.md", Heading);
        var environment = EnvironmentOf(page);
        var tees = new List<string>();
        foreach (var command in page.Commands)
        {
            var run = await page.RunAsync(command, environment);
            Assert.True(run.ExitCode == 0, $"{command}: exit code {run.ExitCode}: {run.Error}{run.Output}");
            if (command.StartsWith("casemate run ", StringComparison.Ordinal))
            {
                Assert.Equal("hello\n", run.Output);
                tees.Add(command);
            }
        }

        Assert.Contains(tees, command => command.Contains("--tee snp", StringComparison.Ordinal));
        Assert.Contains(tees, command => command.Contains("--tee tdx", StringComparison.Ordinal));

        // One word of the YAML differs, or nothing is bound at all.
        var generate = Assert.Single(page.Commands, command => command.StartsWith("casemate policy generate ", StringComparison.Ordinal));
        var other = await page.RunAsync(
            "sed 's/echo hello/echo other/' examples/kata/hello.yaml > other-input.yaml && "
            + generate.Replace("examples/kata/hello.yaml", "other-input.yaml", StringComparison.Ordinal)
                .Replace("> app.yaml", "> other.yaml", StringComparison.Ordinal), environment);
        Assert.True(other.ExitCode == 0, other.Error);
        foreach (var command in tees)
        {
            foreach (var changed in new[]
            {
                command.Replace("--initdata app.yaml", "--initdata other.yaml", StringComparison.Ordinal),
                command.Replace("--initdata app.yaml ", "", StringComparison.Ordinal),
            })
            {
                var run = await page.RunAsync(changed, environment);
                Assert.Equal((1, ""), (run.ExitCode, run.Output));
                Assert.Contains(
                    command.Contains("--tee snp", StringComparison.Ordinal) ? "HostData" : "TdMeasurements", run.Error, StringComparison.Ordinal);
            }
        }
    }

    private Dictionary<string, string?> EnvironmentOf(PageCommands page) => new(state.Environment)
    {
        ["PATH"] = $"{page.Path}:{Environment.GetEnvironmentVariable("PATH")}",
    };
}
