using Casemate.Images.Closure;
using Casemate.Images.Roots;
using Casemate.Testing;

namespace Casemate.Images.Tests.Closure;

/// <summary>The loader's cache and configuration, in every format.</summary>
public sealed class LoaderCacheTests
{
    [Fact]
    public void ReadsTheFormatOfToday()
    {
        Assert.True(LoaderCache.TryRead(LoaderCacheBytes.New([("liba.so", "/a/liba.so", 0x303, 0)]), out var cache));
        Assert.Equal([new LoaderCacheEntry("liba.so", "/a/liba.so", 0x303, null, 0)], cache.Entries);
    }

    [Fact]
    public void ReadsVariants_ForNewerProcessors()
    {
        var bytes = LoaderCacheBytes.New(
            [("liba.so", "/v/liba.so", 0x303, (1UL << 62) | 1), ("liba.so", "/a/liba.so", 0x303, 0)], "x86-64-v2", "x86-64-v3");

        Assert.True(LoaderCache.TryRead(bytes, out var cache));
        Assert.Equal(["x86-64-v3", null], cache.Find("liba.so").Select(entry => entry.Variant));
    }

    [Fact]
    public void ReadsTheOlderFormat()
    {
        Assert.True(LoaderCache.TryRead(LoaderCacheBytes.Old([("liba.so", "/a/liba.so", 0x303)]), out var cache));
        Assert.Equal("/a/liba.so", Assert.Single(cache.Find("liba.so")).Path);
    }

    [Fact]
    public void ReadsTheFormatOfToday_BehindTheOlderOne()
    {
        Assert.True(LoaderCache.TryRead(LoaderCacheBytes.Both([("liba.so", "/a/liba.so", 0x303, 0)]), out var cache));
        Assert.Single(cache.Find("liba.so"));
    }

    [Fact]
    public void DoesNotFind_LibraryOfAnotherKind()
    {
        Assert.True(LoaderCache.TryRead(LoaderCacheBytes.New([("liba.so", "/32/liba.so", 3, 0)]), out var cache));
        Assert.Empty(cache.Find("liba.so"));
    }

    [Fact]
    public void Refuses_EveryCut()
    {
        var bytes = LoaderCacheBytes.New([("liba.so", "/a/liba.so", 0x303, 1UL << 62)], "x86-64-v3");
        Assert.All(Enumerable.Range(0, bytes.Length), length => Assert.False(LoaderCache.TryRead(bytes.AsSpan(0, length), out _)));
    }

    [Fact]
    public async Task ReadsTheMachinesCache_AsLdconfigReadsIt()
    {
        Assert.SkipUnless(File.Exists("/etc/ld.so.cache") && File.Exists("/usr/sbin/ldconfig"), "no cache, or no ldconfig, on this machine");
        Assert.True(LoaderCache.TryRead(File.ReadAllBytes("/etc/ld.so.cache"), out var cache));

        var listed = (await ChildProgram.RunAsync("/usr/sbin/ldconfig", ["-p"])).Output.Split('\n').Where(line => line.Contains(" => ", StringComparison.Ordinal))
            .Select(line => (line.Trim().Split(' ')[0], line.Split(" => ")[1]));
        Assert.Equal(listed, cache.Entries.Select(entry => (entry.Name, entry.Path)));
    }

    [Fact]
    public void Configuration_FollowsIncludes_InsideTheRoot()
    {
        var root = new MemoryRoot()
            .With("/etc/ld.so.conf", "/first # comment\ninclude ld.so.conf.d/*.conf\n/last/\nhwcap 0 nosegneg\nrelative\n")
            .With("/etc/ld.so.conf.d/b.conf", "/b\ninclude /etc/ld.so.conf\n").With("/etc/ld.so.conf.d/a.conf", "/a\n/first\n")
            .With("/etc/ld.so.conf.d/c.txt", "/no\n").WithLink("/etc/ld.so.conf.d/z.conf", "/etc/z").With("/etc/z", "/z=libc6\n");

        Assert.Equal(["/first", "/a", "/b", "/z", "/last"], LoaderConfiguration.Directories(new RootWalk(root)));
    }
}
