using System.Text;
using Casemate.Oci.Documents;
using Casemate.Oci.Files;
using Casemate.Oci.Layout;
using Casemate.Oci.Tar;
using Casemate.Oci.Tests.Tar;
using Casemate.Testing;

namespace Casemate.Oci.Tests.Files;

/// <summary>Layers put on one another: OCI Image Format Specification 1.1, layer.md; and unpacking them where nothing gets out.</summary>
public sealed class ImageFileSystemTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task UpperLayers_ReplaceAddAndRemove()
    {
        using var files = await OpenAsync(
            new RawTar().Header("d/", '5').File("d/a", "1").File("d/b", "1").File("keep", "1").Header("gone/", '5').File("gone/x", "1"),
            new RawTar().File("d/a", "2").Header("d/.wh.b").File("d/c", "2").Header(".wh.gone"));

        Assert.Equal(["/d", "/d/a", "/d/c", "/keep"], files.Entries.Select(e => e.Path));
        Assert.Equal("2", Text(files, "/d/a"));
        Assert.Equal((1, 0), (files.Find("d/a")!.Layer, files.Find("keep")!.Layer));
        Assert.Equal(Digest.Of("2"u8), files.Find("/d/c")!.ContentDigest);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task AnOpaqueDirectory_HidesWhatIsBelow_NotItsOwn(bool markFirst)
    {
        var upper = new RawTar();
        _ = markFirst ? upper.Header("d/.wh..wh..opq").File("d/new", "2") : upper.File("d/new", "2").Header("d/.wh..wh..opq");

        using var files = await OpenAsync(new RawTar().File("d/old", "1").File("d/sub/old", "1"), upper);

        Assert.Equal(["/d", "/d/new"], files.Entries.Select(e => e.Path));
    }

    [Fact]
    public async Task AWhiteout_DoesNotRemoveWhatItsOwnLayerHas()
    {
        using var files = await OpenAsync(new RawTar().File("d/old", "1"), new RawTar().File("d/new", "2").Header(".wh.d"));

        Assert.Equal("2", Text(files, "/d/new"));
        Assert.Null(files.Find("/d/old"));
    }

    [Fact]
    public async Task TheStorageDriversOwnFiles_AreNotThere() =>
        Assert.Empty((await OpenAsync(new RawTar().Header(".wh..wh.plnk"))).Entries);

    [Fact]
    public async Task Links_AreResolvedInside_NeverOut()
    {
        using var files = await OpenAsync(new RawTar()
            .File("etc/passwd", "inside").Header("abs", '2', link: "/etc/passwd").Header("climb", '2', link: "../../../../etc/passwd")
            .Header("dir", '2', link: "/etc").Header("loop", '2', link: "loop2").Header("loop2", '2', link: "loop").Header("dangling", '2', link: "nowhere")
            .Header("deep/er/up", '2', link: "../../dir/passwd"));

        foreach (var path in (string[])["abs", "climb", "dir/passwd", "/dir/../dir/passwd", "../../etc/passwd", "deep/er/up"])
        {
            Assert.Equal("inside", Text(files, path));
        }

        Assert.Null(files.Find("loop"));
        Assert.Null(files.Find("dangling"));
        Assert.Null(files.Find("etc/passwd/x"));
        Assert.Equal(TarEntryKind.SymbolicLink, files.Find("abs", followLast: false)!.Kind);
    }

    [Fact]
    public async Task AnEntryBelowALink_GoesWhereTheLinkLeads_InsideTheRoot()
    {
        using var files = await OpenAsync(
            new RawTar().Header("usr/lib/", '5').Header("lib", '2', link: "usr/lib").Header("var/run", '2', link: "../../../../run"),
            new RawTar().File("lib/libc.so", "2").File("var/run/pid", "3"));

        Assert.Equal("2", Text(files, "/usr/lib/libc.so"));
        Assert.Equal("3", Text(files, "/run/pid"));
        Assert.Equal(TarEntryKind.SymbolicLink, files.Find("lib", followLast: false)!.Kind);
    }

    [Fact]
    public async Task HardLinks_AreTheSameFile_AlsoOfALayerBelow_AndOutliveTheirFirstName()
    {
        using var files = await OpenAsync(
            new RawTar().File("a", "1").Header("b", '1', link: "a"), new RawTar().Header("c", '1', link: "/a").Header(".wh.a"));

        Assert.True(files.Find("b")!.IsSameFile(files.Find("c")!));
        Assert.Equal("1", Text(files, "c"));
        Assert.Null(files.Find("a"));
    }

    [Fact]
    public async Task TheLastEntryOfAPath_Counts()
    {
        using var files = await OpenAsync(new RawTar().File("a", "1").Header("a/", '5').File("a/b", "2").File("x", "1").File("x", "22"));

        Assert.Equal("2", Text(files, "a/b"));
        Assert.Equal("22", Text(files, "x"));
    }

    public static TheoryData<string, HostileLayer> Hostile => new()
    {
        { "climbs", new(new RawTar().File("../evil", "x")) },
        { "climbs later", new(new RawTar().File("a/../../evil", "x")) },
        { "hard link that climbs", new(new RawTar().Header("h", '1', link: "../../etc/shadow")) },
        { "hard link to nothing", new(new RawTar().Header("h", '1', link: "etc/shadow")) },
        { "hard link to a directory", new(new RawTar().Header("d/", '5').Header("h", '1', link: "d")) },
        { "below a file", new(new RawTar().File("f", "x").File("f/g", "x")) },
        { "below a loop", new(new RawTar().Header("l", '2', link: "l").File("l/g", "x")) },
        { "whiteout of ..", new(new RawTar().Header("d/.wh...")) },
        { "whiteout of nothing", new(new RawTar().Header("d/.wh.")) },
        { "the root as a file", new(new RawTar().File("./", "x", '7')) },
    };

    [Theory]
    [MemberData(nameof(Hostile))]
    public async Task Refuses_(string what, HostileLayer hostile)
    {
        var failure = await Assert.ThrowsAsync<OciException>(() => OpenAsync(hostile.Layer));

        Assert.True(failure.Error == OciError.MalformedLayer, $"{what}: {failure.Message}");
        Assert.Contains("layer 1", failure.Message);
    }

    [Fact]
    public async Task Refuses_MoreFiles_Bytes_OrDepth_ThanTheLimits()
    {
        var deep = string.Join('/', Enumerable.Repeat("d", 1100));
        var cases = new (RawTar Layer, OciLimits Limits)[]
        {
            (new RawTar().File("a/b/c", "x").File("d", "x"), new OciLimits { MaxLayerEntries = 3 }),
            (new RawTar().File("a", new string('x', 600)).File("b", new string('x', 600)), new OciLimits { MaxUnpackedBytes = 1000 }),
            (new RawTar().Pax(("path", deep)).Header("x"), new OciLimits()),
            (Attributes("a", "b"), new OciLimits { MaxTreeBytes = 1500 }),
        };
        foreach (var (layer, limits) in cases)
        {
            var failure = await Assert.ThrowsAsync<OciException>(() => OpenAsync(new ImageFileSystemOptions { Limits = limits }, layer));
            Assert.Equal(OciError.LimitExceeded, failure.Error);
        }
    }

    [Fact]
    public async Task AttributesThatAreReplaced_DoNotCount()
    {
        using var files = await OpenAsync(
            new ImageFileSystemOptions { Limits = new OciLimits { MaxTreeBytes = 1500 } },
            new RawTar().Pax(("SCHILY.xattr.user.a", new string('x', 1000))).Header("d/", '5'),
            new RawTar().Pax(("SCHILY.xattr.user.a", new string('y', 1000))).Header("d/", '5'));

        Assert.Equal((byte)'y', files.Find("d")!.ExtendedAttributes["user.a"].Span[0]);
    }

    [Fact]
    public async Task Refuses_APathThatLinksMakeLongerThanAnyProgramOpens()
    {
        var half = string.Join('/', Enumerable.Repeat(new string('d', 250), 8));
        var failure = await Assert.ThrowsAsync<OciException>(() => OpenAsync(new RawTar()
            .Pax(("path", half)).Header("x", '5').Pax(("linkpath", half)).Header("one", '2', link: "x")
            .Pax(("path", $"one/{half}")).Header("x", '5').Pax(("linkpath", $"one/{half}")).Header("two", '2', link: "x")
            .Pax(("path", "two/" + new string('f', 250))).Header("x")));

        Assert.Equal(OciError.LimitExceeded, failure.Error);
        Assert.Contains("4096", failure.Message);
    }

    [Fact]
    public async Task Refuses_LinksThatTakeLongToFollow_OnTheWayOfManyFiles()
    {
        var climbing = string.Concat(Enumerable.Repeat("d/../", 200));
        var layer = new RawTar().Header("d/", '5').Pax(("linkpath", climbing)).Header("l", '2', link: "x");
        for (var i = 0; i < 20; i++)
        {
            layer.Header($"l/l/l/l/file{i}");
        }

        var failure = await Assert.ThrowsAsync<OciException>(
            () => OpenAsync(new ImageFileSystemOptions { Limits = new OciLimits { MaxLayerEntries = 100 } }, layer));

        Assert.Equal(OciError.LimitExceeded, failure.Error);
        Assert.Contains("links", failure.Message);
    }

    [Fact]
    public async Task ManyWhiteouts_LookThroughManyFilesOnce()
    {
        const int Many = 40_000;
        var upper = new RawTar();
        for (var i = 0; i < Many; i++)
        {
            upper.Header($"d/new{i}").Header("d/.wh..wh..opq").Header(".wh.d");
        }

        using var files = await OpenAsync(
            new RawTar().File("d/old", "1"), upper, new RawTar().File("d/last", "3").Header("d/.wh..wh..opq"));

        Assert.Equal(["/d", "/d/last"], files.Entries.Select(entry => entry.Path));
    }

    private static RawTar Attributes(params string[] names) => names.Aggregate(
        new RawTar(), (layer, name) => layer.Pax(("SCHILY.xattr.user.a", new string('x', 1000))).Header(name));

    [Fact]
    public async Task TheScratchFile_HasNoName_AndContentsCanBeReadSideBySide()
    {
        var scratch = Directory.CreateDirectory(Path.Combine(_directory.Path, "scratch")).FullName;
        using var files = await OpenAsync(new ImageFileSystemOptions { ScratchDirectory = scratch }, new RawTar().File("a", "1111").File("b", "2222"));

        Assert.Empty(Directory.GetFileSystemEntries(scratch));
        using var a = files.OpenRead(files.Find("a")!);
        using var b = files.OpenRead(files.Find("b")!);
        Assert.Equal(('1', '2'), ((char)a.ReadByte(), (char)b.ReadByte()));
        b.Position = 3;
        Assert.Equal('2', (char)b.ReadByte());
        Assert.Equal(-1, b.ReadByte());
        Assert.Equal(OciError.LimitExceeded, Assert.Throws<OciException>(() => files.ReadAllBytes(files.Find("a")!, 3)).Error);
        Assert.Throws<ArgumentException>(() => files.OpenRead(files.Root));
    }

    [Fact]
    public async Task Unpacking_WritesWhatIsThere()
    {
        using var files = await OpenAsync(new RawTar()
            .Header("d/", '5', mode: "0000700").File("d/f", "content").Header("d/h", '1', link: "d/f").Header("d/l", '2', link: "f")
            .Header("setuid", mode: "0006755").Header("dev/null", '3').Header("pipe", '6'));

        var report = await files.UnpackAsync(Target, new UnpackOptions { SpecialFiles = SpecialFileTreatment.Skip }, default);

        Assert.Equal("content", File.ReadAllText(Path.Combine(Target, "d", "l")));
        File.WriteAllText(Path.Combine(Target, "d", "h"), "changed");
        Assert.Equal("changed", File.ReadAllText(Path.Combine(Target, "d", "f")));
        Assert.Equal(["/dev/null", "/pipe"], report.Skipped);
        Assert.Equal(7, report.Bytes);
        Assert.Empty(report.RewrittenLinks);
        Assert.False(File.Exists(Path.Combine(Target, "dev", "null")));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal("755", Convert.ToString((int)File.GetUnixFileMode(Path.Combine(Target, "setuid")), 8));
            Assert.Equal("700", Convert.ToString((int)File.GetUnixFileMode(Path.Combine(Target, "d")), 8));
        }

        Assert.Equal(DateTime.UnixEpoch, Directory.GetLastWriteTimeUtc(Path.Combine(Target, "d")));
        Assert.Equal(["rootfs"], Directory.GetFileSystemEntries(_directory.Path).Select(Path.GetFileName));
    }

    [Fact]
    public async Task Unpacked_NoLinkLeadsOut()
    {
        var secret = Path.Combine(_directory.Path, "secret");
        File.WriteAllText(secret, "outside");
        using var files = await OpenAsync(new RawTar()
            .File("etc/passwd", "inside").Header("abs", '2', link: "/etc/passwd").Header("climb", '2', link: "../secret")
            .Header("exact", '2', link: secret).Header("sub/deep/top", '2', link: "/").Header("through", '2', link: "sub/deep/top/../secret")
            .Header("sub/deep/up", '2', link: "../../../secret").Header("ok", '2', link: "sub/../etc/passwd").Header("l1", '2', link: "l2/../../secret")
            .Header("l2", '2', link: "l1"));

        var report = await files.UnpackAsync(Target, null, default);

        Assert.Equal("inside", File.ReadAllText(Path.Combine(Target, "abs")));
        Assert.Equal("inside", File.ReadAllText(Path.Combine(Target, "ok")));
        Assert.Equal("sub/../etc/passwd", new FileInfo(Path.Combine(Target, "ok")).LinkTarget);
        foreach (var link in (string[])["climb", "exact", "through", "sub/deep/up", "l1", "l2"])
        {
            Assert.ThrowsAny<IOException>(() => File.ReadAllText(Path.Combine(Target, link)));
        }

        Assert.Equal("inside", File.ReadAllText(Path.Combine(Target, "sub/deep/top/etc/passwd")));
        Assert.Contains("/climb", report.RewrittenLinks);

        using var again = await OpenAsync(new RawTar().Header("abs", '2', link: "/etc/passwd"));
        await again.UnpackAsync(Target + "2", new UnpackOptions { Links = LinkTreatment.VerbatimLeadingAnywhere }, default);
        Assert.Equal("/etc/passwd", new FileInfo(Path.Combine(Target + "2", "abs")).LinkTarget);
    }

    [Fact]
    public async Task Unpacking_LeavesNothing_WhenItIsRefused()
    {
        using var files = await OpenAsync(new RawTar().File("a", "x").Header("z", '4'));

        var failure = await Assert.ThrowsAsync<OciException>(() => files.UnpackAsync(Target, null, default));

        Assert.Equal(OciError.MalformedLayer, failure.Error);
        Assert.Empty(Directory.GetFileSystemEntries(_directory.Path));
    }

    [Fact]
    public async Task Unpacking_NeverWritesToADirectoryThatHoldsSomething()
    {
        Directory.CreateDirectory(Target);
        using var files = await OpenAsync(new RawTar().File("a", "x"));
        await files.UnpackAsync(Target, null, default);

        var failure = await Assert.ThrowsAsync<OciException>(() => files.UnpackAsync(Target, null, default));

        Assert.Equal(OciError.Storage, failure.Error);
        Assert.Equal(["a"], Directory.GetFileSystemEntries(Target).Select(Path.GetFileName));
    }

    [Fact]
    public async Task ManyNamesOfOneFile_DoNotFillTheDisk()
    {
        var layer = new RawTar().File("f", new string('x', 100_000));
        Enumerable.Range(0, 200).ToList().ForEach(i => layer.Header($"h{i}", '1', link: "f"));
        using var files = await OpenAsync(layer);

        Assert.Equal(100_000, (await files.UnpackAsync(Target, null, default)).Bytes);
    }

    [Fact]
    public async Task Umoci_UnpacksTheSameTree()
    {
        Assert.SkipWhen(!File.Exists("/usr/bin/umoci"), "umoci is not installed");
        RawTar[] layers =
        [
            new RawTar().Header("usr/lib/", '5').Header("lib", '2', link: "usr/lib").File("d/a", "1").File("d/b", "1").File("o/x", "1").File("f", "1"),
            new RawTar().Header("d/", '5', mode: "0000700").File("lib/c", "2").Header("d/.wh.a").Header("o/.wh..wh..opq").File("o/y", "2").Header("h", '1', link: "f"),
            new RawTar().File("d/sub/z", "3").Header(".wh.f"),
        ];
        using var files = await OpenAsync(layers);
        await files.UnpackAsync(Target, null, default);

        var unpacked = await ChildProgram.RunAsync("umoci", ["unpack", "--rootless", "--image", $"{_directory.Path}/layout:v1", $"{_directory.Path}/bundle"]);

        Assert.True(unpacked.ExitCode == 0, unpacked.Error);
        var compared = await ChildProgram.RunAsync("diff", ["-r", "--no-dereference", Target, $"{_directory.Path}/bundle/rootfs"]);
        Assert.Equal("", compared.Output + compared.Error);
    }

    public sealed record HostileLayer(RawTar Layer);

    private string Target => Path.Combine(_directory.Path, "rootfs");

    private static string Text(ImageFileSystem files, string path) =>
        Encoding.UTF8.GetString(files.ReadAllBytes(files.Find(path) ?? throw new InvalidOperationException(path), 1000));

    private Task<ImageFileSystem> OpenAsync(params RawTar[] layers) => OpenAsync(new ImageFileSystemOptions(), layers);

    private async Task<ImageFileSystem> OpenAsync(ImageFileSystemOptions options, params RawTar[] layers)
    {
        var path = Path.Combine(_directory.Path, "layout");
        try
        {
            var layout = OciLayout.OpenOrCreate(path);
            var descriptors = new List<Descriptor>();
            foreach (var layer in layers.Select(layer => layer.End()))
            {
                var descriptor = Descriptor.Of(MediaTypes.Layer, layer);
                await layout.WriteAsync(descriptor, new MemoryStream(layer), default);
                descriptors.Add(descriptor);
            }

            var config = new ImageConfig { Platform = Platform.LinuxAmd64, DiffIds = [.. descriptors.Select(d => d.Digest)] }.Write();
            var configDescriptor = Descriptor.Of(MediaTypes.Config, config);
            await layout.WriteAsync(configDescriptor, new MemoryStream(config), default);
            await Layout.SampleImage.WriteManifestAsync(layout, new ImageManifest { Config = configDescriptor, Layers = descriptors }, "v1");
            return await ImageFileSystem.OpenAsync(await Image.FindAsync(layout, "v1", null, null, default), options, default);
        }
        finally
        {
            if (layers.Length < 3)
            {
                Directory.Delete(path, recursive: true);                   // the tree needs the layout no longer; the last test does
            }
        }
    }
}
