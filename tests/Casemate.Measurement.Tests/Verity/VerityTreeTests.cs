using Casemate.Measurement.Verity;

namespace Casemate.Measurement.Tests.Verity;

/// <summary>A stored tree held against data and root.</summary>
public sealed class VerityTreeTests
{
    private readonly byte[] _data = VerityPeerTests.Noise(300 * 4096, 9);

    [Theory]
    [InlineData(VerityProfile.Cryptsetup, 300)]
    [InlineData(VerityProfile.Cryptsetup, 128)]
    [InlineData(VerityProfile.Cryptsetup, 1)]
    [InlineData(VerityProfile.Hcsshim, 128)]
    [InlineData(VerityProfile.Hcsshim, 1)]
    public async Task Accepts_WhatItWrote(VerityProfile profile, int blocks)
    {
        var options = new VerityOptions { Profile = profile, DataBlocks = blocks };
        var tree = new MemoryStream();
        var root = await Measurement.Verity.Verity.WriteTreeAsync(Data, tree, options, cancel: TestContext.Current.CancellationToken);
        tree.Position = 0;

        Assert.Equal(root.TreeBlocks * 4096, tree.Length);
        Assert.Equal(root.Hex, (await VerifyAsync(tree, root.Hash, options)).Hex);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public async Task Refuses_DataThatWasChanged_AndNamesTheBlock(int parallelism)
    {
        var (tree, root) = await WriteAsync();
        _data[150 * 4096] ^= 0x80;

        var refusal = await Assert.ThrowsAsync<VerityException>(() => VerifyAsync(tree, root, new VerityOptions { Parallelism = parallelism }));

        Assert.Equal(VerityError.TreeMismatch, refusal.Error);
        Assert.Contains("data block 150", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refuses_ATreeThatWasChanged_AtEveryLevel()
    {
        var (tree, root) = await WriteAsync();
        foreach (var at in new[] { 5, 4096 + 5, 2 * 4096 + 4000, 4000 })
        {
            tree.GetBuffer()[at] ^= 1;
            tree.Position = 0;
            Assert.Equal(
                VerityError.TreeMismatch, (await Assert.ThrowsAsync<VerityException>(() => VerifyAsync(tree, root, new VerityOptions()))).Error);
            tree.GetBuffer()[at] ^= 1;
        }
    }

    [Fact]
    public async Task Refuses_AnotherRoot()
    {
        var (tree, _) = await WriteAsync();

        var refusal = await Assert.ThrowsAsync<VerityException>(() => VerifyAsync(tree, new byte[32], new VerityOptions()));

        Assert.Equal(VerityError.RootMismatch, refusal.Error);
    }

    [Fact]
    public async Task Refuses_ATreeThatEndsEarly()
    {
        var (tree, root) = await WriteAsync();
        tree.SetLength(tree.Length - 1);

        Assert.Equal(
            VerityError.TreeTooShort, (await Assert.ThrowsAsync<VerityException>(() => VerifyAsync(tree, root, new VerityOptions()))).Error);
    }

    private MemoryStream Data => new(_data);

    private async Task<(MemoryStream Tree, ReadOnlyMemory<byte> Root)> WriteAsync()
    {
        var tree = new MemoryStream();
        var root = await Measurement.Verity.Verity.WriteTreeAsync(Data, tree, cancel: TestContext.Current.CancellationToken);
        tree.Position = 0;
        return (tree, root.Hash);
    }

    private Task<VerityRoot> VerifyAsync(MemoryStream tree, ReadOnlyMemory<byte> root, VerityOptions options) =>
        Measurement.Verity.Verity.VerifyAsync(Data, tree, root, options, cancel: TestContext.Current.CancellationToken);
}
