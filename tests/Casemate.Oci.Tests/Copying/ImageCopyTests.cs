using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Casemate.Oci.Copying;
using Casemate.Oci.Documents;
using Casemate.Oci.Layout;
using Casemate.Oci.Registry;
using Casemate.Oci.Signatures;
using Casemate.Oci.Tests.Layout;
using Casemate.Oci.Tests.Registry;
using Casemate.Testing;
using Casemate.Testing.Registry;

namespace Casemate.Oci.Tests.Copying;

/// <summary>Copies of images: nothing changes, nothing travels twice, and the tag comes last.</summary>
public sealed class ImageCopyTests
{
    private const int Chunk = 64 * 1024;
    private static readonly byte[] s_small = Peer.Bytes(1_000);
    private static readonly byte[] s_large = Peer.Bytes(2_500_000);

    private static Task<ImageCopyResult> CopyAsync(IImageSource source, IImageTarget target, ImageCopyOptions? options = null) =>
        ImageCopy.RunAsync(source, null, target, "1", options ?? new ImageCopyOptions(), CancellationToken.None);

    [Fact]
    public async Task AnImage_ArrivesAsItIs_ItsTagLast()
    {
        await using var from = new Peer();
        await using var to = new Peer();
        var digest = from.App.AddImage("1", s_small, s_large);

        var result = await CopyAsync(from.Repository(), to.Repository());

        Assert.Equal((digest, 3, 0), (result.Descriptor.Digest.Text, result.Copied, result.Skipped));
        Assert.Equal(from.App.Manifests[digest].Content, to.App.Manifests[digest].Content);
        Assert.Equal(from.App.Blobs.Keys.Order(), to.App.Blobs.Keys.Order());
        Assert.Equal(digest, to.App.Tags["1"]);
        Assert.Equal("/v2/team/app/manifests/1", to.Server.Log[^1].Path);
        Assert.Equal($"/v2/team/app/manifests/{digest}", to.Server.Log[^2].Path);
    }

    [Fact]
    public async Task WhatIsThere_DoesNotTravelAgain()
    {
        await using var from = new Peer();
        await using var to = new Peer();
        from.App.AddImage("1", s_small, s_large);
        await CopyAsync(from.Repository(), to.Repository());
        from.Server.ClearLog();
        to.Server.ClearLog();

        var result = await CopyAsync(from.Repository(), to.Repository());

        Assert.Equal((0, 3, 0L), (result.Copied, result.Skipped, result.Bytes));
        Assert.DoesNotContain(from.Server.Log, r => r.Path.Contains("/blobs/"));
        Assert.DoesNotContain(to.Server.Log, r => r.Path.Contains("/uploads/"));
    }

    [Fact]
    public async Task WithinARegistry_BlobsAreTakenOver()
    {
        await using var peer = new Peer();
        peer.Server.Repository("team/base").AddImage("1", s_small, s_large);

        var result = await CopyAsync(peer.Repository("team/base:1"), peer.Repository());

        Assert.Equal((0, 3), (result.Copied, result.Mounted));
        Assert.True(peer.App.Tags.ContainsKey("1"));
        Assert.DoesNotContain(peer.Server.Log, r => r.Method == "PUT" && r.Path.Contains("/uploads/"));
    }

    [Fact]
    public async Task OfAnIndex_OnePlatformIsCopied_OrAll()
    {
        await using var from = new Peer();
        var (amd, arm) = (from.App.AddImage(null, s_small), from.App.AddImage(null, "arm64", [s_large]));
        var index = from.App.AddIndex("1", ("amd64", amd), ("arm64", arm));
        await using var one = new Peer();
        await using var other = new Peer();
        await using var all = new Peer();

        await CopyAsync(from.Repository(), one.Repository());
        await CopyAsync(from.Repository(), other.Repository(), new ImageCopyOptions { Platform = Platform.Parse("linux/arm64") });
        await CopyAsync(from.Repository(), all.Repository(), new ImageCopyOptions { AllPlatforms = true });

        Assert.Equal(amd, Assert.Single(one.App.Manifests).Key);
        Assert.Equal(arm, Assert.Single(other.App.Manifests).Key);
        Assert.Equal(index, all.App.Tags["1"]);
        Assert.Equal(3, all.App.Manifests.Count);
        await Peer.RefusedAsync(
            OciError.NotFound, () => CopyAsync(from.Repository(), one.Repository(), new ImageCopyOptions { Platform = Platform.Parse("linux/s390x") }));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Referrers_AreCopied_IfAskedFor(bool targetHasReferrers)
    {
        await using var from = new Peer();
        await using var to = new Peer(new TestRegistryOptions { HasReferrers = targetHasReferrers });
        await using var without = new Peer();
        var image = Digest.Parse(from.App.AddImage("1", s_small));
        from.App.AddBlob("{}"u8.ToArray());
        var signature = from.App.AddManifest(MediaTypes.Manifest, Encoding.UTF8.GetBytes(
            $$"""
            {"schemaVersion":2,"mediaType":"{{MediaTypes.Manifest}}","artifactType":"application/vnd.example",
             "config":{"mediaType":"{{MediaTypes.Empty}}","digest":"{{Digest.Of("{}"u8)}}","size":2},"layers":[],
             "subject":{"mediaType":"{{MediaTypes.Manifest}}","digest":"{{image}}","size":{{from.App.Manifests[image.Text].Content.Length}} } }
            """));

        var result = await CopyAsync(from.Repository(), to.Repository(), new ImageCopyOptions { Referrers = true });
        await CopyAsync(from.Repository(), without.Repository());

        Assert.Equal(1, result.Referrers);
        var found = Assert.Single(await to.Repository().ReferrersAsync(image, null, CancellationToken.None));
        Assert.Equal((signature, "application/vnd.example"), (found.Digest.Text, found.ArtifactType));
        Assert.Empty(await without.Repository().ReferrersAsync(image, null, CancellationToken.None));
    }

    [Theory]
    [InlineData("oci")]
    [InlineData("oci-archive")]
    [InlineData("registry")]
    public async Task SignaturesUnderATag_TravelWithTheImage_IfReferrersAreAskedFor(string between)
    {
        using var directory = new TemporaryDirectory();
        await using var peer = new Peer();
        var cancel = TestContext.Current.CancellationToken;
        var layout = OciLayout.OpenOrCreate(directory.File("from"));
        var image = await SampleImage.WriteAsync(layout, "1");
        using var ecdsa = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var key = SigningKey.Parse(ecdsa.ExportPkcs8PrivateKeyPem());
        var payload = new CosignPayload("registry.example/app", image.Digest, ImmutableSortedDictionary<string, string>.Empty);
        await new ImageSigner(layout, layout).SignAsync(payload, key, cancel);
        var there = ImageLocation.Parse(between == "registry" ? $"docker://{peer.Server.Host}/team/app:1" : $"{between}:{directory.File("there")}:1");

        var to = there.OpenTarget(peer.Client, null);
        var first = await ImageCopy.RunAsync(layout, null, to, "1", new ImageCopyOptions { Referrers = true }, cancel);
        await to.CompleteAsync(cancel);
        await ((to as IAsyncDisposable)?.DisposeAsync() ?? ValueTask.CompletedTask);
        var from = await there.OpenSourceAsync(peer.Client, null, cancel);
        using var open = from as IDisposable;
        var back = OciLayout.OpenOrCreate(directory.File("back"));
        var second = await ImageCopy.RunAsync(from, there.TagOrDigest, back, "1", new ImageCopyOptions { Referrers = true }, cancel);
        var without = OciLayout.OpenOrCreate(directory.File("without"));
        await ImageCopy.RunAsync(from, there.TagOrDigest, without, "1", new ImageCopyOptions(), cancel);

        Assert.Equal((1, 1), (first.Referrers, second.Referrers));
        var verifier = SignaturePolicy.ForKey(key.PublicKey);
        foreach (var place in (IImageSource[])[from, back])
        {
            Assert.True((await new ImageVerifier(place, verifier).VerifyAsync(await place.ResolveAsync("1", cancel), cancel)).Accepted);
        }

        Assert.Equal(image.Digest, (await back.ResolveAsync(null, cancel)).Digest);
        Assert.False((await new ImageVerifier(without, verifier).VerifyAsync(await without.ResolveAsync("1", cancel), cancel)).Accepted);
    }

    [Fact]
    public async Task CutsOnBothSides_AreSurvived_AndNoByteTravelsTwice()
    {
        await using var from = new Peer();
        await using var to = new Peer(change: options => options with { ChunkBytes = Chunk });
        from.App.AddImage("1", s_large);
        from.Server.Add(new RegistryFault(r => r.Path.EndsWith(Digest.Of(s_large).Hex, StringComparison.Ordinal)) { CutDownloadAfter = 1_234_567, Times = 1 });
        to.Server.Add(new RegistryFault(r => r.Header("Content-Range")?.StartsWith("655360-", StringComparison.Ordinal) ?? false) { CutUploadAfter = 33_333 });

        await CopyAsync(from.Repository(), to.Repository());

        Assert.Equal(s_large, to.App.Blobs[Digest.Of(s_large).Text]);
        Assert.Equal(s_large.Length, from.Server.Log.Where(r => r.Path.EndsWith(Digest.Of(s_large).Hex, StringComparison.Ordinal)).Sum(r => r.Sent));
        var ofSmall = to.App.Blobs.Values.Where(blob => blob.Length < Chunk).Sum(blob => blob.Length);
        Assert.Equal(s_large.Length + ofSmall, to.Server.Log.Where(r => r.Path.Contains("/uploads/")).Sum(r => r.Received));
    }

    [Fact]
    public async Task AfterTheEndOfAProcess_ADownloadGoesOn_WithWhatItLeft()
    {
        using var directory = new TemporaryDirectory();
        await using var from = new Peer(change: options => options with { MaxAttempts = 1 });
        await using var to = new Peer();
        from.App.AddImage("1", s_large);
        from.Server.Add(new RegistryFault(IsLarge) { CutDownloadAfter = 1_500_000 });
        var options = new ImageCopyOptions { PartialDirectory = directory.File("partial") };

        await Peer.RefusedAsync(OciError.Unavailable, () => CopyAsync(from.Repository(), to.Repository(), options));
        Assert.Equal(1_500_000, new FileInfo(Assert.Single(Directory.GetFiles(directory.File("partial")))).Length);
        await CopyAsync(from.Repository(), to.Repository(), options);

        Assert.Equal(s_large, to.App.Blobs[Digest.Of(s_large).Text]);
        Assert.Equal([1_500_000, 1_000_000], from.Server.Log.Where(IsLarge).Select(r => r.Sent));
        Assert.Empty(Directory.GetFiles(directory.File("partial")));
    }

    [Theory]
    [InlineData(1_000_000)]
    [InlineData(2_500_000)]
    [InlineData(3_000_000)]
    public async Task WhatWasLeftAndIsWrong_IsReadAgainFromTheBeginning(int length)
    {
        using var directory = new TemporaryDirectory();
        await using var from = new Peer();
        await using var to = new Peer();
        from.App.AddImage("1", s_large);
        Directory.CreateDirectory(directory.File("partial"));
        File.WriteAllBytes(directory.File($"partial/sha256-{Digest.Of(s_large).Hex}.part"), new byte[length]);

        await CopyAsync(from.Repository(), to.Repository(), new ImageCopyOptions { PartialDirectory = directory.File("partial") });

        Assert.Equal(s_large, to.App.Blobs[Digest.Of(s_large).Text]);
    }

    [Fact]
    public async Task ManifestsThatAreTooMuchTogether_AreNotCopied()
    {
        await using var from = new Peer();
        await using var to = new Peer();
        var config = Descriptor.Of(MediaTypes.Empty, "{}"u8);
        var manifests = Enumerable.Range(0, 80).Select(i =>
        {
            var annotations = new Dictionary<string, string> { ["org.example.text"] = $"{i} {new string('x', 19_000)}" };
            var content = new ImageManifest { Config = config, Layers = [], Annotations = annotations }.Write();
            from.App.AddManifest(MediaTypes.Manifest, content);
            return Descriptor.Of(MediaTypes.Manifest, content);
        });
        from.App.AddManifest(MediaTypes.Index, new ImageIndex { Manifests = [.. manifests] }.Write(), "1");
        var options = new ImageCopyOptions { AllPlatforms = true, Limits = new OciLimits { MaxManifestBytes = 20_000 } };

        var failure = await Peer.RefusedAsync(OciError.LimitExceeded, () => CopyAsync(from.Repository(), to.Repository(), options));

        Assert.Contains("1,280,000", failure.Message);
        Assert.Empty(to.App.Manifests);
    }

    [Fact]
    public async Task APartThatAnotherCopyIsAtWorkOn_IsLeftToIt()
    {
        using var directory = new TemporaryDirectory();
        await using var from = new Peer();
        await using var to = new Peer();
        from.App.AddImage("1", s_large);
        Directory.CreateDirectory(directory.File("partial"));
        var part = directory.File($"partial/sha256-{Digest.Of(s_large).Hex}.part");
        using (new FileStream(part, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None))
        {
            await CopyAsync(from.Repository(), to.Repository(), new ImageCopyOptions { PartialDirectory = directory.File("partial") });
        }

        Assert.Equal(s_large, to.App.Blobs[Digest.Of(s_large).Text]);
        Assert.Equal(0, new FileInfo(part).Length);
    }

    [Fact]
    public async Task ALink_InPlaceOfAPart_IsNotWrittenThrough()
    {
        using var directory = new TemporaryDirectory();
        await using var from = new Peer();
        await using var to = new Peer();
        from.App.AddImage("1", s_large);
        Directory.CreateDirectory(directory.File("partial"));
        File.CreateSymbolicLink(directory.File($"partial/sha256-{Digest.Of(s_large).Hex}.part"), directory.File("elsewhere"));

        await Peer.RefusedAsync(
            OciError.Storage,
            () => CopyAsync(from.Repository(), to.Repository(), new ImageCopyOptions { PartialDirectory = directory.File("partial") }));

        Assert.False(File.Exists(directory.File("elsewhere")));
    }

    [Fact]
    public async Task Progress_SaysWhatBecameOfEachBlob()
    {
        await using var from = new Peer();
        await using var to = new Peer();
        from.App.AddImage("1", s_small, s_large);
        to.App.AddBlob(s_small);
        var heard = new Heard();

        await CopyAsync(from.Repository(), to.Repository(), new ImageCopyOptions { Progress = heard });

        Assert.Equal([CopyStage.Skipped], heard.Of(s_small).Select(news => news.Stage));
        var large = heard.Of(s_large);
        Assert.Equal((CopyStage.Started, CopyStage.Copied, (long)s_large.Length), (large[0].Stage, large[^1].Stage, large[^1].Bytes));
        Assert.Equal(large.Select(news => news.Bytes).Order(), large.Select(news => news.Bytes));
    }

    [Theory]
    [InlineData("""{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json"}""")]
    [InlineData("""[]""")]
    [InlineData("""{"schemaVersion":2,"config":{},"layers":[]}""")]
    public async Task WhatIsNoManifest_IsNotCopied(string json)
    {
        await using var from = new Peer();
        await using var to = new Peer();
        from.App.AddManifest(MediaTypes.Manifest, Peer.Text(json), "1");

        await Peer.RefusedAsync(OciError.MalformedDocument, () => CopyAsync(from.Repository(), to.Repository()));

        Assert.Empty(to.Server.Log);
    }

    [Fact]
    public async Task WrongBytes_ReachNeitherTargetNorTag()
    {
        await using var from = new Peer();
        await using var to = new Peer();
        from.App.AddImage("1", s_large);
        var wrong = s_large.ToArray();
        wrong[7] ^= 1;
        from.Server.Add(new RegistryFault(IsLarge) { Body = wrong });

        await Peer.RefusedAsync(OciError.DigestMismatch, () => CopyAsync(from.Repository(), to.Repository()));

        Assert.DoesNotContain(Digest.Of(s_large).Text, to.App.Blobs.Keys);
        Assert.DoesNotContain(Digest.Of(wrong).Text, to.App.Blobs.Keys);
        Assert.Empty(to.App.Tags);
    }

    private static bool IsLarge(LoggedRequest request) => request.Method == "GET" && request.Path.EndsWith(Digest.Of(s_large).Hex, StringComparison.Ordinal);

    private sealed class Heard : IProgress<CopyProgress>
    {
        private readonly ConcurrentQueue<CopyProgress> _all = new();

        public void Report(CopyProgress value) => _all.Enqueue(value);

        public List<CopyProgress> Of(byte[] content) => [.. _all.Where(news => news.Descriptor.Digest == Digest.Of(content))];
    }
}
