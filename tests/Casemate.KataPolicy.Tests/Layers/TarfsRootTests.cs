using System.Globalization;
using Casemate.KataPolicy.Layers;
using Casemate.Oci;
using Casemate.Oci.Tar;
using Casemate.Testing;

namespace Casemate.KataPolicy.Tests.Layers;

/// <summary>Roots of tarfs devices, held against a program that was written from the description of the format and shares no code.</summary>
public sealed class TarfsRootTests
{
    [Theory]
    [InlineData(LayerProfile.Tarfs)]
    [InlineData(LayerProfile.TarfsV1)]
    public async Task OrdinaryLayer_HasTheRootOfTheIndependentProgram(LayerProfile profile) => await HoldAgainstPeerAsync(
        new SampleLayer().Directory("etc").File("etc/passwd", "root:x:0:0::/:/bin/sh\n").Directory("usr").Directory("usr/bin", user: 1000)
            .File("usr/bin/app", new byte[300_000], 0x1ED, 1000, 1000, 0x1_1234_5678).Link("bin", "usr/bin").Link("usr/bin/b", "usr/bin/app", TarEntryKind.HardLink)
            .Device("dev/null", 1, 3).Device("dev/sda", 8, 0x12345, TarEntryKind.BlockDevice).Add(new TarEntry("run/pipe", TarEntryKind.Fifo))
            .File("usr/\u00fcber/\U0001F600", "x").File("usr/\uff21", "y").File(string.Join('/', Enumerable.Repeat("deep", 60)), "z"),
        profile);

    [Theory]
    [InlineData(LayerProfile.Tarfs)]
    [InlineData(LayerProfile.TarfsV1)]
    public async Task Whiteouts_HaveTheRootOfTheIndependentProgram(LayerProfile profile) => await HoldAgainstPeerAsync(
        new SampleLayer().Directory("a").File("a/.wh.gone", "").File("a/.wh..wh..opq", "").File("b/kept", "1", 0x1FF).File("b/.wh.kept", "")
            .File(".wh.c", "").Directory("c").File("d/.wh..wh..opq", ""),
        profile);

    [Theory]
    [InlineData(LayerProfile.Tarfs)]
    [InlineData(LayerProfile.TarfsV1)]
    public async Task OddOrder_HasTheRootOfTheIndependentProgram(LayerProfile profile) => await HoldAgainstPeerAsync(
        new SampleLayer().File("x/y/z", "1").Directory("x").File("x/again", "2").Directory("./").File("after/root", "3").Link("l", "missing/target", TarEntryKind.HardLink)
            .File("f", "4").Link("g", "f", TarEntryKind.HardLink).File("f", "longer than before").Link("h", "../f", TarEntryKind.HardLink)
            .Link("long", new string('t', 101)).Link("fits", new string('t', 100)).File("../outside", "5").File("a/../b/./c//d", "6").Link("s", "a").File("s/below", "7"),
        profile);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task RandomLayers_HaveTheRootOfTheIndependentProgram(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 6; round++)
        {
            var layer = new SampleLayer();
            var names = new List<string>();
            for (var i = 0; i < 60; i++)
            {
                var path = string.Join('/', Enumerable.Range(0, random.Next(1, 4)).Select(depth => $"{"abcd"[random.Next(4)]}{random.Next(3) + 10 * depth}d"));
                path += random.Next(3) == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"/f{i}");
                switch (random.Next(9))
                {
                    case 0:
                        layer.Directory(path, random.Next(0x1000), random.Next(3000), random.Next());
                        break;
                    case 1:
                        layer.Link(path + "l", "target" + i);
                        break;
                    case 2 when names.Count > 0:
                        layer.Link(path + "h", names[random.Next(names.Count)], TarEntryKind.HardLink);
                        break;
                    case 3:
                        layer.File($"{path}/../.wh.{(random.Next(2) == 0 ? ".wh..opq" : "gone")}", "");
                        break;
                    default:
                        names.Add(path + "r");
                        layer.File(path + "r", new byte[random.Next(6000)], random.Next(0x1000), random.Next(3000), random.Next(3000), random.Next());
                        break;
                }
            }

            await HoldAgainstPeerAsync(layer, (LayerProfile)random.Next(2), random.Next(20) * 512);
        }
    }

    // The older form need not end with a whole block. Sizes around the end of a full subtree of 128 blocks, in steps of a sector.
    [Fact]
    public async Task OlderForm_WithBytesBehindItsLastWholeBlock_HasTheRootOfTheIndependentProgram()
    {
        foreach (var sectors in Enumerable.Range(0, 17))
        {
            await HoldAgainstPeerAsync(new SampleLayer().File("f", new byte[512 * 1012]), LayerProfile.TarfsV1, 1024 + sectors * 512);
        }
    }

    [Fact]
    public async Task EveryFlippedByteOfTheArchive_ChangesTheRoot_OrIsRefused()
    {
        var layer = new SampleLayer().Directory("d").File("d/f", new byte[3000]).Link("l", "d/f").Complete();
        var whole = (await RootAsync(layer, LayerProfile.Tarfs)).RootHash;
        var random = new Random(7);
        for (var i = 0; i < 200; i++)
        {
            var changed = layer.Tar;
            changed[random.Next(changed.Length)] ^= (byte)(1 << random.Next(8));
            try
            {
                Assert.NotEqual(whole, (await RootAsync(new SampleLayer().Raw(changed).Complete(endBytes: 0), LayerProfile.Tarfs)).RootHash);
            }
            catch (Exception refused) when (refused is OciException or LayerException)
            {
                Assert.NotEmpty(refused.Message);
            }
        }
    }

    [Theory]
    [InlineData("tarfs")]
    [InlineData("ext4")]
    public async Task Compression_DoesNotMatter(string name)
    {
        var profile = name == "ext4" ? LayerProfile.Ext4 : LayerProfile.Tarfs;
        var plain = await RootAsync(Small().Complete(), profile);
        var packed = await RootAsync(Small().Complete(compress: true), profile);
        var zstandard = await RootAsync(Small().Complete(zstandard: true), profile);

        Assert.Equal(plain.RootHash, packed.RootHash);
        Assert.Equal(plain.RootHash, zstandard.RootHash);
    }

    [Fact]
    public async Task Refuses_ALayerThatIsNotThePromisedOne()
    {
        var layer = Small().Complete();

        var refusal = await Assert.ThrowsAsync<OciException>(
            () => new LayerRoots().ComputeAsync(layer, layer.Descriptor, Digest.Of([1]), LayerProfile.Tarfs, cancel: TestContext.Current.CancellationToken));

        Assert.Equal(OciError.DigestMismatch, refusal.Error);
    }

    [Fact]
    public async Task Refuses_ZstandardThatIsCutOff()
    {
        var layer = new SampleLayer().Raw([0x28, 0xB5, 0x2F, 0xFD, 0, 0x50, 0, 0]).Complete(endBytes: 0);

        var refusal = await Assert.ThrowsAsync<OciException>(() => RootAsync(layer, LayerProfile.Tarfs));

        Assert.Equal(OciError.MalformedLayer, refusal.Error);
        Assert.Contains("zstd; at byte 6: the data ends where a block's header is expected", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refuses_WhatLiesBelowAFile()
    {
        var layer = new SampleLayer().File("f", "1").Link("f/x", "f", TarEntryKind.HardLink).Complete();

        Assert.Equal(LayerError.UnsupportedEntry, (await Assert.ThrowsAsync<LayerException>(() => RootAsync(layer, LayerProfile.Tarfs))).Error);
    }

    [Fact]
    public async Task Refuses_ADirectoryThatTakesTooMuchMemory()
    {
        var layer = new SampleLayer();
        for (var i = 0; i < 200; i++)
        {
            layer.Directory($"{i}/{string.Join('/', Enumerable.Repeat("d", 1000))}");
        }

        layer.Complete(compress: true);
        var limits = OciLimits.Default with { MaxTreeBytes = 8 << 20 };

        var refusal = await Assert.ThrowsAsync<LayerException>(
            () => new LayerRoots(limits: limits).ComputeAsync(layer, layer.Descriptor, layer.DiffId, LayerProfile.Tarfs, cancel: TestContext.Current.CancellationToken));

        Assert.Equal(LayerError.LimitExceeded, refusal.Error);
    }

    internal static SampleLayer Small() => new SampleLayer().Directory("etc").File("etc/passwd", "root:x:0:0::/:/bin/sh\n").File("app", new byte[10_000], 0x1ED);

    internal static Task<LayerRoot> RootAsync(SampleLayer layer, LayerProfile profile) =>
        new LayerRoots().ComputeAsync(layer, layer.Descriptor, layer.DiffId, profile, cancel: TestContext.Current.CancellationToken);

    private static async Task HoldAgainstPeerAsync(SampleLayer layer, LayerProfile profile, int endBytes = 1024)
    {
        layer.Complete(compress: endBytes % 1024 == 0, endBytes);
        using var directory = new TemporaryDirectory();
        await File.WriteAllBytesAsync(directory.File("layer.tar"), layer.Tar, TestContext.Current.CancellationToken);
        var run = await ChildProgram.RunAsync(
            "python3", ["-B", Path.Combine(RepositoryPaths.Root, "tests", "independent", "tarfs_root.py"),
            profile is LayerProfile.Tarfs ? "tarfs" : "tarfs-v1", directory.File("layer.tar")]);
        Assert.True(run.ExitCode == 0, run.Error);
        var root = await RootAsync(layer, profile);

        Assert.Equal(run.Output.Trim(), string.Create(CultureInfo.InvariantCulture, $"{root.DeviceBytes} {root.RootHash}"));
    }
}
