using System.Text;
using Casemate.Oci.Documents;
using Casemate.Oci.Layout;
using Casemate.Testing;

namespace Casemate.Oci.Tests.Layout;

/// <summary>Images in a directory: OCI Image Format Specification 1.1, image-layout.md.</summary>
public sealed class OciLayoutTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task WhatIsWritten_IsFoundByTag_ByDigest_AndAsTheOnlyOne()
    {
        var layout = New();
        var descriptor = await SampleImage.WriteAsync(layout, "1.0");
        var again = OciLayout.Open(Root);

        Assert.True(descriptor.SameContent(await again.ResolveAsync("1.0", default)));
        Assert.True(descriptor.SameContent(await again.ResolveAsync(descriptor.Digest.Text, default)));
        Assert.True(descriptor.SameContent(await again.ResolveAsync(null, default)));
        Assert.Equal(["/app"], (await SampleImage.ReadAsync(again, "1.0")).Config.Config.Cmd);
        Assert.Equal(["blobs", "index.json", "oci-layout"], Directory.GetFileSystemEntries(Root).Select(Path.GetFileName).Where(n => n != ".lock").Order());
        Assert.DoesNotContain(Directory.GetFiles(Path.Combine(Root, "blobs", "sha256")), file => Path.GetFileName(file).StartsWith('.'));
    }

    [Fact]
    public async Task ATag_MeansTheLastThatWasTagged()
    {
        var layout = New();
        var first = await SampleImage.WriteAsync(layout, "a", "1");
        await SampleImage.WriteAsync(layout, "b", "1");
        var second = await SampleImage.WriteAsync(layout, "a", "2");

        Assert.Equal(second.Digest, (await layout.ResolveAsync("a", default)).Digest);
        Assert.Equal(first.Digest, (await layout.ResolveAsync("b", default)).Digest);
        Assert.Equal(2, layout.Manifests.Count);
    }

    [Fact]
    public async Task ANameThatIsMissing_IsToldWithThoseThatAreThere()
    {
        var layout = New();
        Assert.Equal(OciError.NotFound, (await Assert.ThrowsAsync<OciException>(() => layout.ResolveAsync(null, default))).Error);
        await SampleImage.WriteAsync(layout, "a", "1");
        await SampleImage.WriteAsync(layout, "b", "2");

        var none = await Assert.ThrowsAsync<OciException>(() => layout.ResolveAsync("c", default));
        var several = await Assert.ThrowsAsync<OciException>(() => layout.ResolveAsync(null, default));

        Assert.Equal((OciError.NotFound, "It has: a, b."), (none.Error, none.Remedy));
        Assert.Equal((OciError.InvalidReference, "Name one of: a, b."), (several.Error, several.Remedy));
    }

    [Theory]
    [InlineData("sha256-HEX.sig")]
    [InlineData("sha256-HEX.att")]
    [InlineData("sha256-HEX.sbom")]
    [InlineData("sha256-HEX")]
    public async Task WhatBelongsToAnImage_IsNoSecondImage(string tag)
    {
        var layout = New();
        var image = await SampleImage.WriteAsync(layout, "a");
        var config = Descriptor.Of(MediaTypes.Empty, "{}"u8);
        await layout.WriteAsync(config, new MemoryStream("{}"u8.ToArray()), default);
        var gone = Descriptor.Of(MediaTypes.Manifest, "gone"u8);
        foreach (var subject in (Descriptor[])[image, gone])
        {
            await SampleImage.WriteManifestAsync(
                layout, new ImageManifest { Config = config, Layers = [], Subject = subject, ArtifactType = "application/x" }, null);
        }

        await SampleImage.WriteManifestAsync(
            layout, new ImageManifest { Config = config, Layers = [], ArtifactType = "application/y" }, tag.Replace("HEX", image.Digest.Hex));

        Assert.Equal(4, layout.Manifests.Count);
        Assert.Equal(image.Digest, (await layout.ResolveAsync(null, default)).Digest);

        await SampleImage.WriteAsync(layout, "sha256-other.sig", "2");
        var several = await Assert.ThrowsAsync<OciException>(() => layout.ResolveAsync(null, default));
        Assert.Equal("Name one of: a, sha256-other.sig.", several.Remedy);
    }

    [Fact]
    public async Task WithReferrersAlone_ThereIsNoImage()
    {
        var layout = New();
        var config = Descriptor.Of(MediaTypes.Empty, "{}"u8);
        await layout.WriteAsync(config, new MemoryStream("{}"u8.ToArray()), default);
        await SampleImage.WriteManifestAsync(
            layout, new ImageManifest { Config = config, Layers = [], Subject = Descriptor.Of(MediaTypes.Manifest, "gone"u8), ArtifactType = "application/x" },
            null);

        var none = await Assert.ThrowsAsync<OciException>(() => layout.ResolveAsync(null, default));

        Assert.Equal(OciError.NotFound, none.Error);
        Assert.Contains("holds no image", none.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Referrers_AreFoundBySubject_AndByTheFallbackTag()
    {
        var layout = New();
        var image = await SampleImage.WriteAsync(layout, "a");
        var config = Descriptor.Of(MediaTypes.Empty, "{}"u8);
        await layout.WriteAsync(config, new MemoryStream("{}"u8.ToArray()), default);
        var signature = await SampleImage.WriteManifestAsync(
            layout, new ImageManifest { Config = config, Layers = [], Subject = image, ArtifactType = "application/x" }, null);
        var listed = await SampleImage.WriteManifestAsync(layout, new ImageManifest { Config = config, Layers = [], ArtifactType = "application/y" }, null);
        var index = new ImageIndex { Manifests = [listed with { ArtifactType = "application/y" }] }.Write();
        var indexDescriptor = Descriptor.Of(MediaTypes.Index, index);
        await layout.WriteAsync(indexDescriptor, new MemoryStream(index), default);
        await layout.TagAsync(indexDescriptor, "sha256-" + image.Digest.Hex, default);

        var all = await layout.ReferrersAsync(image.Digest, null, default);

        Assert.Equal([listed.Digest, signature.Digest], all.Select(d => d.Digest));
        Assert.Equal(signature.Digest, Assert.Single(await layout.ReferrersAsync(image.Digest, "application/x", default)).Digest);
        Assert.Empty(await layout.ReferrersAsync(signature.Digest, null, default));
        Assert.Equal(image.Digest, (await layout.ResolveAsync("a", default)).Digest);
    }

    [Fact]
    public async Task ForTheReferrersOfManyImages_EachManifestIsReadOnce()
    {
        var layout = New();
        var image = await SampleImage.WriteAsync(layout, "a");
        var config = Descriptor.Of(MediaTypes.Empty, "{}"u8);
        await layout.WriteAsync(config, new MemoryStream("{}"u8.ToArray()), default);
        var signature = await SampleImage.WriteManifestAsync(
            layout, new ImageManifest { Config = config, Layers = [], Subject = image }, null);
        Assert.Single(await layout.ReferrersAsync(image.Digest, null, default));

        // What is about another image is not opened again: were it, its absence would be an error.
        File.Delete(Path.Combine(Root, "blobs", "sha256", signature.Digest.Hex));

        Assert.Empty(await layout.ReferrersAsync(signature.Digest, null, default));
        var failure = await Assert.ThrowsAsync<OciException>(() => layout.ReferrersAsync(image.Digest, null, default));
        Assert.Equal(OciError.NotFound, failure.Error);
    }

    [Fact]
    public async Task ContentThatIsNotThePromisedOne_LeavesNothingBehind()
    {
        var layout = New();
        var promised = Descriptor.Of("a/b", "right"u8);

        foreach (var wrong in (string[])["wrong", "righ", "right!"])
        {
            var failure = await Assert.ThrowsAsync<OciException>(
                () => layout.WriteAsync(promised, new MemoryStream(Encoding.ASCII.GetBytes(wrong)), default));
            Assert.Equal(OciError.DigestMismatch, failure.Error);
        }

        Assert.Empty(Directory.GetFiles(Path.Combine(Root, "blobs", "sha256")));
        Assert.False(await layout.ExistsAsync(promised, default));
    }

    [Fact]
    public async Task AChangedBlob_IsFoundWhenItIsRead()
    {
        var layout = New();
        var image = await SampleImage.WriteAsync(layout, "a");
        var path = Path.Combine(Root, "blobs", "sha256", image.Digest.Hex);
        File.WriteAllText(path, File.ReadAllText(path).Replace("layers", "lAyers"));

        Assert.Equal(OciError.DigestMismatch, (await Assert.ThrowsAsync<OciException>(() => SampleImage.ReadAsync(layout, "a"))).Error);
    }

    [Theory]
    [InlineData("blobs/sha256/link")]
    [InlineData("index.json")]
    [InlineData("oci-layout")]
    public async Task Refuses_SymbolicLinks(string path)
    {
        var layout = New();
        await SampleImage.WriteAsync(layout, "a");
        var outside = Path.Combine(_directory.Path, "outside");
        var content = "outside"u8.ToArray();
        File.WriteAllBytes(outside, path == "blobs/sha256/link" ? content : File.ReadAllBytes(Path.Combine(Root, path)));
        var descriptor = Descriptor.Of("a/b", content);
        var link = Path.Combine(Root, path.Replace("link", descriptor.Digest.Hex));
        File.Delete(link);
        File.CreateSymbolicLink(link, outside);

        var failure = await Assert.ThrowsAsync<OciException>(async () =>
        {
            var opened = OciLayout.Open(Root);
            await opened.ResolveAsync("a", default);
            await opened.OpenAsync(descriptor, default);
        });

        Assert.Equal(OciError.Storage, failure.Error);
        Assert.Contains("symbolic link", failure.Message);
    }

    [Fact]
    public async Task WritesNothing_ThroughALinkedDirectory()
    {
        var layout = New();
        var outside = Directory.CreateDirectory(Path.Combine(_directory.Path, "outside")).FullName;
        Directory.Delete(Path.Combine(Root, "blobs"), recursive: true);
        Directory.CreateSymbolicLink(Path.Combine(Root, "blobs"), outside);

        await Assert.ThrowsAsync<OciException>(() => SampleImage.WriteAsync(layout, "a"));

        Assert.Empty(Directory.GetFiles(outside, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task APipe_DoesNotMakeUsWait()
    {
        New();
        File.Delete(Path.Combine(Root, "index.json"));
        var made = await ChildProgram.RunAsync("mkfifo", [Path.Combine(Root, "index.json")]);
        Assert.Equal(0, made.ExitCode);

        var failure = await Assert.ThrowsAsync<OciException>(() => OciLayout.Open(Root).ResolveAsync("a", default));

        Assert.Contains("not a regular file", failure.Message);
    }

    [Theory]
    [InlineData("{}", "imageLayoutVersion")]
    [InlineData("{\"imageLayoutVersion\":\"2.0.0\"}", "version 2.0.0")]
    [InlineData("x", "malformed")]
    public void Refuses_AnotherVersion(string marker, string why)
    {
        New();
        File.WriteAllText(Path.Combine(Root, "oci-layout"), marker);

        var failure = Assert.Throws<OciException>(() => OciLayout.Open(Root));

        Assert.Contains(why, failure.Message);
    }

    [Fact]
    public void Refuses_ADirectoryThatHoldsOtherThings()
    {
        Directory.CreateDirectory(Root);
        File.WriteAllText(Path.Combine(Root, "diary"), "");

        Assert.Equal(OciError.Storage, Assert.Throws<OciException>(() => OciLayout.OpenOrCreate(Root)).Error);
        Assert.Equal(OciError.NotFound, Assert.Throws<OciException>(() => OciLayout.Open(Root)).Error);
        Assert.Equal(["diary"], Directory.GetFileSystemEntries(Root).Select(Path.GetFileName));
    }

    [Theory]
    [InlineData("")]
    [InlineData("../x")]
    [InlineData("a b")]
    public async Task Refuses_ATagThatIsNone(string tag)
    {
        var layout = New();
        var image = await SampleImage.WriteAsync(layout, null);

        Assert.Equal(OciError.InvalidReference, (await Assert.ThrowsAsync<OciException>(() => layout.TagAsync(image, tag, default))).Error);
    }

    [Fact]
    public async Task ManyWriters_LoseNoTag()
    {
        New();
        await Task.WhenAll(Enumerable.Range(0, 12).Select(i => Task.Run(async () =>
        {
            var layout = OciLayout.Open(Root);
            await SampleImage.WriteAsync(layout, $"tag{i}", $"{i % 3}");
        })));

        Assert.Equal(12, OciLayout.Open(Root).Manifests.Count);
    }

    [Fact]
    public async Task EntriesOfOthers_AreKeptAsTheyAre()
    {
        var layout = New();
        const string Entry = $$$$"""{"mediaType":"{{{{MediaTypes.Manifest}}}}","digest":"{{{{Documents.Samples.Sha}}}}","size":1,"urls":["https://a.example"],"platform":{"architecture":"amd64","os":"linux","os.version":"1"},"annotations":{"org.opencontainers.image.ref.name":"x"}}""";
        File.WriteAllText(Path.Combine(Root, "index.json"), $"{{\"schemaVersion\":2,\"manifests\":[{Entry}]}}");

        await SampleImage.WriteAsync(layout, "a");

        Assert.Contains(Entry, File.ReadAllText(Path.Combine(Root, "index.json")));
    }

    [Fact]
    public async Task Skopeo_ReadsAndCopiesIt_AndWeReadItsCopies()
    {
        Assert.SkipWhen(!File.Exists("/usr/bin/skopeo"), "skopeo is not installed");
        var layout = New();
        var image = await SampleImage.WriteAsync(layout, "v1");
        var inspected = await ChildProgram.RunAsync("skopeo", ["inspect", $"oci:{Root}:v1"]);
        Assert.Equal("", inspected.Error);
        Assert.Contains(image.Digest.Text, inspected.Output);

        foreach (var transport in (string[])["oci-archive", "docker-archive", "oci"])
        {
            var path = Path.Combine(_directory.Path, transport);
            var name = transport == "docker-archive" ? "example.com/app:v1" : "v1";
            var copied = await ChildProgram.RunAsync("skopeo", ["--insecure-policy", "copy", "-q", $"oci:{Root}:v1", $"{transport}:{path}:{name}"]);
            Assert.Equal("", copied.Error);

            var source = await ImageLocation.Parse($"{transport}:{path}:{name}").OpenSourceAsync(null, null, default);
            var read = await SampleImage.ReadAsync(source, name);
            Assert.Equal(["/app"], read.Config.Config.Cmd);
            (source as IDisposable)?.Dispose();
        }
    }

    [Fact]
    public async Task Umoci_UnpacksIt()
    {
        Assert.SkipWhen(!File.Exists("/usr/bin/umoci"), "umoci is not installed");
        var layout = New();
        await SampleImage.WriteAsync(layout, "v1");
        var bundle = Path.Combine(_directory.Path, "bundle");

        var unpacked = await ChildProgram.RunAsync("umoci", ["unpack", "--rootless", "--image", $"{Root}:v1", bundle]);

        Assert.True(unpacked.ExitCode == 0, unpacked.Error);
        Assert.Equal("hello", File.ReadAllText(Path.Combine(bundle, "rootfs", "etc", "greeting")));
    }

    private string Root => Path.Combine(_directory.Path, "layout");

    private OciLayout New() => OciLayout.OpenOrCreate(Root);
}
