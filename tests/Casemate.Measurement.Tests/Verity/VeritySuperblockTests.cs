using Casemate.Measurement.Verity;

namespace Casemate.Measurement.Tests.Verity;

/// <summary>The superblock before a stored tree.</summary>
public sealed class VeritySuperblockTests
{
    private static readonly VeritySuperblock s_superblock = new(
        1, new Guid("f81d4fae-7dec-11d0-a765-00a0c91e6bf6"), VerityAlgorithm.Sha512, 512, 8192, 77, new byte[] { 1, 2, 3 });

    [Fact]
    public void ReadsWhatItWrote()
    {
        var read = VeritySuperblock.Parse(s_superblock.ToBytes());

        Assert.Equal(s_superblock with { Salt = default }, read with { Salt = default });
        Assert.Equal([1, 2, 3], read.Salt.ToArray());
        Assert.Equal(8192, read.TreeOffset);
        Assert.Equal(77, read.Options.DataBlocks);
    }

    [Theory]
    [InlineData(0, 0x77, VerityError.NotASuperblock)]
    [InlineData(8, 2, VerityError.Unsupported)]
    [InlineData(12, 2, VerityError.Unsupported)]
    [InlineData(32, 0, VerityError.MalformedSuperblock)]
    [InlineData(33, (byte)'i', VerityError.Unsupported)]
    [InlineData(60, 1, VerityError.MalformedSuperblock)]
    [InlineData(64, 1, VerityError.MalformedSuperblock)]
    [InlineData(69, 3, VerityError.MalformedSuperblock)]
    [InlineData(72, 0, VerityError.MalformedSuperblock)]
    [InlineData(79, 0x80, VerityError.MalformedSuperblock)]
    [InlineData(81, 2, VerityError.MalformedSuperblock)]
    [InlineData(82, 1, VerityError.MalformedSuperblock)]
    [InlineData(91, 1, VerityError.MalformedSuperblock)]
    [InlineData(511, 1, VerityError.MalformedSuperblock)]
    public void Refuses_WhatIsDamaged(int at, byte value, VerityError expected)
    {
        var bytes = s_superblock.ToBytes();
        bytes[at] = value;

        Assert.Equal(expected, VeritySuperblock.TryRead(bytes, out var none));
        Assert.Null(none);
        Assert.Equal(expected, Assert.Throws<VerityException>(() => VeritySuperblock.Parse(bytes)).Error);
    }

    [Fact]
    public void Refuses_TooFewBytes() => Assert.Equal(VerityError.NotASuperblock, VeritySuperblock.TryRead(s_superblock.ToBytes().AsSpan(..^1), out _));
}
