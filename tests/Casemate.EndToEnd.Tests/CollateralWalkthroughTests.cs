using Casemate.Testing;

namespace Casemate.EndToEnd.Tests;

/// <summary>
/// The walkthrough of docs/collateral.md, line by line as it is written. Only what a test must not share is exchanged: the port, the
/// simulated platform, and the evidence, which is made without a workload.
/// </summary>
public sealed class CollateralWalkthroughTests(SharedState state) : IDisposable
{
    private const string Serve = "casemate collateral serve ";
    private const string MakeEvidence = "casemate quote --simulated --tee tdx --out ev.json";
    private const int Simulated = 20;

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Works_FromTheServiceToTheBundle()
    {
        await WriteWrapperAsync();
        var blocks = await ReadBlocksAsync();
        Assert.Equal(3, blocks.Count);
        var serve = "";
        foreach (var line in blocks[0])
        {
            if (line.StartsWith(Serve, StringComparison.Ordinal))
            {
                serve = line[Serve.Length..];
                continue;
            }

            await RunAsync(line.StartsWith("casemate run ", StringComparison.Ordinal) ? MakeEvidence : line);
        }

        var arguments = serve.Replace("$roots", state.RootsFile, StringComparison.Ordinal)
            .Replace("user.sha512", _directory.File("user.sha512"), StringComparison.Ordinal)
            .Split(' ', StringSplitOptions.RemoveEmptyEntries);
        Assert.Contains("--plain-http", arguments);
        await using (var service = await RunningCollateralService.StartAsync(state, Store, arguments))
        {
            Assert.Contains(blocks[1], line => line.StartsWith("casemate collateral register --simulated ", StringComparison.Ordinal));
            foreach (var line in blocks[1])
            {
                await RunAsync(line.Replace("http://127.0.0.1:8081", service.Address.TrimEnd('/'), StringComparison.Ordinal));
            }

            await service.KillAsync();
        }

        foreach (var line in blocks[2])
        {
            await RunAsync(line);
        }

        Assert.Single(Directory.GetFiles(Path.Combine(Store, "platforms"), "*.json"));
    }

    private string Store => _directory.File("store");

    private async Task RunAsync(string line)
    {
        var environment = new Dictionary<string, string?>(state.Environment)
        {
            ["PATH"] = $"{_directory.Path}:{Environment.GetEnvironmentVariable("PATH")}",
            ["CASEMATE_COLLATERAL_DIR"] = Store,
            ["roots"] = state.RootsFile,
        };
        var run = await ChildProgram.RunAsync(
            "sh", ["-c", line.StartsWith("roots=", StringComparison.Ordinal) ? "true" : line], environment: environment,
            directory: _directory.Path);
        var expected = line.StartsWith("casemate verify ", StringComparison.Ordinal) ? Simulated : 0;
        Assert.True(run.ExitCode == expected, $"{line}: exit code {run.ExitCode}: {run.Error}{run.Output}");
        if (line.Contains(" register ", StringComparison.Ordinal))
        {
            Assert.StartsWith("registered with 127.0.0.1:", run.Error, StringComparison.Ordinal);
        }
    }

    private async Task WriteWrapperAsync()
    {
        var casemate = ChildProgram.Casemate;
        var wrapper = _directory.File("casemate");
        await File.WriteAllTextAsync(
            wrapper, $"#!/bin/sh\nexec '{casemate.Program}' {string.Join(' ', casemate.Arguments.Select(a => $"'{a}'"))} \"$@\"\n",
            TestContext.Current.CancellationToken);
        await ChildProgram.RunAsync("chmod", ["+x", wrapper]);
    }

    private static async Task<List<List<string>>> ReadBlocksAsync()
    {
        var page = await File.ReadAllTextAsync(
            Path.Combine(RepositoryPaths.Root, "docs", "collateral.md"), TestContext.Current.CancellationToken);
        var begin = page.IndexOf("### A walkthrough on one machine", StringComparison.Ordinal);
        var section = page[begin..page.IndexOf("\n### ", begin + 1, StringComparison.Ordinal)];
        return [.. section.Split("```sh\n").Skip(1).Select(block => block[..block.IndexOf("```", StringComparison.Ordinal)]
            .Split('\n', StringSplitOptions.RemoveEmptyEntries).ToList())];
    }
}
