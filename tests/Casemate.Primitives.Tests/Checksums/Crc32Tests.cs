using System.Text;
using Casemate.Primitives.Checksums;

namespace Casemate.Primitives.Tests.Checksums;

public sealed class Crc32Tests
{
    // The check value of the catalogue of parametrised CRC algorithms, CRC-32/ISO-HDLC.
    [Fact]
    public void GivesThePublishedCheckValue() =>
        Assert.Equal(0xCBF43926, Crc32.Finish(Crc32.Append(Crc32.Start, "123456789"u8)));

    [Theory]
    [InlineData(0)]
    [InlineData(4)]
    [InlineData(9)]
    public void IsTheSame_WhereverTheBytesAreDivided(int at)
    {
        var bytes = Encoding.ASCII.GetBytes("123456789");

        Assert.Equal(0xCBF43926, Crc32.Finish(Crc32.Append(Crc32.Append(Crc32.Start, bytes.AsSpan(0, at)), bytes.AsSpan(at))));
    }
}
