using Casemate.KataPolicy.Layers;
using Casemate.Testing;

namespace Casemate.KataPolicy.Tests.Layers;

/// <summary>What was computed of layers, kept in a directory.</summary>
public sealed class LayerRootDirectoryTests : IDisposable
{
    private readonly TemporaryDirectory _temporary = new();
    private readonly SampleLayer _layer = TarfsRootTests.Small().Complete();

    private string Path => _temporary.File("cache/layers");

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public async Task KnownLayer_IsNotReadAgain_AndSaysTheSame()
    {
        var first = await ComputeAsync();
        var second = await ComputeAsync();

        Assert.Equal(1, _layer.Opened);
        Assert.Equal(first.RootHash, second.RootHash);
        Assert.Equal(first.DeviceBytes, second.DeviceBytes);
        Assert.Equal(first.Files[0].Content.ToArray(), second.Files[0].Content.ToArray());
        Assert.Equal(first.Files.Select(file => (file.Path, file.State)), second.Files.Select(file => (file.Path, file.State)));
    }

    [Fact]
    public async Task OtherForm_IsAnotherEntry()
    {
        _ = await ComputeAsync();
        _ = await ComputeAsync(LayerProfile.TarfsV1);

        Assert.Equal(2, _layer.Opened);
        Assert.Equal(2, Directory.GetFiles(Path).Length);
    }

    [Fact]
    public async Task EveryDamagedByte_IsNoticed_AndMendedByComputingAgain()
    {
        var root = await ComputeAsync();
        var file = Assert.Single(Directory.GetFiles(Path));
        var good = await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken);
        for (var at = 0; at < good.Length; at += 7)
        {
            var bad = (byte[])good.Clone();
            bad[at] ^= 1;
            await File.WriteAllBytesAsync(file, bad, TestContext.Current.CancellationToken);
            Assert.Null(await new LayerRootDirectory(Path).FindAsync(root.DiffId, root.Profile, TestContext.Current.CancellationToken));
        }

        Assert.Equal(root.RootHash, (await ComputeAsync()).RootHash);
        Assert.Equal(good, await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task EntryOfAnotherLayer_IsNotBelieved()
    {
        var root = await ComputeAsync();
        var other = TarfsRootTests.Small().File("more", "1").Complete();
        File.Copy(Assert.Single(Directory.GetFiles(Path)), System.IO.Path.Combine(Path, $"sha256-{other.DiffId.Hex}.tarfs.json"));

        Assert.Null(await new LayerRootDirectory(Path).FindAsync(other.DiffId, root.Profile, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task DirectoryThatOthersMayWriteTo_IsNotUsed()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("Permission bits are those of Unix.");
            return;
        }

        _ = await ComputeAsync();
        File.SetUnixFileMode(Path, (UnixFileMode)0x1FF);

        Assert.NotNull(new LayerRootDirectory(Path).Problem);
        _ = await ComputeAsync();
        Assert.Equal(2, _layer.Opened);
    }

    [Fact]
    public async Task DirectoryThatCannotBe_CostsNothingButTime()
    {
        await File.WriteAllTextAsync(_temporary.File("cache"), "a file", TestContext.Current.CancellationToken);

        Assert.Equal(64, (await ComputeAsync()).RootHash.Length);
    }

    [Fact]
    public async Task SeveralAtOnce_LeaveOneGoodEntry()
    {
        await Parallel.ForAsync(0, 16, TestContext.Current.CancellationToken, async (_, _) =>
        {
            var layer = TarfsRootTests.Small().Complete();
            _ = await new LayerRoots(new LayerRootDirectory(Path)).ComputeAsync(layer, layer.Descriptor, layer.DiffId, LayerProfile.Tarfs);
        });

        Assert.Single(Directory.GetFiles(Path));
        _ = await ComputeAsync();
        Assert.Equal(0, _layer.Opened);
    }

    [Theory]
    [InlineData("/l", "/x", "/h", "/l")]
    [InlineData(null, "/x", "/h", "/x/casemate/layers")]
    [InlineData(null, "x", "/h", "/h/.cache/casemate/layers")]
    [InlineData("", "", "", null)]
    public void DefaultPlace_IsThatOfTheEnvironment(string? named, string? cache, string? home, string? expected) => Assert.Equal(
        expected, LayerRootDirectory.DefaultPath(name => name switch { "CASEMATE_LAYER_CACHE" => named, "XDG_CACHE_HOME" => cache, _ => home }));

    private Task<LayerRoot> ComputeAsync(LayerProfile profile = LayerProfile.Tarfs) => new LayerRoots(new LayerRootDirectory(Path)).ComputeAsync(
        _layer, _layer.Descriptor, _layer.DiffId, profile, cancel: TestContext.Current.CancellationToken);
}
