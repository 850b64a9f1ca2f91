using Casemate.Images.Packing;
using Casemate.Images.Roots;
using Casemate.Images.Tests.Closure;

namespace Casemate.Images.Tests.Packing;

/// <summary>A root with other things put over it.</summary>
public sealed class ComposedRootTests
{
    private static readonly MemoryRoot s_application = new MemoryRoot().With("/host", "host").With("/lib/x", "x");

    [Fact]
    public void Directory_StandsInPlaceOfWhatWasThere()
    {
        var root = new ComposedRoot(new MemoryRoot().With("/app/old", "old").With("/usr/u", "u")).WithDirectory("/app", s_application);

        Assert.Null(root.Look("/app/old"));
        Assert.Equal(["host", "lib"], root.List("/app"));
        Assert.Equal(["app", "usr"], root.List("/"));
        Assert.Equal(RootEntryKind.File, root.Look("/app/lib/x")!.Kind);
        Assert.Equal(RootEntryKind.Directory, root.Look("/app")!.Kind);
    }

    [Fact]
    public void Files_AppearWithTheDirectoriesAboveThem()
    {
        var root = new ComposedRoot(new MemoryRoot().With("/usr/u", "u")).WithFile("/app/deep/made", "made"u8.ToArray())
            .WithFile("/usr/u", s_application, "/host");

        Assert.Equal(RootEntryKind.Directory, root.Look("/app/deep")!.Kind);
        Assert.Equal(["made"], root.List("/app/deep"));
        using var replaced = new StreamReader(root.Open("/usr/u"));
        Assert.Equal("host", replaced.ReadToEnd());
    }
}
