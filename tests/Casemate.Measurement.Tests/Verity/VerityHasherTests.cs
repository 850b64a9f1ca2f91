using System.Security.Cryptography;
using Casemate.Measurement.Verity;

namespace Casemate.Measurement.Tests.Verity;

/// <summary>The computation of a root: pieces, cores, limits, and what is refused.</summary>
public sealed class VerityHasherTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(4095, 0)]
    [InlineData(1 << 20, 2)]
    [InlineData(777_777, 3)]
    public void Root_DoesNotDependOnPiecesOrCores(int piece, int parallelism)
    {
        var data = VerityPeerTests.Noise(piece == 1 ? 3 * 4096 : 700 * 4096, 1);
        var whole = Root(data, new VerityOptions { Parallelism = 1 });
        using var hasher = new VerityHasher(new VerityOptions { Parallelism = parallelism });
        for (var at = 0; at < data.Length; at += piece)
        {
            hasher.Append(data.AsSpan(at, Math.Min(piece, data.Length - at)));
        }

        Assert.Equal(data.Length, hasher.Length);
        Assert.Equal(whole, hasher.Finish().Hex);
    }

    [Fact]
    public void Zeros_CountAsIfTheyWereWritten()
    {
        using var hasher = new VerityHasher();
        hasher.AppendZeros(5_000_000);
        hasher.Append(new byte[4096 - 5_000_000 % 4096]);

        Assert.Equal(Root(new byte[(5_000_000 / 4096 + 1) * 4096]), hasher.Finish().Hex);
    }

    [Fact]
    public void EveryFlippedByte_ChangesTheRoot()
    {
        var random = new Random(3);
        var data = VerityPeerTests.Noise(40 * 512, 3);
        var options = new VerityOptions { DataBlockSize = 512, HashBlockSize = 512, Parallelism = 1 };
        var root = Root(data, options);
        for (var i = 0; i < 400; i++)
        {
            var at = random.Next(data.Length);
            data[at] ^= (byte)(1 << random.Next(8));
            Assert.NotEqual(root, Root(data, options));
            root = Root(data, options);
        }
    }

    [Fact]
    public void Salt_Profile_SizesAndAlgorithm_AllCount()
    {
        var data = VerityPeerTests.Noise(128 * 4096, 4);
        VerityOptions[] all =
        [
            new(), new() { Salt = new byte[31] }, new() { Profile = VerityProfile.Hcsshim }, new() { HashType = 0, Salt = new byte[] { 1 } },
            new() { Salt = new byte[] { 1 } }, new() { DataBlockSize = 8192 }, new() { HashBlockSize = 1024 }, new() { Algorithm = VerityAlgorithm.Sha384 },
            new() { Algorithm = VerityAlgorithm.Sha512 }, new() { DataBlocks = 127 },
        ];

        Assert.Equal(all.Length, all.Select(options => Root(data, options)).Distinct().Count());
    }

    [Fact]
    public void SingleBlock_IsItsOwnRoot_OrHasOneLevelByTheRulesOfHcsshim()
    {
        var data = VerityPeerTests.Noise(4096, 5);
        var digest = SHA256.HashData([.. new byte[32], .. data]);

        Assert.Equal(Convert.ToHexStringLower(digest), Root(data));
        Assert.Equal(
            Convert.ToHexStringLower(SHA256.HashData([.. new byte[32], .. digest, .. new byte[4096 - 32]])),
            Root(data, new VerityOptions { Profile = VerityProfile.Hcsshim }));
    }

    [Fact]
    public void Refuses_DataThatEndsInsideABlock_UnlessItsTailMayBeUnprotected()
    {
        var data = VerityPeerTests.Noise(2 * 4096 + 100, 6);

        Assert.Equal(VerityError.PartialBlock, Assert.Throws<VerityException>(() => Root(data)).Error);
        Assert.Equal(Root(data[..8192]), Root(data, new VerityOptions { AllowUnprotectedTail = true }));
        Assert.Equal(Root(data[..8192]), Root(data, new VerityOptions { DataBlocks = 2 }));
    }

    [Fact]
    public void Refuses_NoData() => Assert.Equal(VerityError.Empty, Assert.Throws<VerityException>(() => Root([])).Error);

    [Fact]
    public void Refuses_LessDataThanWasAskedFor() =>
        Assert.Equal(VerityError.DataTooShort, Assert.Throws<VerityException>(() => Root(new byte[4096], new VerityOptions { DataBlocks = 2 })).Error);

    public static TheoryData<string> OutOfRange =>
        ["data block 4095", "data block 256", "hash block 1 MiB", "type 2", "salt 257", "blocks 0", "parallelism -1", "hcsshim sha512"];

    [Theory]
    [MemberData(nameof(OutOfRange))]
    public void Refuses_ParametersOutOfRange(string which)
    {
        var options = which switch
        {
            "data block 4095" => new VerityOptions { DataBlockSize = 4095 },
            "data block 256" => new VerityOptions { DataBlockSize = 256 },
            "hash block 1 MiB" => new VerityOptions { HashBlockSize = 1 << 20 },
            "type 2" => new VerityOptions { HashType = 2 },
            "salt 257" => new VerityOptions { Salt = new byte[257] },
            "blocks 0" => new VerityOptions { DataBlocks = 0 },
            "parallelism -1" => new VerityOptions { Parallelism = -1 },
            _ => new VerityOptions { Profile = VerityProfile.Hcsshim, Algorithm = VerityAlgorithm.Sha512 },
        };

        Assert.Equal(VerityError.InvalidOptions, Assert.Throws<VerityException>(() => Root(new byte[4096], options)).Error);
    }

    [Fact]
    public void Lanes_AgreeWithTheBaseLibrary_ForEveryLengthOfSalt()
    {
        Assert.SkipUnless(Sha256Lanes.IsSupported, "This processor has no 512-bit registers with byte operations.");
        Span<byte> digests = stackalloc byte[Sha256Lanes.Count * 32];
        foreach (var size in (ReadOnlySpan<int>)[512, 4096])
        {
            var blocks = VerityPeerTests.Noise(Sha256Lanes.Count * size, size);
            for (var salt = 0; salt <= 256; salt++)
            {
                var bytes = VerityPeerTests.Noise(salt, salt);
                Sha256Lanes.Hash(bytes, blocks, [], digests);
                for (var lane = 0; lane < Sha256Lanes.Count; lane++)
                {
                    Assert.Equal(SHA256.HashData([.. bytes, .. blocks.AsSpan(lane * size, size)]), digests.Slice(lane * 32, 32).ToArray());
                }

                Sha256Lanes.Hash([], blocks, bytes, digests);
                Assert.Equal(SHA256.HashData([.. blocks.AsSpan(15 * size, size), .. bytes]), digests[^32..].ToArray());
            }
        }
    }

    private static string Root(byte[] data, VerityOptions? options = null) => Measurement.Verity.Verity.Root(new MemoryStream(data), options).Hex;
}
