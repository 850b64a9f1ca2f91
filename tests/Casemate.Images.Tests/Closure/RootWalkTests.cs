using Casemate.Images.Closure;
using Casemate.Images.Roots;
using Casemate.Oci;
using Casemate.Testing;

namespace Casemate.Images.Tests.Closure;

/// <summary>Paths are resolved inside the root, as after chroot; nothing leads out.</summary>
public sealed class RootWalkTests
{
    [Theory]
    [InlineData("/usr/lib/libc.so", "/usr/lib/libc-2.so")]
    [InlineData("/lib/libc.so", "/usr/lib/libc-2.so")]
    [InlineData("/../../lib/./libc.so", "/usr/lib/libc-2.so")]
    [InlineData("/absolute", "/usr/lib/libc-2.so")]
    [InlineData("/out", "/usr/lib/libc-2.so")]
    [InlineData("/usr/lib/../lib//libc-2.so", "/usr/lib/libc-2.so")]
    public void Path_LeadsThroughLinks_InsideTheRoot(string path, string expected) => Assert.Equal(expected, new RootWalk(Root()).Resolve(path)?.Path);

    [Theory]
    [InlineData("/gone")]
    [InlineData("/loop")]
    [InlineData("/dangling")]
    [InlineData("/usr/lib/libc-2.so/x")]
    [InlineData("/usr/lib/libc-2.so/..")]
    [InlineData("/a\0b")]
    public void Path_ThatLeadsNowhere_IsNull(string path) => Assert.Null(new RootWalk(Root()).Resolve(path));

    [Fact]
    public void Links_AreListed_InTheOrderInWhichTheyWereFollowed() =>
        Assert.Equal(["/lib", "/usr/lib/libc.so"], new RootWalk(Root()).Resolve("/lib/libc.so")!.Links);

    [Fact]
    public void MoreLinksThanTheKernelFollows_LeadNowhere()
    {
        var root = new MemoryRoot().With("/end", "x");
        for (var i = 0; i < 41; i++)
        {
            root.WithLink($"/l{i}", i == 40 ? "/end" : $"/l{i + 1}");
        }

        Assert.Null(new RootWalk(root).Resolve("/l0"));
        Assert.NotNull(new RootWalk(root).Resolve("/l1"));
    }

    [Fact]
    public void Directory_WithLinksToTheMachine_ShowsNothingOfTheMachine()
    {
        using var outside = new TemporaryDirectory();
        File.WriteAllText(outside.File("secret"), "outside");
        using var inside = new TemporaryDirectory();
        File.CreateSymbolicLink(inside.File("escape"), outside.Path);
        File.CreateSymbolicLink(inside.File("file"), outside.File("secret"));
        File.CreateSymbolicLink(inside.File("up"), "../../../../../../../../.." + outside.Path);
        var root = new DirectoryRoot(inside.Path);

        Assert.All((string[])["/escape", "/escape/secret", "/file", "/up/secret"], path => Assert.Null(new RootWalk(root).Resolve(path)));
        var closure = ClosureResolver.Resolve(root, new ClosureOptions { Include = ["/*", "/escape/*", "/up/secret"] });
        Assert.Empty(closure.Files);
    }

    // Random trees of links and names, from seeds: the memory root itself fails when it is asked below a link or with '..'.
    [Fact]
    public void RandomLinks_NeverLeadOut()
    {
        for (var seed = 0; seed < 300; seed++)
        {
            var random = new Random(seed);
            string Name() => $"{(char)('a' + random.Next(4))}";
            string Target() => string.Concat(Enumerable.Range(0, 1 + random.Next(4)).Select(_ => random.Next(3) switch { 0 => "../", 1 => Name() + "/", _ => "/" + Name() }));
            var root = new MemoryRoot();
            for (var i = 0; i < 6; i++)
            {
                root.WithLink($"/{Name()}", Target());
                root.With($"/d{i}/{Name()}/f", "x");
            }

            var walk = new RootWalk(root);
            for (var i = 0; i < 50; i++)
            {
                var found = walk.Resolve("/" + Target() + Target());
                Assert.True(found is null || (found.Path.StartsWith('/') && !found.Path.Contains("..", StringComparison.Ordinal)));
            }
        }
    }

    [Fact]
    public void Refuses_FileBeyondTheLimit()
    {
        var walk = new RootWalk(new MemoryRoot().With("/big", new byte[11]));
        Assert.Equal(OciError.LimitExceeded, Assert.Throws<OciException>(() => walk.Read(walk.Resolve("/big")!, 10)).Error);
    }

    [Fact]
    public void Refuses_RootThatIsNoDirectory() =>
        Assert.Equal(OciError.Storage, Assert.Throws<OciException>(() => new DirectoryRoot("/nowhere/at/all")).Error);

    private static MemoryRoot Root() => new MemoryRoot()
        .With("/usr/lib/libc-2.so", "x").WithLink("/usr/lib/libc.so", "libc-2.so").WithLink("/lib", "usr/lib")
        .WithLink("/absolute", "/lib/libc.so").WithLink("/out", "../../../lib/libc.so").WithLink("/loop", "loop").WithLink("/dangling", "/gone");
}
