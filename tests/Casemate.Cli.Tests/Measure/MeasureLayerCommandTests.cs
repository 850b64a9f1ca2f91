using System.Formats.Tar;
using System.Text.Json;
using Casemate.Testing;
using Casemate.Testing.Registry;

namespace Casemate.Cli.Tests.Measure;

/// <summary><c>casemate measure layer</c> against a registry on loopback.</summary>
public sealed class MeasureLayerCommandTests : IAsyncLifetime, IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly TestRegistry _registry = new();

    public MeasureLayerCommandTests() => _registry.Repository("team/app").AddImage("1", Tar(("etc/passwd", "root"), ("lib", new string('l', 9000))), Tar(("app", new string('a', 9000))));

    private string Image => $"{_registry.Host}/team/app:1";

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync() => await _registry.DisposeAsync();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("tarfs")]
    [InlineData("tarfs-v1")]
    [InlineData("ext4")]
    public void EveryLayer_HasARoot_AndTheCacheSaysTheSame(string profile)
    {
        using var first = JsonDocument.Parse(Run(Image, "--profile", profile, "-o", "json").Output);
        var again = Run(Image, "--profile", profile);

        var layers = first.RootElement.GetProperty("layers").EnumerateArray().ToList();
        Assert.Equal(2, layers.Count);
        Assert.Equal(layers[0].GetProperty("diffId").GetString(), layers[0].GetProperty("chainId").GetString());
        Assert.NotEqual(layers[1].GetProperty("diffId").GetString(), layers[1].GetProperty("chainId").GetString());
        Assert.Equal(0, again.ExitCode);
        Assert.All(layers, layer => Assert.Contains(layer.GetProperty("rootHash").GetString()!, again.Output, StringComparison.Ordinal));
        Assert.Contains("known", again.Error, StringComparison.Ordinal);
        Assert.Equal(2, Directory.GetFiles(_directory.File("layers")).Length);
    }

    [Theory]
    [InlineData("tarfs")]
    [InlineData("ext4")]
    public void Zstd_GivesTheSameRoots(string profile)
    {
        byte[][] layers = [Tar(("app", new string('a', 9000))), Tar(("lib", "x"))];
        _registry.Repository("team/app").AddImage("plain", layers);
        _registry.Repository("team/app").AddImage(
            "zstd", "amd64", layers, "application/vnd.oci.image.layer.v1.tar+zstd", layer => StoredZstandard.Of(layer));

        var plain = Roots("plain");
        var zstd = Roots("zstd");

        Assert.Equal(2, plain.Length);
        Assert.Equal(plain, zstd);

        string[] Roots(string tag)
        {
            using var json = JsonDocument.Parse(Run($"{_registry.Host}/team/app:{tag}", "--no-layer-cache", "--profile", profile, "-o", "json").Output);
            return [.. json.RootElement.GetProperty("layers").EnumerateArray().Select(layer => layer.GetProperty("rootHash").GetString()!)];
        }
    }

    [Fact]
    public void WithoutACache_NothingIsKept()
    {
        var run = Run(Image, "--no-layer-cache");

        Assert.Equal(0, run.ExitCode);
        Assert.Contains("hashed", run.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_directory.File("layers")));
    }

    [Fact]
    public void SaysWhatIsWrong()
    {
        Assert.Equal(ExitCode.Usage, Run(Image, "--profile", "squashfs").ExitCode);
        Assert.Equal(ExitCode.BadInput, Run($"{_registry.Host}/team/app:2").ExitCode);

        _registry.Repository("team/odd").AddImage("1", Tar(("d/f", "no entry for d")));
        var odd = Run($"{_registry.Host}/team/odd:1", "--profile", "ext4");
        Assert.Equal(ExitCode.BadInput, odd.ExitCode);
        Assert.Contains("no entry of its own", odd.Error, StringComparison.Ordinal);
        Assert.Contains("less than the 4096", Run($"{_registry.Host}/team/odd:1", "--profile", "tarfs-v1").Error, StringComparison.Ordinal);
    }

    private CommandLine Run(string image, params string[] arguments) => CommandLine.RunWith(
        new Dictionary<string, string> { ["CASEMATE_LAYER_CACHE"] = _directory.File("layers") }, [], false,
        ["measure", "layer", image, "--plain-http", _registry.Host, .. arguments]);

    private static byte[] Tar(params (string Path, string Content)[] files)
    {
        var archive = new MemoryStream();
        using (var writer = new TarWriter(archive, TarEntryFormat.Ustar, leaveOpen: true))
        {
            writer.WriteEntry(new UstarTarEntry(TarEntryType.Directory, "etc/"));
            foreach (var (path, content) in files)
            {
                writer.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, path) { DataStream = new MemoryStream(System.Text.Encoding.UTF8.GetBytes(content)) });
            }
        }

        return archive.ToArray();
    }
}
