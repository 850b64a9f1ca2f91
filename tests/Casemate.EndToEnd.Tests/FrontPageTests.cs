using Casemate.Testing;

namespace Casemate.EndToEnd.Tests;

/// <summary>Every command of the front page, run as it is written there, in its order, in one directory.</summary>
public sealed class FrontPageTests(SharedState state)
{
    [Fact]
    public async Task CommandsOfTheReadme_DoWhatItSays()
    {
        using var directory = new TemporaryDirectory();
        var wrapper = Path.Combine(directory.Path, "casemate");
        var casemate = ChildProgram.Casemate;
        await File.WriteAllTextAsync(
            wrapper, $"#!/bin/sh\nexec '{casemate.Program}' {string.Join(' ', casemate.Arguments.Select(a => $"'{a}'"))} \"$@\"\n",
            TestContext.Current.CancellationToken);
        await ChildProgram.RunAsync("chmod", ["+x", wrapper]);
        foreach (var name in (string[])["examples", "tests"])
        {
            File.CreateSymbolicLink(Path.Combine(directory.Path, name), Path.Combine(RepositoryPaths.Root, name));
        }

        // The whole test suite is on the page as well; it is what runs this.
        var commands = CommandsOf(await File.ReadAllTextAsync(Path.Combine(RepositoryPaths.Root, "README.md"), TestContext.Current.CancellationToken))
            .Where(c => c != "./test").ToList();
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
            var done = await ChildProgram.RunAsync("sh", ["-c", command], environment: state.Environment, directory: directory.Path);

            Assert.True(done.ExitCode == exitCode, $"{command}: exit code {done.ExitCode}\n{done.Output}\n{done.Error}");
            Assert.All(output, text => Assert.Contains(text, done.Output, StringComparison.Ordinal));
            Assert.All(error, text => Assert.Contains(text, done.Error, StringComparison.Ordinal));
            if (exitCode == 1 && error.Length > 0)
            {
                Assert.DoesNotContain("hello", done.Output, StringComparison.Ordinal);
            }
        }
    }

    // Lines that start with a dollar sign inside console blocks; a backslash at the end goes on in the next line.
    private static IEnumerable<string> CommandsOf(string page)
    {
        var (inBlock, command) = (false, "");
        foreach (var line in page.Split('\n'))
        {
            if (line.StartsWith("```", StringComparison.Ordinal))
            {
                inBlock = line == "```console";
            }
            else if (inBlock)
            {
                command += line.StartsWith("$ ", StringComparison.Ordinal) ? line[2..] : line.TrimStart();
                if (command.EndsWith('\\'))
                {
                    command = command[..^1];
                }
                else
                {
                    yield return command;
                    command = "";
                }
            }
        }
    }
}
