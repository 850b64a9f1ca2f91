using System.Globalization;
using System.Text;
using Casemate.KataPolicy.Layers;
using Casemate.Measurement.Verity;
using Casemate.Oci.Tar;
using Casemate.Testing;

namespace Casemate.KataPolicy.Tests.Layers;

/// <summary>Layers as ext4 images, read by e2fsprogs.</summary>
public sealed class Ext4LayerTests
{
    [Fact]
    public async Task Image_HoldsWhatTheLayerHolds()
    {
        var content = new byte[300_001];
        new Random(1).NextBytes(content);
        var layer = new SampleLayer().Directory("etc", 0x1C0, user: 70_000, time: 1_600_000_000).File("etc/passwd", "root\n", time: 0x1_0000_0000)
            .File("big", content, 0x9ED, 1, 2).File("empty", "").Link("short", "etc/passwd").Link("long", new string('t', 100)).Link("edge", new string('e', 59))
            .Link("edge60", new string('e', 60)).Link("twin", "big", TarEntryKind.HardLink).Device("null", 1, 3).Device("disk", 259, 70_000, TarEntryKind.BlockDevice)
            .Add(new TarEntry("pipe", TarEntryKind.Fifo)).File("etc/.wh.gone", "").File("etc/.wh..wh..opq", "").Complete(compress: true);
        using var image = await Ext4Image.OfAsync(layer);

        await image.RequireCleanAsync();
        Assert.Equal(content, await image.ContentAsync("/big"));
        Assert.Equal(content, await image.ContentAsync("/twin"));
        Assert.Equal("root\n"u8.ToArray(), await image.ContentAsync("/etc/passwd"));
        var big = await image.AskAsync("stat /big");
        Assert.Matches(@"Mode:\s+04755", big);
        Assert.Matches(@"User:\s+1\s+Group:\s+2", big);
        Assert.Matches(@"Links: 2", big);
        var etc = await image.AskAsync("stat /etc");
        Assert.Matches(@"User:\s+70000", etc);
        Assert.Contains("Sep 13", etc, StringComparison.Ordinal);
        Assert.Contains("trusted.overlay.opaque (1) = \"y\"", etc, StringComparison.Ordinal);
        Assert.Contains("2106", await image.AskAsync("stat /etc/passwd"), StringComparison.Ordinal);
        Assert.Contains("Fast link dest: \"etc/passwd\"", await image.AskAsync("stat /short"), StringComparison.Ordinal);
        Assert.Equal(new string('t', 100), Encoding.ASCII.GetString(await image.ContentAsync("/long")));
        Assert.Matches(@"Type: symlink.*Mode:\s+0777", (await image.AskAsync("stat /edge60")).Replace('\n', ' '));
        Assert.Contains("01:03", await image.AskAsync("stat /null"), StringComparison.Ordinal);
        Assert.Matches(@"259:70000|0103:11170|\(New-style\)", await image.AskAsync("stat /disk"));
        Assert.Contains("character special", await image.AskAsync("stat /etc/gone"), StringComparison.Ordinal);
        Assert.Contains("FIFO", await image.AskAsync("stat /pipe"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Root_IsThatOfTheImage_ByTheRulesOfHcsshim()
    {
        var layer = TarfsRootTests.Small().Complete();
        using var image = await Ext4Image.OfAsync(layer);
        var root = await TarfsRootTests.RootAsync(layer, LayerProfile.Ext4);

        Assert.Equal(new FileInfo(image.Path).Length, root.DeviceBytes);
        var run = await ChildProgram.RunAsync(
            "python3", ["-B", Path.Combine(RepositoryPaths.Root, "tests", "independent", "verity_root.py"), "--profile", "hcsshim", image.Path]);
        Assert.Equal(run.Output.Trim(), root.RootHash);
        Assert.Equal("root:x:0:0::/:/bin/sh\n", Encoding.ASCII.GetString(root.Files[0].Content.Span));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task RandomLayers_AreClean_AndHaveTheRootOfTheirImage(int seed)
    {
        var random = new Random(seed);
        var layer = new SampleLayer();
        var files = new Dictionary<string, byte[]>();
        var directories = new List<string> { "." };
        for (var i = 0; i < 400; i++)
        {
            var parent = directories[random.Next(directories.Count)];
            var path = string.Create(CultureInfo.InvariantCulture, $"{parent}/{new string("abc"[random.Next(3)], random.Next(1, 90))}{i}");
            switch (random.Next(6))
            {
                case 0:
                    layer.Directory(path, random.Next(0x1000), random.Next(100_000), random.Next());
                    directories.Add(path);
                    break;
                case 1:
                    layer.Link(path, new string('x', random.Next(1, 300)));
                    break;
                case 2 when files.Count > 0:
                    var target = files.ElementAt(random.Next(files.Count));
                    layer.Link(path, target.Key, TarEntryKind.HardLink);
                    break;
                case 3:
                    layer.Add(new TarEntry(path, TarEntryKind.File) { ExtendedAttributes = Attributes(random) });
                    break;
                default:
                    var content = new byte[random.Next(3) == 0 ? 0 : random.Next(20_000)];
                    random.NextBytes(content);
                    layer.File(path, content, random.Next(0x1000), random.Next(100_000), random.Next(100_000), random.Next());
                    files[path] = content;
                    break;
            }
        }

        layer.Complete();
        using var image = await Ext4Image.OfAsync(layer);

        await image.RequireCleanAsync();
        Assert.Equal(
            Verity.Root(new MemoryStream(await image.BytesAsync()), new VerityOptions { Profile = VerityProfile.Hcsshim }).Hex,
            (await TarfsRootTests.RootAsync(layer, LayerProfile.Ext4)).RootHash);
        foreach (var (path, content) in files.Where((_, i) => i % 20 == 0))
        {
            Assert.Equal(content, await image.ContentAsync("/" + path));
        }
    }

    [Fact]
    public async Task ExtendedAttributes_AreInTheInodeOrInABlock()
    {
        var attributes = new Dictionary<string, ReadOnlyMemory<byte>>
        {
            ["security.capability"] = new byte[] { 1, 0, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 },
            ["user.large"] = new byte[2000],
            ["user.b"] = "x"u8.ToArray(),
        };
        var layer = new SampleLayer().Add(new TarEntry("f", TarEntryKind.File) { ExtendedAttributes = attributes })
            .Add(new TarEntry("d", TarEntryKind.Directory) { ExtendedAttributes = attributes }).File("after", "1").File("d/.wh..wh..opq", "").Complete();
        using var image = await Ext4Image.OfAsync(layer);

        await image.RequireCleanAsync();
        foreach (var name in attributes.Keys)
        {
            Assert.Contains(name, await image.AskAsync("ea_list /f"), StringComparison.Ordinal);
            Assert.Contains(name, await image.AskAsync("ea_list /d"), StringComparison.Ordinal);
        }

        Assert.Contains("trusted.overlay.opaque", await image.AskAsync("ea_list /d"), StringComparison.Ordinal);
        Assert.Equal(
            Verity.Root(new MemoryStream(await image.BytesAsync()), new VerityOptions { Profile = VerityProfile.Hcsshim }).Hex,
            (await TarfsRootTests.RootAsync(layer, LayerProfile.Ext4)).RootHash);
    }

    [Fact]
    public async Task LargeFile_HasABlockOfExtents_AndSeveralGroups()
    {
        const int pieceBytes = 1 << 20, pieces = 700;
        using var image = new Ext4Image();
        var writer = new Ext4Writer(image, 1 << 20, "sample");
        writer.Create(["f"], new Ext4File(UnixMode.Regular | 0x1A4, 0, 0, (long)pieces * pieceBytes), "f");
        for (var i = 0; i < pieces; i++)
        {
            writer.Write(new byte[pieceBytes]);
        }

        writer.Complete();
        image.Complete();

        await image.RequireCleanAsync();
        Assert.Contains("Size: 734003200", await image.AskAsync("stat /f"), StringComparison.Ordinal);
    }

    public static TheoryData<string> NotCertain => ["parent", "twice", "file and directory", "below a file", "link to nothing", "link to directory", "long name", "link over a file"];

    [Theory]
    [MemberData(nameof(NotCertain))]
    public async Task Refuses_WhatTheReferenceRefuses_OrDoesDifferentlyEachTime(string which)
    {
        var layer = which switch
        {
            "parent" => new SampleLayer().File("d/f", "1"),
            "twice" => new SampleLayer().File("f", "1").File("f", "2"),
            "file and directory" => new SampleLayer().File("f", "").Directory("f"),
            "below a file" => new SampleLayer().File("f", "1").File("f/g", "2"),
            "link to nothing" => new SampleLayer().Link("l", "nothing", TarEntryKind.HardLink),
            "link to directory" => new SampleLayer().Directory("d").Link("l", "d", TarEntryKind.HardLink),
            "long name" => new SampleLayer().File(new string('n', 256), ""),
            _ => new SampleLayer().File("a", "1").File("b", "2").Link("b", "a", TarEntryKind.HardLink),
        };

        var refusal = await Assert.ThrowsAsync<LayerException>(() => TarfsRootTests.RootAsync(layer.Complete(), LayerProfile.Ext4));

        Assert.Equal(LayerError.UnsupportedEntry, refusal.Error);
    }

    [Fact]
    public async Task DirectoryWhoseEntryComesLater_IsCertain()
    {
        using var image = await Ext4Image.OfAsync(new SampleLayer().File("d/f", "1").Directory("d", 0x1C0).Complete());

        await image.RequireCleanAsync();
        Assert.Matches(@"Mode:\s+0700", await image.AskAsync("stat /d"));
    }

    [Theory]
    [InlineData("0", 0UL)]
    [InlineData("1.5", 1UL | (500_000_000UL << 34))]
    [InlineData("-1", 0xFFFFFFFFFFFFFFFFUL)]
    [InlineData("99999999999", 0x37FFFFFFFUL)]
    [InlineData("-99999999999", 0x80000000UL)]
    [InlineData("7.1234567899", 7UL | (123_456_789UL << 34))]
    public void PaxTimes_AreStoredAsTheReferenceDoes(string text, ulong expected)
    {
        Assert.True(Ext4Time.TryPax(Encoding.ASCII.GetBytes(text), out var time));
        Assert.Equal(expected, time);
    }

    private static Dictionary<string, ReadOnlyMemory<byte>> Attributes(Random random) => Enumerable.Range(0, random.Next(1, 6)).ToDictionary(
        i => string.Create(CultureInfo.InvariantCulture, $"user.{new string('k', random.Next(1, 30))}{i}"),
        _ => (ReadOnlyMemory<byte>)Encoding.ASCII.GetBytes(new string('v', random.Next(0, 300))));
}
