using Casemate.Testing;

namespace Casemate.EndToEnd.Tests;

/// <summary>The shell blocks of docs/quotes.md that a laptop can run, as they are written there, in a directory and a home of their own.</summary>
public sealed class QuotesPageTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task TheFirstBlock_EndsWithAVerdict()
    {
        var run = await RunAsync("--report-data 6e6f6e6365");

        Assert.Contains("SIMULATED: works", run.Output, StringComparison.Ordinal);
        Assert.Contains("verdict: SIMULATED - not hardware evidence", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TheSecondBlock_WaitsForTheHelper_AndShowsWhatThePageSays()
    {
        var run = await RunAsync("--allocations /tmp/aesmd/allocations");

        Assert.Contains("SIMULATED: works", run.Output, StringComparison.Ordinal);
        Assert.Contains("\nready\n", run.Output, StringComparison.Ordinal);
        Assert.Contains("\ncasemate_quote_ready 1\n", run.Output, StringComparison.Ordinal);
        Assert.Contains("\ncasemate_quote_unidentified_peers_total 0\n", run.Output, StringComparison.Ordinal);
        Assert.Contains("allocations/gpu-0/aesm.socket\"", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task EvidenceOverRuntimeData_VerifiesAsThePageSays()
    {
        var run = await RunAsync("--runtime-data key.pub");

        Assert.Contains("verdict: SIMULATED - not hardware evidence", run.Output, StringComparison.Ordinal);
    }

    private async Task<ChildProgram> RunAsync(string mark)
    {
        Assert.SkipWhen(!File.Exists("/usr/bin/curl") || !File.Exists("/bin/bash"), "curl or bash is not installed");
        var page = await File.ReadAllTextAsync(
            Path.Combine(RepositoryPaths.Root, "docs", "quotes.md"), TestContext.Current.CancellationToken);
        var block = page.Split("```sh\n").Skip(1).Select(rest => rest[..rest.IndexOf("```", StringComparison.Ordinal)])
            .Single(text => text.Contains(mark, StringComparison.Ordinal));
        if (!block.Contains("quote-helper --provider", StringComparison.Ordinal))
        {
            block = "casemate quote-helper --provider simulated --socket /tmp/aesmd/aesm.socket --http off 2> /tmp/aesmd/log &\n"
                + "until [ -S /tmp/aesmd/evidence.socket ]; do sleep 0.1; done\n"
                + block.Replace("/var/run/aesmd", "/tmp/aesmd", StringComparison.Ordinal);
        }

        // Its places become ours: other tests, and other users, may have those.
        var health = _directory.File("health.socket");
        block = block.Replace("127.0.0.1:9464 ", health + " ", StringComparison.Ordinal)
            .Replace("http://127.0.0.1:9464", $"--unix-socket {health} http://localhost", StringComparison.Ordinal)
            .Replace("/tmp/aesmd", _directory.Path, StringComparison.Ordinal);
        var casemate = ChildProgram.Casemate;
        var wrapper = _directory.File("bin/casemate");
        Directory.CreateDirectory(_directory.File("bin"));
        await File.WriteAllTextAsync(
            wrapper, $"#!/bin/sh\nexec '{casemate.Program}' {string.Join(' ', casemate.Arguments.Select(a => $"'{a}'"))} \"$@\"\n",
            TestContext.Current.CancellationToken);
        await ChildProgram.RunAsync("chmod", ["+x", wrapper]);
        var script = $"PATH='{_directory.File("bin")}':$PATH\ntrap 'kill $(jobs -p) 2> /dev/null; wait' EXIT\n{block}";
        return await ChildProgram.RunAsync(
            "bash", ["-c", script], directory: _directory.Path, environment: new Dictionary<string, string?>
            {
                ["HOME"] = _directory.Path,
                ["XDG_STATE_HOME"] = null,
                ["CASEMATE_STATE_DIR"] = null,
            });
    }
}
