using System.Text.Json;
using Casemate.Oci;
using Casemate.Oci.Building;
using Casemate.Oci.Documents;
using Casemate.Oci.Layers;
using Casemate.Oci.Layout;
using Casemate.Testing;
using Casemate.Testing.Enclaves;

namespace Casemate.Cli.Tests.Image;

/// <summary><c>casemate image enclave</c>: what it prints, what it refuses, and that it leaves nothing half-written.</summary>
public sealed class EnclaveImageCommandTests : IAsyncLifetime, IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public async ValueTask InitializeAsync()
    {
        GramineSample.WriteRuntime(In("gramine"));
        File.WriteAllText(In("key.pem"), TestEnclaveKey.Pem);
        await WriteImageAsync("1", new ContainerConfig { Entrypoint = ["app"], Other = Parse("""{"Healthcheck":{"Test":["CMD","x"]}}""") });
        await WriteImageAsync("empty", new ContainerConfig());
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Converts_AndSaysWhatItMeasures()
    {
        var run = Run("1", "--key", In("key.pem"), "--out", $"oci:{In("out")}:e", "-o", "json");

        Assert.Equal(ExitCode.Success, run.ExitCode);
        using var json = JsonDocument.Parse(run.Output);
        Assert.Equal(64, json.RootElement.GetProperty("mrEnclave").GetString()!.Length);
        Assert.Equal(json.RootElement.GetProperty("mrEnclave").GetString(),
            json.RootElement.GetProperty("labels").GetProperty("dev.casemate.enclave.mrenclave").GetString());
        Assert.Equal("/gramine/lib/direct/loader", json.RootElement.GetProperty("directEntrypoint")[0].GetString());
        Assert.Contains("health check", run.Output, StringComparison.Ordinal);
        var table = Run("1", "--key", In("key.pem"), "--out", $"oci-archive:{In("out.tar")}:e");
        Assert.Contains(json.RootElement.GetProperty("digest").GetString()!, table.Output, StringComparison.Ordinal);
        Assert.Contains("/dev/sgx_enclave", table.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task GramineFromAnImage_IsTheSame()
    {
        var first = Run("1", "--key", In("key.pem"), "--out", $"oci:{In("one")}:e", "-o", "json");
        await WriteRuntimeImageAsync();

        var second = CommandLine.Run(
            "image", "enclave", $"oci:{In("app")}:1", "--gramine", $"oci:{In("runtime")}:g", "--gramine-release", "1.8", "--key",
                In("key.pem"),
            "--out", $"oci:{In("two")}:e", "-o", "json");

        Assert.Equal(ExitCode.Success, second.ExitCode);
        Assert.Equal(DigestOf(first), DigestOf(second));
    }

    [Fact]
    public void AnUnknownRelease_IsRefused_WithTheKnownOnes_AndNothingIsWritten()
    {
        var unnamed = CommandLine.Run(
            "image", "enclave", $"oci:{In("app")}:1", "--gramine", In("gramine"), "--key", In("key.pem"), "--out", $"oci:{In("out")}:e");
        var unknown = CommandLine.Run(
            "image", "enclave", $"oci:{In("app")}:1", "--gramine", In("gramine"), "--gramine-release", "9.9", "--key", In("key.pem"),
                "--out", $"oci:{In("out")}:e");

        foreach (var run in (CommandLine[])[unnamed, unknown])
        {
            Assert.Equal(ExitCode.Refused, run.ExitCode);
            Assert.Contains("not recomputable with this release", run.Error, StringComparison.Ordinal);
            Assert.Contains("1.8", run.Error, StringComparison.Ordinal);
        }

        Assert.False(Directory.Exists(In("out")));
    }

    [Fact]
    public void AnImageThatSaysNothingOfACommand_IsRefused_UntilOneIsGiven()
    {
        var refused = Run("empty", "--key", In("key.pem"), "--out", $"oci:{In("out")}:e");

        Assert.Equal(ExitCode.BadInput, refused.ExitCode);
        Assert.Contains("neither entrypoint nor command", refused.Error, StringComparison.Ordinal);
        Assert.Equal(
            ExitCode.Success, Run("empty", "--arg", "/usr/bin/app", "--key", In("key.pem"), "--out", $"oci:{In("out")}:e").ExitCode);
    }

    [Fact]
    public void InsecureSettings_AreRefused()
    {
        File.WriteAllText(In("overlay.toml"), "sgx.allowed_files = [\"file:/srv/\"]");

        var run = Run("1", "--manifest-overlay", In("overlay.toml"), "--key", In("key.pem"), "--out", $"oci:{In("out")}:e");

        Assert.Equal(ExitCode.Refused, run.ExitCode);
        Assert.Contains("sgx.allowed_files", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--out", "oci:x:e")]
    [InlineData("--key", "k", "--emit-tbs", "t")]
    [InlineData("--key", "k")]
    [InlineData("--key", "k", "--out", "registry.example/app:1")]
    [InlineData("--attach-signature", "s", "--out", "oci:x:e")]
    [InlineData("--emit-tbs", "t", "--enclave-size", "many")]
    [InlineData("--emit-tbs", "t", "--enclave-size", "3M")]
    [InlineData("--emit-tbs", "t", "--svn", "70000")]
    [InlineData("--emit-tbs", "t", "--encrypted", "/data")]
    [InlineData("--emit-tbs", "t", "--passthrough", "LD_PRELOAD")]
    [InlineData("--emit-tbs", "t", "--date", "today")]
    public void Refuses_AWrongCommandLine(params string[] arguments)
    {
        var run = Run("1", [.. arguments.Select(word => word == "t" ? In("t") : word)]);

        Assert.Equal(ExitCode.Usage, run.ExitCode);
        Assert.False(File.Exists(In("t")));
    }

    [Fact]
    public void Refuses_AKeyThatCannotSignEnclaves_AndSaysNothingOfIt()
    {
        File.WriteAllText(In("wrong.pem"), "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n");

        var run = Run("1", "--key", In("wrong.pem"), "--out", $"oci:{In("out")}:e");

        Assert.Equal(ExitCode.BadInput, run.ExitCode);
        Assert.DoesNotContain("c2VjcmV0", run.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(In("out")));
    }

    private static string DigestOf(CommandLine run)
    {
        using var json = JsonDocument.Parse(run.Output);
        return json.RootElement.GetProperty("digest").GetString()!;
    }

    private static Dictionary<string, JsonElement> Parse(string json) =>
        JsonDocument.Parse(json).RootElement.EnumerateObject().ToDictionary(member => member.Name, member => member.Value);

    private CommandLine Run(string tag, params string[] arguments) => CommandLine.Run(
        ["image", "enclave", $"oci:{In("app")}:{tag}", "--gramine", In("gramine"), "--gramine-release", "1.8", .. arguments]);

    private string In(string name) => Path.Combine(_directory.Path, name);

    private async Task WriteImageAsync(string tag, ContainerConfig config)
    {
        var builder = new ImageBuilder(OciLayout.OpenOrCreate(In("app")));
        await builder.AddLayerAsync(
            GramineSample.Application.Select(file => file.Value is string target
                ? LayerFile.SymbolicLink(file.Key, target) : LayerFile.File(file.Key, ContentSource.FromBytes((byte[])file.Value), 0x1ED)),
            "base", compress: true, TestContext.Current.CancellationToken);
        await builder.CompleteAsync(
            new ImageConfig { Platform = Platform.LinuxAmd64, DiffIds = [], Config = config }, null, tag,
                TestContext.Current.CancellationToken);
    }

    private async Task WriteRuntimeImageAsync()
    {
        var builder = new ImageBuilder(OciLayout.OpenOrCreate(In("runtime")));
        await builder.AddLayerAsync(
            GramineSample.Runtime.Select(file => LayerFile.File(
                "/usr/lib/x86_64-linux-gnu/gramine/" + file.Key, ContentSource.FromBytes(file.Value),
                    file.Key.EndsWith("loader", StringComparison.Ordinal) ? 0x1ED : 0x1A4)),
            "gramine", compress: true, TestContext.Current.CancellationToken);
        await builder.CompleteAsync(null, null, "g", TestContext.Current.CancellationToken);
    }
}
