using Casemate.Primitives.Cbor;

namespace Casemate.Primitives.Tests.Cbor;

/// <summary>What is written is what RFC 8949 has, and what the reader reads.</summary>
public sealed class CborWriterTests
{
    // RFC 8949, appendix A.
    [Theory]
    [InlineData(0, "00")]
    [InlineData(23, "17")]
    [InlineData(24, "1818")]
    [InlineData(100, "1864")]
    [InlineData(1000, "1903E8")]
    [InlineData(1000000, "1A000F4240")]
    [InlineData(1000000000000, "1B000000E8D4A51000")]
    [InlineData(-1, "20")]
    [InlineData(-100, "3863")]
    [InlineData(-1000, "3903E7")]
    [InlineData(long.MinValue, "3B7FFFFFFFFFFFFFFF")]
    public void Integers_HaveTheirShortestForm(long value, string expected)
    {
        var bytes = new CborWriter().Int(value).ToArray();

        Assert.Equal(expected, Convert.ToHexString(bytes));
        var reader = new CborReader(bytes);
        Assert.True(reader.TryReadInt64(out var read));
        Assert.Equal(value, read);
    }

    [Fact]
    public void EveryKindOfItem_IsWrittenAsTheStandardHasIt()
    {
        Assert.Equal("4401020304", Hex(new CborWriter().Bytes([1, 2, 3, 4])));
        Assert.Equal("62C3BC", Hex(new CborWriter().Text("ü")));
        Assert.Equal("80", Hex(new CborWriter().Array(0)));
        Assert.Equal("83010203", Hex(new CborWriter().Array(3).Int(1).Int(2).Int(3)));
        Assert.Equal("A201020304", Hex(new CborWriter().Map(2).Int(1).Int(2).Int(3).Int(4)));
        Assert.Equal("C11A514B67B0", Hex(new CborWriter().Tag(1).Int(1363896240)));
        Assert.Equal("D901F5A0", Hex(new CborWriter().Tag(501).Encoded([0xA0])));
        Assert.Equal("5818", Hex(new CborWriter().Bytes(new byte[24]))[..4]);
        Assert.Equal("590100", Hex(new CborWriter().Bytes(new byte[256]))[..6]);
        Assert.Equal("5A00010000", Hex(new CborWriter().Bytes(new byte[65536]))[..10]);
    }

    [Fact]
    public void Counts_AreNotNegative()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new CborWriter().Array(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new CborWriter().Map(-1));
    }

    private static string Hex(CborWriter writer) => Convert.ToHexString(writer.Written);
}
