using System.Globalization;
using Casemate.Measurement.Verity;
using Casemate.Testing;

namespace Casemate.Measurement.Tests.Verity;

/// <summary>Roots and stored trees, held against <c>veritysetup</c> over random parameters, and against a program of our own that shares no code.</summary>
public sealed class VerityPeerTests
{
    private static readonly int[] s_blockSizes = [512, 1024, 2048, 4096, 8192, 65536];
    private static readonly int[] s_saltSizes = [0, 1, 20, 32, 55, 56, 64, 119, 200, 256];

    // Around every edge of a tree: one block, a full node, one more, a full second level of small nodes.
    private static readonly int[] s_counts = [1, 2, 3, 15, 16, 17, 127, 128, 129, 255, 256, 257, 300, 1000];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task RootAndTree_AreThoseOf_veritysetup(int seed)
    {
        var random = new Random(seed);
        using var directory = new TemporaryDirectory();
        var (dataPath, theirs, ours) = (directory.File("data"), directory.File("theirs"), directory.File("ours"));
        for (var i = 0; i < 14; i++)
        {
            var salt = new byte[s_saltSizes[random.Next(s_saltSizes.Length)]];
            random.NextBytes(salt);
            var options = new VerityOptions
            {
                Algorithm = (VerityAlgorithm)random.Next(3),
                HashType = random.Next(4) == 0 ? 0 : 1,
                DataBlockSize = s_blockSizes[random.Next(4)],
                HashBlockSize = s_blockSizes[random.Next(s_blockSizes.Length)],
                Salt = salt,
                Parallelism = random.Next(3),
            };
            var data = new byte[(i < s_counts.Length ? s_counts[i] : random.Next(1, 3000)) * options.DataBlockSize];
            random.NextBytes(data);
            await File.WriteAllBytesAsync(dataPath, data, TestContext.Current.CancellationToken);
            File.Delete(theirs);
            Guid? uuid = random.Next(2) == 0 ? new Guid("f81d4fae-7dec-11d0-a765-00a0c91e6bf6") : null;
            var expected = await VeritySetup.FormatAsync(dataPath, theirs, [.. Arguments(options), uuid is null ? "--no-superblock" : $"--uuid={uuid}"]);

            VerityRoot root;
            await using (var tree = File.Create(ours))
            await using (var source = File.OpenRead(dataPath))
            {
                root = await Measurement.Verity.Verity.WriteTreeAsync(source, tree, options, uuid, null, TestContext.Current.CancellationToken);
                Assert.Equal(tree.Length, tree.Position);
            }

            Assert.Equal(expected, root.Hex);
            Assert.Equal(expected, Measurement.Verity.Verity.Root(new MemoryStream(data), options).Hex);
            var stored = await File.ReadAllBytesAsync(ours, TestContext.Current.CancellationToken);
            var peers = await File.ReadAllBytesAsync(theirs, TestContext.Current.CancellationToken);
            if (root.TreeBlocks == 0)
            {
                // Behind a superblock without a tree, the peer writes as many zeros as its way of writing happens to.
                (stored, peers) = ([.. stored.AsSpan().TrimEnd((byte)0)], [.. peers.AsSpan().TrimEnd((byte)0)]);
            }

            Assert.True(stored.AsSpan().SequenceEqual(peers), $"seed {seed}, case {i}: {options}, {data.Length} bytes, uuid {uuid}");
        }
    }

    [Fact]
    public async Task StoredTree_IsAccepted_AndOneFlippedBitIsNot()
    {
        using var directory = new TemporaryDirectory();
        var data = Noise(300 * 4096, 5);
        await File.WriteAllBytesAsync(directory.File("data"), data, TestContext.Current.CancellationToken);
        VerityRoot root;
        await using (var tree = File.Create(directory.File("tree")))
        {
            root = await Measurement.Verity.Verity.WriteTreeAsync(
                new MemoryStream(data), tree, uuid: new Guid("f81d4fae-7dec-11d0-a765-00a0c91e6bf6"), cancel: TestContext.Current.CancellationToken);
        }

        Assert.True(await VeritySetup.AcceptsAsync(directory.File("data"), directory.File("tree"), root.Hex));

        data[200 * 4096 + 17] ^= 1;
        await File.WriteAllBytesAsync(directory.File("data"), data, TestContext.Current.CancellationToken);
        Assert.False(await VeritySetup.AcceptsAsync(directory.File("data"), directory.File("tree"), root.Hex));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(127)]
    [InlineData(128)]
    [InlineData(129)]
    [InlineData(255)]
    [InlineData(256)]
    public async Task RootByTheRulesOfHcsshim_IsThatOfTheIndependentProgram(int blocks)
    {
        using var directory = new TemporaryDirectory();
        var data = Noise(blocks * 4096, blocks);
        await File.WriteAllBytesAsync(directory.File("data"), data, TestContext.Current.CancellationToken);
        foreach (var profile in Enum.GetValues<VerityProfile>())
        {
            var run = await ChildProgram.RunAsync(
                "python3", ["-B", Path.Combine(RepositoryPaths.Root, "tests", "independent", "verity_root.py"), "--profile",
                profile.ToString().ToLowerInvariant(), directory.File("data")]);

            Assert.Equal(run.Output.Trim(), Measurement.Verity.Verity.Root(new MemoryStream(data), new VerityOptions { Profile = profile }).Hex);
        }
    }

    internal static byte[] Noise(int length, int seed)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    private static string[] Arguments(VerityOptions options) =>
    [
        $"--salt={(options.Salt.IsEmpty ? "-" : Convert.ToHexStringLower(options.Salt.Span))}",
        $"--hash={options.Algorithm.ToString().ToLowerInvariant()}",
        string.Create(CultureInfo.InvariantCulture, $"--format={options.HashType}"),
        string.Create(CultureInfo.InvariantCulture, $"--data-block-size={options.DataBlockSize}"),
        string.Create(CultureInfo.InvariantCulture, $"--hash-block-size={options.HashBlockSize}"),
    ];
}
