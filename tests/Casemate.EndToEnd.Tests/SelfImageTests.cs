using System.Text.Json;
using Casemate.Testing;

namespace Casemate.EndToEnd.Tests;

/// <summary>
/// Casemate's own image, packed by the published program of itself and unpacked by <c>tar</c>. The build machine publishes and then runs
/// these with <c>CASEMATE_TEST_PROGRAM</c>; without a published program there is nothing to pack.
/// </summary>
public sealed class SelfImageTests : IDisposable
{
    private const long MaxBytes = 120L * 1024 * 1024;
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Image_IsSmall_AndItsProgramRunsInItAlone()
    {
        var image = await PackAsync();
        Assert.True(image.Size < MaxBytes, $"{image.Size} bytes");
        Assert.SkipUnless(await UnpackedImage.CanRunAsync(), "programs cannot be run in another root here");

        await SaysAsync(image, "casemate ", "/usr/bin/casemate", "version");
        await SaysAsync(image, "Azure Standard_DC48s_v3", "/usr/bin/casemate", "node", "describe", "--simulate", "dc48s_v3");
        await SaysAsync(image, "casemate ", "/usr/bin/casemate", "run", "--guest-port", "0", "--", "/usr/bin/casemate", "version");

        // The TLS library is there: nobody listens, and that is all that is wrong.
        var fetch = await image.RunAsync(
            "/usr/bin/casemate", "collateral", "fetch", "--dir", "/tmp/collateral", "--fmspc", "00906ed50000", "--source",
            "https://127.0.0.1:9/sgx/certification/v4/");
        Assert.True(fetch.ExitCode == 4, fetch.Error);
    }

    [Fact]
    public async Task Image_StartsCasemate_AsNobody()
    {
        var image = await PackAsync();

        Assert.Equal(["/usr/bin/casemate"], image.Words("Entrypoint"));
        Assert.Equal("65532:65532", image.Config.GetProperty("User").GetString());
        Assert.Equal("casemate", image.Config.GetProperty("Labels").GetProperty("org.opencontainers.image.title").GetString());
        Assert.True(File.Exists(Path.Combine(image.Root, "etc/ssl/certs/ca-certificates.crt"))
            || !File.Exists("/etc/ssl/certs/ca-certificates.crt"));
    }

    private async Task<UnpackedImage> PackAsync()
    {
        var published = PublishedProgram.PathOrSkip();
        var layout = _directory.File("image");
        var packed = await ChildProgram.RunAsync(published,
            ["image", "pack", "--self", "--out", $"oci:{layout}:1", "-o", "json"]);
        Assert.True(packed.ExitCode == 0, packed.Error);
        using var document = JsonDocument.Parse(packed.Output);
        Assert.StartsWith("sha256:", document.RootElement.GetProperty("digest").GetString(), StringComparison.Ordinal);
        return await UnpackedImage.OfAsync(layout, _directory.File("root"));
    }

    private static async Task SaysAsync(UnpackedImage image, string expected, params string[] command)
    {
        var run = await image.RunAsync(command);
        Assert.True(run.ExitCode == 0, $"{string.Join(' ', command)}: exit code {run.ExitCode}: {run.Error}");
        Assert.Contains(expected, run.Output, StringComparison.Ordinal);
    }
}
