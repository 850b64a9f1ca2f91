using Casemate.Oci.Diff;
using Casemate.Oci.Layout;
using Casemate.Oci.Tests.Layout;
using Casemate.Testing;

namespace Casemate.Oci.Tests.Diff;

/// <summary>"No difference" is said of what was read, and not of what a configuration claims.</summary>
public sealed class ImageDiffTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Refuses_OtherLayers_ThatTheConfigurationGivesTheDigestsOfTheFirst()
    {
        var layout = OciLayout.OpenOrCreate(_directory.Path);
        await SampleImage.WriteAsync(layout, "good");
        await SampleImage.WriteAsync(layout, "evil", "evil");
        var (good, evil) = (await FindAsync(layout, "good"), await FindAsync(layout, "evil"));
        await SampleImage.WriteManifestAsync(layout, good.Manifest with { Layers = evil.Manifest.Layers }, "disguised");
        var disguised = await FindAsync(layout, "disguised");

        foreach (var (before, after) in ((Image, Image)[])[(good, disguised), (disguised, good)])
        {
            var failure = await Assert.ThrowsAsync<OciException>(() => ImageDiff.CompareAsync(before, after, null, default));
            Assert.Equal(OciError.DigestMismatch, failure.Error);
        }
    }

    [Fact]
    public async Task TheSameFiles_CompressedOtherwise_AreNoDifference()
    {
        var layout = OciLayout.OpenOrCreate(_directory.Path);
        await SampleImage.WriteAsync(layout, "small");
        await SampleImage.WriteAsync(layout, "plain", compress: false);

        var (small, plain) = (await FindAsync(layout, "small"), await FindAsync(layout, "plain"));

        Assert.True((await ImageDiff.CompareAsync(small, plain, null, default)).IsEmpty);
    }

    private static Task<Image> FindAsync(OciLayout layout, string tag) => Image.FindAsync(layout, tag, null, null, default);
}
