using System.Text;
using Casemate.Oci.Documents;
using static Casemate.Oci.Tests.Documents.Samples;

namespace Casemate.Oci.Tests.Documents;

/// <summary>Manifests and indexes: OCI Image Format Specification 1.1, manifest.md and image-index.md; Docker's schema 2.</summary>
public sealed class ImageManifestTests
{
    [Fact]
    public void ReadsAManifest()
    {
        var manifest = ImageManifest.Parse(Bytes(Manifest), "m");

        Assert.Equal(MediaTypes.Config, manifest.Config.MediaType);
        Assert.Equal(7, manifest.Config.Size);
        var layer = Assert.Single(manifest.Layers);
        Assert.Equal(32654, layer.Size);
        Assert.Equal("1", layer.Annotations["a"]);
        Assert.Equal("value", manifest.Annotations["org.example.key"]);
        Assert.Null(manifest.Subject);
    }

    [Fact]
    public void ReadsDockersManifest() =>
        Assert.Equal(MediaTypes.DockerManifest, ImageManifest.Parse(Bytes(DockerManifest), "m").MediaType);

    [Fact]
    public void AnAbsentMediaType_MeansTheOcis() =>
        Assert.Equal(MediaTypes.Manifest, ImageManifest.Parse(Bytes(Manifest.Replace($"\"mediaType\":\"{MediaTypes.Manifest}\",", "")), "m").MediaType);

    [Fact]
    public void WhatIsWritten_ReadsBackTheSame()
    {
        var written = (ImageManifest.Parse(Bytes(Manifest), "m") with
        {
            Subject = new Descriptor(MediaTypes.Manifest, Digest.Parse(Sha), 3),
            ArtifactType = "application/x",
        }).Write();
        var again = ImageManifest.Parse(written, "m");

        Assert.Equal(written, again.Write());
        Assert.Equal(3, again.Subject!.Size);
        Assert.Equal("application/x", again.ArtifactType);
    }

    [Fact]
    public void TheWrittenForm_IsTheSpecificationsOrder_WithoutWhiteSpace() =>
        Assert.Equal(
            $$$$"""{"schemaVersion":2,"mediaType":"{{{{MediaTypes.Manifest}}}}","config":{"mediaType":"a/b","digest":"{{{{Sha}}}}","size":5},"layers":[],"annotations":{"a":"<+>","b":"é"}}""",
            Encoding.UTF8.GetString(new ImageManifest
            {
                Config = new Descriptor("a/b", Digest.Parse(Sha), 5),
                Layers = [],
                Annotations = new Dictionary<string, string> { ["b"] = "é", ["a"] = "<+>" },
            }.Write()));

    public static TheoryData<string, string, string> Broken => new()
    {
        { "\"schemaVersion\":2", "\"schemaVersion\":1", "schemaVersion" },
        { "\"layers\":[", "\"manifests\":[],\"layers\":[", "index as well" },
        { "\"layers\":[", "\"Layers\":[],\"layers\":[", "'Layers'" },
        { "\"layers\":[", "\"layer\u017F\":[],\"layers\":[", "which some readers take" },
        { "\"layers\":[", "\"layers\":[],\"layers\":[", "twice" },
        { "\"size\":7", "\"size\":-1", "config.size" },
        { "\"size\":7", "\"size\":7.5", "config.size" },
        { "\"size\":7", "\"size\":99999999999999", "config.size" },
        { "\"size\":32654", "\"size\":\"1\"", "layers[0].size" },
        { "\"a\":\"1\"", "\"a\":1", "layers[0].annotations" },
        { MediaTypes.LayerGzip, "no media type", "layers[0].mediaType" },
        { "\"layers\":[", "\"layers\":[1,", "layers[0] is not an object" },
        { "\"config\":{", "\"config\":[],\"x\":{", "config" },
        { MediaTypes.Manifest, MediaTypes.Index, "mediaType" },
        { "sha256:", "sha999:", "digest" },
    };

    [Theory]
    [MemberData(nameof(Broken))]
    public void Refuses_AndNamesThePlace(string old, string replacement, string place)
    {
        Assert.False(ImageManifest.TryRead(Bytes(Manifest.Replace(old, replacement)), out var manifest, out var problem));
        Assert.Null(manifest);
        Assert.Contains(place, problem);
    }

    [Fact]
    public void Refuses_MoreThanTheLimits()
    {
        Assert.False(ImageManifest.TryRead(Bytes(Manifest), out _, out var problem, new OciLimits { MaxManifestBytes = 10 }));
        Assert.Contains("10 is the limit", problem);
        Assert.False(ImageManifest.TryRead(Bytes(Manifest), out _, out problem, new OciLimits { MaxLayers = 0 }));
        Assert.Contains("layers", problem);
    }

    [Fact]
    public void Parse_SaysWhichDocument_AndWhy()
    {
        var failure = Assert.Throws<OciException>(() => ImageManifest.Parse(Bytes("[]"), "app:1"));

        Assert.Equal(OciError.MalformedDocument, failure.Error);
        Assert.Equal("app:1 is not an image manifest: it is not a JSON object", failure.Message);
    }

    [Fact]
    public void AnIndex_FindsThePlatform()
    {
        var index = ImageIndex.Parse(Bytes(Samples.Index), "i");

        Assert.Equal(2, index.Find(Platform.LinuxAmd64)!.Size);
        Assert.Equal(1, index.Find(Platform.Parse("linux/arm64"))!.Size);
        Assert.Null(index.Find(Platform.Parse("windows/amd64")));
        Assert.Equal(index.Write(), ImageIndex.Parse(index.Write(), "i").Write());
    }

    [Theory]
    [InlineData("\"manifests\":[", "\"layers\":[],\"manifests\":[", "manifest as well")]
    [InlineData("\"manifests\":[", "\"manifest\":[", "manifests is missing")]
    [InlineData("\"os\":\"linux\"", "\"os\":1", "manifests[0].platform.os")]
    public void Refuses_AnIndex_AndNamesThePlace(string old, string replacement, string place)
    {
        Assert.False(ImageIndex.TryRead(Bytes(Samples.Index.Replace(old, replacement)), out _, out var problem));
        Assert.Contains(place, problem);
    }
}
