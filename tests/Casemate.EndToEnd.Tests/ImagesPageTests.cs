using Casemate.Measurement.Enclave;
using Casemate.Testing;
using Casemate.Testing.Enclaves;

namespace Casemate.EndToEnd.Tests;

/// <summary>Every command of docs/images.md, as it is written there and in its order, on an application that the test builds.</summary>
public sealed class ImagesPageTests
{
    [Fact]
    public async Task CommandsOfThePage_DoWhatItSays()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/gcc"), "gcc is not installed");
        using var page = await PageCommands.ReadAsync("docs/images.md");
        await BuildAsync(page);
        var environment = EnvironmentOf(page);
        var skipped = new List<string>();
        foreach (var command in page.Commands)
        {
            var tool = command.Split(' ')[0];
            if (tool is "skopeo" or "umoci" && !File.Exists("/usr/bin/" + tool))
            {
                skipped.Add(tool);
                continue;
            }

            if (command.Contains(" --root bundle/", StringComparison.Ordinal) && skipped.Contains("umoci"))
            {
                continue;
            }

            var run = await page.RunAsync(command, environment);
            Assert.True(run.ExitCode == 0, $"{command}: exit code {run.ExitCode}: {run.Error}{run.Output}");
            if (command.Contains("--explain", StringComparison.Ordinal))
            {
                Assert.Contains("/app/enclave.signed", run.Output, StringComparison.Ordinal);
                Assert.Contains("(recomputed)", run.Output, StringComparison.Ordinal);
                Assert.Contains("loader of /app/hello_host", run.Output, StringComparison.Ordinal);
            }
            else if (tool == "skopeo")
            {
                Assert.Contains("\"dev.casemate.enclave.mrenclave\"", run.Output, StringComparison.Ordinal);
            }
        }

        Assert.True(page.Commands.Length >= 7, "the page has lost commands");
        Assert.True(File.Exists(Path.Combine(page.Path, "sbom.json")));
        Assert.SkipWhen(skipped.Count > 0, $"not installed: {string.Join(", ", skipped)}");
    }

    [Fact]
    public async Task CasematesOwnImage_IsPackedAsThePagesSay()
    {
        var published = PublishedProgram.PathOrSkip();
        using var page = await PageCommands.ReadAsync("docs/images.md");
        foreach (var (file, count) in new[] { ("images.md", 1), ("node.md", 2) })
        {
            var text = await File.ReadAllTextAsync(Path.Combine(RepositoryPaths.Root, "docs", file), TestContext.Current.CancellationToken);
            var lines = text.Split('\n').Where(line => line.StartsWith("casemate image pack --self ", StringComparison.Ordinal)).ToList();
            Assert.Equal(count, lines.Count);
            foreach (var line in lines)
            {
                var run = await page.RunAsync(
                    line.Replace("artifacts/publish/casemate", published, StringComparison.Ordinal), EnvironmentOf(page));
                Assert.True(run.ExitCode == 0, $"{line}: {run.Error}");
            }
        }

        Assert.True(File.Exists(Path.Combine(page.Path, "casemate.tar")));
    }

    private static async Task BuildAsync(PageCommands page)
    {
        Directory.CreateDirectory(Path.Combine(page.Path, "host"));
        Directory.CreateDirectory(Path.Combine(page.Path, "enclave"));
        var compiled = await ChildProgram.RunAsync(
            "/usr/bin/gcc", ["-x", "c", "-", "-o", "host/hello_host"],
            "#include <stdio.h>\nint main(void) { return puts(\"hello\") < 0; }"u8.ToArray(),
            directory: page.Path);
        Assert.True(compiled.ExitCode == 0, compiled.Error);
        using var key = EnclaveSigningKey.FromPem(TestEnclaveKey.Pem, needsPrivate: true);
        await File.WriteAllBytesAsync(
            Path.Combine(page.Path, "enclave", "enclave.signed"),
            EnclaveSigning.Prepare(new OpenEnclaveSample().ToBytes(), new DateOnly(2026, 1, 2)).Sign(key),
            TestContext.Current.CancellationToken);
    }

    private static Dictionary<string, string?> EnvironmentOf(PageCommands page) => new()
    {
        ["PATH"] = $"{page.Path}:{Environment.GetEnvironmentVariable("PATH")}",
        ["SOURCE_DATE_EPOCH"] = null,
    };
}
