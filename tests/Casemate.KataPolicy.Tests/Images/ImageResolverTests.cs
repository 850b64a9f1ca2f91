using Casemate.KataPolicy.Images;
using Casemate.Oci;
using Casemate.Oci.Documents;
using Casemate.Oci.Layers;
using Casemate.Testing;

namespace Casemate.KataPolicy.Tests.Images;

/// <summary>What is found out about images, and what is not believed.</summary>
public sealed class ImageResolverTests : IDisposable
{
    private const string Reference = "registry.example/app:1";

    private static readonly ContainerConfig s_config = new()
    {
        User = "web",
        Env = ["A=1"],
        Entrypoint = ["/app"],
        Cmd = ["serve"],
        WorkingDir = "/srv",
        Volumes = ["/b", "/a"],
        StopSignal = "SIGINT",
    };

    private static readonly LayerFile[] s_base =
        [SampleImage.File("etc/passwd", "root:x:0:0\nweb:x:101:102\n"), SampleImage.File("etc/group", "wheel:x:10:web\n"),
            SampleImage.File("app", "code")];

    private readonly string _directory = Directory.CreateTempSubdirectory("casemate-images-").FullName;

    private string Layout => Path.Combine(_directory, "layout");

    private string Cache => Path.Combine(_directory, "cache");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private ImageResolver Resolver(bool cached = false, bool mapped = true) => new(new ImageResolverOptions
    {
        Locations = mapped ? new Dictionary<string, string> { [Reference] = $"oci:{Layout}:1" } : new Dictionary<string, string>(),
        Cache = cached ? new ImageFactsDirectory(Cache) : null,
    });

    private static Task<ImageFacts> Find(ImageResolver resolver, string reference = Reference, ImageForm? form = ImageForm.GuestPull) =>
        resolver.FindAsync(reference, form, TestContext.Current.CancellationToken);

    [Fact]
    public async Task FindsHowAnImageStarts_AndWhoItsUsersAre()
    {
        var manifest = await SampleImage.WriteAsync(Layout, "1", s_config, s_base);

        var facts = await Find(Resolver());

        Assert.Equal(manifest.Digest, facts.ManifestDigest);
        Assert.Equal($"registry.example/app@{manifest.Digest}", facts.ByDigest);
        Assert.Equal("web", facts.Start.User);
        Assert.Equal(["/app"], facts.Start.Entrypoint);
        Assert.Equal(["serve"], facts.Start.Cmd);
        Assert.Equal(["/a", "/b"], facts.Start.Volumes);
        Assert.Equal([new PasswdEntry("root", 0, 0), new("web", 101, 102)], facts.Start.Users);
        Assert.Equal("wheel", Assert.Single(facts.Start.Groups).Name);
        Assert.Empty(facts.Start.Gaps);
        Assert.False(facts.HasMadeManifest);
        Assert.Single(facts.DiffIds);
        Assert.Empty(facts.Layers);
    }

    [Fact]
    public async Task TakesUsersFromTheTopMostLayerThatHasThem()
    {
        await SampleImage.WriteAsync(
            Layout, "1", s_config, s_base, [SampleImage.File("etc/passwd", "new:x:5:6\n")], [SampleImage.File("other", "")]);

        var facts = await Find(Resolver());

        Assert.Equal([new PasswdEntry("new", 5, 6)], facts.Start.Users);
        Assert.Equal("wheel", Assert.Single(facts.Start.Groups).Name);
    }

    [Fact]
    public async Task KnowsNoUsers_WhenALayerRemovesThem()
    {
        await SampleImage.WriteAsync(Layout, "1", s_config, s_base, [LayerFile.Whiteout("etc/passwd")]);

        Assert.Empty((await Find(Resolver())).Start.Users);
    }

    [Fact]
    public async Task SaysThatALinkWasNotRead()
    {
        await SampleImage.WriteAsync(Layout, "1", s_config, [LayerFile.SymbolicLink("etc/passwd", "/nix/passwd")]);

        Assert.Contains("/etc/passwd", Assert.Single((await Find(Resolver())).Start.Gaps), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ComputesRoots_WhereTheHostAttachesLayers()
    {
        await SampleImage.WriteAsync(Layout, "1", s_config, s_base, [SampleImage.File("other", "")]);

        var facts = await Find(Resolver(), form: ImageForm.HostTarfsVerity);

        Assert.Equal(2, facts.Layers.Length);
        Assert.Equal(facts.DiffIds[0].Hex, facts.Layers[0].Id);
        Assert.All(facts.Layers, layer => Assert.Equal((64, 64), (layer.Id.Length, layer.RootHash.Length)));
        Assert.Equal(2, facts.Start.Users.Length);
    }

    [Fact]
    public async Task NeedsTheLayoutNoMore_ForADigestThatIsKept()
    {
        var manifest = await SampleImage.WriteAsync(Layout, "1", s_config, s_base);
        var first = await Find(Resolver(cached: true));
        Directory.Delete(Layout, recursive: true);

        var again = await Find(Resolver(cached: true, mapped: false), $"registry.example/app@{manifest.Digest}");

        Assert.Equal(first.Start.Users, again.Start.Users);
        Assert.Equal(first.ConfigDigest, again.ConfigDigest);
    }

    [Fact]
    public async Task DoesNotBelieveACacheThatWasChanged()
    {
        var manifest = await SampleImage.WriteAsync(Layout, "1", s_config, s_base);
        _ = await Find(Resolver(cached: true));
        foreach (var kept in Directory.GetFiles(Path.Combine(Cache, "documents")))
        {
            var bytes = await File.ReadAllBytesAsync(kept, TestContext.Current.CancellationToken);
            bytes[^3] ^= 1;
            await File.WriteAllBytesAsync(kept, bytes, TestContext.Current.CancellationToken);
        }

        Assert.Equal(manifest.Digest, (await Find(Resolver(cached: true))).ManifestDigest);
        _ = await Assert.ThrowsAsync<OciException>(
            () => Find(Resolver(cached: true, mapped: false), $"registry.example/app@{manifest.Digest}"));
    }

    [Fact]
    public async Task ReadsADamagedLayerRecordAgain()
    {
        await SampleImage.WriteAsync(Layout, "1", s_config, s_base);
        _ = await Find(Resolver(cached: true));
        foreach (var kept in Directory.GetFiles(Path.Combine(Cache, "layers")))
        {
            await File.WriteAllTextAsync(kept, "{\"version\":1}", TestContext.Current.CancellationToken);
        }

        Assert.Equal(2, (await Find(Resolver(cached: true))).Start.Users.Length);
    }

    [Fact]
    public async Task RefusesAnotherImageThanThePodsDigest()
    {
        await SampleImage.WriteAsync(Layout, "1", s_config, s_base);
        var wanted = $"registry.example/app@{Digest.Of("other"u8)}";
        var resolver = new ImageResolver(
            new ImageResolverOptions { Locations = new Dictionary<string, string> { [wanted] = $"oci:{Layout}:1" } });

        Assert.Equal(OciError.DigestMismatch, (await Assert.ThrowsAsync<OciException>(() => Find(resolver, wanted))).Error);
    }

    [Fact]
    public async Task RefusesAnImageForAnotherProcessor()
    {
        await SampleImage.WriteAsync(Layout, "1", s_config, s_base);
        var resolver = new ImageResolver(new ImageResolverOptions
        {
            Locations = new Dictionary<string, string> { [Reference] = $"oci:{Layout}:1" },
            Platform = new Platform("linux", "arm64"),
        });

        var failure = await Assert.ThrowsAsync<OciException>(() => Find(resolver));
        Assert.Equal(OciError.Unsupported, failure.Error);
        Assert.Contains("has an image for linux/amd64, and the guest's platform is linux/arm64", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RefusesALayerThatWasChanged()
    {
        await SampleImage.WriteAsync(Layout, "1", s_config, s_base);
        var largest = Directory.GetFiles(Path.Combine(Layout, "blobs", "sha256")).First(
            path => File.ReadAllBytes(path) is [0x1F, 0x8B, ..]);
        var bytes = await File.ReadAllBytesAsync(largest, TestContext.Current.CancellationToken);
        bytes[^1] ^= 1;
        await File.WriteAllBytesAsync(largest, bytes, TestContext.Current.CancellationToken);

        _ = await Assert.ThrowsAsync<OciException>(() => Find(Resolver()));
    }

    [Fact]
    public async Task SaysHowToNameAnImage_WhereNoRegistryIsReached()
    {
        var failure = await Assert.ThrowsAsync<OciException>(() => Find(Resolver(mapped: false)));

        Assert.Contains("--image registry.example/app:1=oci:", failure.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TakesAnotherSpellingOfAReferenceAsTheSame()
    {
        await SampleImage.WriteAsync(Layout, "latest", s_config, s_base);
        var resolver = new ImageResolver(
            new ImageResolverOptions { Locations = new Dictionary<string, string> { ["app"] = $"oci:{Layout}:latest" } });

        Assert.Equal("web", (await Find(resolver, "docker.io/library/app:latest")).Start.User);
    }
}
