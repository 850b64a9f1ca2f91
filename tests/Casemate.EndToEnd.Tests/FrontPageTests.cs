using Casemate.Testing;

namespace Casemate.EndToEnd.Tests;

/// <summary>Every command of the front page, run as it is written there, in its order, in one directory.</summary>
public sealed class FrontPageTests(SharedState state)
{
    [Fact]
    public async Task CommandsOfTheReadme_DoWhatItSays()
    {
        using var page = await PageCommands.ReadAsync("README.md");

        // The whole test suite is on the page as well; it is what runs this.
        var commands = page.Commands.Where(c => c != "./test").ToList();
        (int ExitCode, string[] Output, string[] Error)[] expected =
        [
            (0, ["hello"], ["checked: ", "secret default/secret/greeting released", "verdict: SIMULATED - not hardware evidence"]),
            (0, ["hello"], []),
            (0, [], []),
            (1, [], ["evidence refused under policy 'pinned'", "Identity: expected MRTD", "found    MRTD"]),
            (0, ["SEV-SNP report v5 (Turin)", "verdict: ACCEPTED"], []),
            (1, ["\"tcbStatus\": \"OutOfDate\"", "INTEL-SA-00615"], []),
        ];
        Assert.Equal(expected.Length, commands.Count);
        foreach (var (command, (exitCode, output, error)) in commands.Zip(expected))
        {
            var done = await page.RunAsync(command, state.Environment);

            Assert.True(done.ExitCode == exitCode, $"{command}: exit code {done.ExitCode}\n{done.Output}\n{done.Error}");
            Assert.All(output, text => Assert.Contains(text, done.Output, StringComparison.Ordinal));
            Assert.All(error, text => Assert.Contains(text, done.Error, StringComparison.Ordinal));
            if (exitCode == 1 && error.Length > 0)
            {
                Assert.DoesNotContain("hello", done.Output, StringComparison.Ordinal);
            }
        }
    }
}
