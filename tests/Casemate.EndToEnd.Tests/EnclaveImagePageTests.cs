using Casemate.Testing;
using Casemate.Testing.Enclaves;

namespace Casemate.EndToEnd.Tests;

/// <summary>Every command of docs/images-gramine.md, as it is written there and in its order, with a stand-in for Gramine.</summary>
public sealed class EnclaveImagePageTests
{
    [Fact]
    public async Task CommandsOfThePage_DoWhatItSays()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/openssl") && File.Exists("/usr/bin/python3"), "openssl or python3 is not installed");
        using var page = await PageCommands.ReadAsync("docs/images-gramine.md");
        await PrepareAsync(page);
        foreach (var command in page.Commands)
        {
            var run = await page.RunAsync(command, EnvironmentOf(page));
            Assert.True(run.ExitCode == 0, $"{command}: exit code {run.ExitCode}: {run.Error}{run.Output}");
            if (command.Contains("overlay.toml --manifest-out", StringComparison.Ordinal))
            {
                Assert.Contains("the overlay replaces sgx.max_threads = 16 by 32", run.Error, StringComparison.Ordinal);
            }
            else if (command.Contains("inspect", StringComparison.Ordinal))
            {
                Assert.Contains("dev.casemate.enclave.mrenclave", run.Output, StringComparison.Ordinal);
            }
        }

        Assert.True(page.Commands.Length >= 12, "the page has lost commands");
        var manifest = await File.ReadAllTextAsync(Path.Combine(page.Path, "app.manifest"), TestContext.Current.CancellationToken);
        Assert.Contains("max_threads = 32", manifest, StringComparison.Ordinal);
    }

    // The application's image: the sample's files, packed.
    private static async Task PrepareAsync(PageCommands page)
    {
        GramineSample.WriteRuntime(Path.Combine(page.Path, "gramine"));
        GramineSample.WriteApplication(Path.Combine(page.Path, "rootfs"));
        var packed = await page.RunAsync(
            "casemate image pack --root rootfs --include /srv/data --include /lib64 --out oci:app:1 -- /usr/bin/app", EnvironmentOf(page));
        Assert.True(packed.ExitCode == 0, packed.Error);
    }

    private static Dictionary<string, string?> EnvironmentOf(PageCommands page) => new()
    {
        ["PATH"] = $"{page.Path}:{Environment.GetEnvironmentVariable("PATH")}",
        ["SOURCE_DATE_EPOCH"] = null,
    };
}
