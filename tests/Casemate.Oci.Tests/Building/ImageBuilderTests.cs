using System.Text;
using System.Text.Json;
using Casemate.Oci.Building;
using Casemate.Oci.Diff;
using Casemate.Oci.Documents;
using Casemate.Oci.Files;
using Casemate.Oci.Layers;
using Casemate.Oci.Layout;
using Casemate.Testing;

namespace Casemate.Oci.Tests.Building;

/// <summary>Building images, and comparing them.</summary>
public sealed class ImageBuilderTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task TheSameImage_HasTheSameDigest_InEveryPlace()
    {
        var first = await BuildAsync(OciLayout.OpenOrCreate(Path.Combine(_directory.Path, "one")), "x");
        var second = await BuildAsync(OciLayout.OpenOrCreate(Path.Combine(_directory.Path, "another/place")), "x");
        await using var archive = new OciArchiveTarget(Path.Combine(_directory.Path, "a.tar"));
        var third = await BuildAsync(archive, "x");

        Assert.Equal(first.Digest, second.Digest);
        Assert.Equal(first.Digest, third.Digest);
        Assert.NotEqual(first.Digest, (await BuildAsync(OciLayout.OpenOrCreate(Path.Combine(_directory.Path, "one")), "y")).Digest);
    }

    [Fact]
    public async Task TheImage_IsWhatWasAskedFor()
    {
        var layout = OciLayout.OpenOrCreate(Path.Combine(_directory.Path, "one"));
        await BuildAsync(layout, "x", 1_700_000_000);
        var image = await Image.FindAsync(layout, "v1", null, null, default);
        using var files = await ImageFileSystem.OpenAsync(image, null, default);

        Assert.Equal("2023-11-14T22:13:20Z", image.Config.Created);
        Assert.Equal("b", image.Manifest.Annotations["a"]);
        Assert.Equal("l", image.Config.Config.Labels["k"]);
        Assert.Equal(["base", "app"], image.Config.History.Select(entry => entry.CreatedBy));
        Assert.Equal("x", Encoding.UTF8.GetString(files.ReadAllBytes(files.Find("/app")!, 10)));
        Assert.All(files.Entries, entry => Assert.Equal(1_700_000_000, entry.ModifiedSeconds));
        Assert.Equal(Platform.LinuxAmd64, (await layout.ResolveAsync("v1", default)).Platform);
    }

    [Fact]
    public async Task ABase_KeepsItsLayers_AndGetsMore()
    {
        var layout = OciLayout.OpenOrCreate(Path.Combine(_directory.Path, "one"));
        await BuildAsync(layout, "x");
        var below = await Image.FindAsync(layout, "v1", null, null, default);
        var builder = new ImageBuilder(OciLayout.OpenOrCreate(Path.Combine(_directory.Path, "two")));

        await builder.AddBaseAsync(below, default);
        await builder.AddLayerAsync([LayerFile.Whiteout("app")], "remove", true, default);
        await builder.CompleteAsync(below.Config, null, "v2", default);
        var image = await Image.FindAsync(OciLayout.Open(Path.Combine(_directory.Path, "two")), "v2", null, null, default);
        using var files = await ImageFileSystem.OpenAsync(image, null, default);

        Assert.Equal(3, image.Manifest.Layers.Count);
        Assert.Equal(below.Config.DiffIds, image.Config.DiffIds.Take(2));
        Assert.Null(files.Find("/app"));
        Assert.NotNull(files.Find("/lib/libc"));
        Assert.Equal(["/bin/app"], image.Config.Config.Entrypoint);
    }

    [Theory]
    [InlineData(null, 0)]
    [InlineData("", 0)]
    [InlineData("1700000000", 1_700_000_000)]
    public void SourceDateEpoch_IsSeconds(string? value, long seconds) => Assert.Equal(seconds, ImageBuilder.ReadSourceDateEpoch(value));

    [Theory]
    [InlineData("-1")]
    [InlineData("now")]
    [InlineData("99999999999")]
    public void Refuses_AnotherSourceDateEpoch(string value) => Assert.Throws<FormatException>(() => ImageBuilder.ReadSourceDateEpoch(value));

    [Fact]
    public async Task TwoImages_DifferInWhatDiffers()
    {
        var layout = OciLayout.OpenOrCreate(Path.Combine(_directory.Path, "one"));
        await BuildAsync(layout, "x");
        var before = await Image.FindAsync(layout, "v1", null, null, default);
        var builder = new ImageBuilder(layout);
        await builder.AddBaseAsync(before, default);
        await builder.AddLayerAsync([LayerFile.File("app", Content("yy"), 0x1ED), LayerFile.File("new", Content("n")), LayerFile.Whiteout("lib/libc")], "more", true, default);
        await builder.CompleteAsync(
            before.Config with { Config = before.Config.Config with { User = "0", Env = ["A=1"], Labels = new Dictionary<string, string>() } },
            new Dictionary<string, string> { ["a"] = "c" }, "v2", default);
        var after = await Image.FindAsync(layout, "v2", null, null, default);

        var diff = await ImageDiff.CompareAsync(before, after, null, default);

        Assert.Equal(
            [new("annotation a", "b", "c"), new("env A", null, "1"), new("label k", "l", null), new("user", "65532", "0")], diff.Settings);
        Assert.Equal([("/app", ChangeKind.Changed), ("/lib/libc", ChangeKind.Removed), ("/new", ChangeKind.Added)], diff.Files.Select(f => (f.Path, f.Kind)));
        Assert.Equal((1, 2, Digest.Of("yy"u8)), (diff.Files[0].Before!.Size, diff.Files[0].After!.Size, diff.Files[0].After!.Digest));
        Assert.Equal((ChangeKind.Added, 3), (Assert.Single(diff.Layers).Kind, diff.Layers[0].Number));
        Assert.True((await ImageDiff.CompareAsync(before, before, null, default)).IsEmpty);
    }

    [Fact]
    public async Task Skopeo_UnderstandsTheImage()
    {
        Assert.SkipWhen(!File.Exists("/usr/bin/skopeo"), "skopeo is not installed");
        await BuildAsync(OciLayout.OpenOrCreate(Path.Combine(_directory.Path, "one")), "x");

        var inspected = await ChildProgram.RunAsync("skopeo", ["inspect", $"oci:{_directory.Path}/one:v1"]);

        Assert.Equal("", inspected.Error);
        using var json = JsonDocument.Parse(inspected.Output);
        Assert.Equal("l", json.RootElement.GetProperty("Labels").GetProperty("k").GetString());
        Assert.StartsWith("1970-01-01T00:00:00", json.RootElement.GetProperty("Created").GetString());
    }

    private static ContentSource Content(string text) => ContentSource.FromBytes(Encoding.UTF8.GetBytes(text));

    private static async Task<Descriptor> BuildAsync(IImageTarget target, string content, long created = 0)
    {
        var builder = new ImageBuilder(target, created);
        await builder.AddLayerAsync([LayerFile.File("lib/libc", Content("libc"))], "base", true, default);
        await builder.AddLayerAsync([LayerFile.File("app", Content(content), 0x1ED)], "app", true, default);
        return await builder.CompleteAsync(
            new ImageConfig
            {
                Platform = Platform.LinuxAmd64,
                DiffIds = [],
                Config = new ContainerConfig { User = "65532", Entrypoint = ["/bin/app"], Labels = new Dictionary<string, string> { ["k"] = "l" } },
            },
            new Dictionary<string, string> { ["a"] = "b" }, "v1", default);
    }
}
