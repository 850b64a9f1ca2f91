using Casemate.Images.Closure;
using Casemate.Images.Packing;

namespace Casemate.Images.Tests.Packing;

/// <summary>The loader's cache that an image gets.</summary>
public sealed class LoaderCacheWriterTests
{
    [Fact]
    public void Cache_IsReadBack_WithTheFirstPathOfAName()
    {
        var bytes = LoaderCacheWriter.Write([("libx.so.1", "/opt/a/libx.so.1"), ("liby.so", "/opt/liby.so"),
            ("libx.so.1", "/opt/b/libx.so.1")]);

        Assert.True(LoaderCache.TryRead(bytes, out var cache));
        Assert.Equal("/opt/a/libx.so.1", Assert.Single(cache!.Find("libx.so.1")).Path);
        Assert.Equal("/opt/liby.so", Assert.Single(cache.Find("liby.so")).Path);
    }

    [Fact]
    public void Cache_IsTheSameForEveryOrder() => Assert.Equal(
        LoaderCacheWriter.Write([("a.so", "/a.so"), ("b.so.2", "/b.so.2"), ("b.so.10", "/b.so.10")]),
        LoaderCacheWriter.Write([("b.so.10", "/b.so.10"), ("a.so", "/a.so"), ("b.so.2", "/b.so.2")]));

    // The loader compares numbers as numbers, and halves its way through: one entry out of order hides others.
    [Theory]
    [InlineData("libx.so.2", "libx.so.10")]
    [InlineData("lib.so", "lib0.so")]
    [InlineData("liba.so", "libb.so")]
    [InlineData("libx.so", "libx.so.1")]
    public void Names_AreOrderedAsTheLoaderOrdersThem(string less, string greater)
    {
        Assert.True(LoaderCacheWriter.Compare(less, greater) < 0);
        Assert.True(LoaderCacheWriter.Compare(greater, less) > 0);
        Assert.Equal(0, LoaderCacheWriter.Compare(less, less));
    }

    [Fact]
    public void OrderOfTheMachinesOwnCache_IsOurs()
    {
        Assert.SkipUnless(File.Exists("/etc/ld.so.cache"), "no loader cache on this machine");
        Assert.True(LoaderCache.TryRead(File.ReadAllBytes("/etc/ld.so.cache"), out var cache));

        Assert.All(cache!.Entries.Zip(cache.Entries.Skip(1)), pair => Assert.True(
            LoaderCacheWriter.Compare(pair.First.Name, pair.Second.Name) >= 0, $"{pair.First.Name} before {pair.Second.Name}"));
    }
}
