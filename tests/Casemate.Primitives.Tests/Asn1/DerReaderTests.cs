using System.Formats.Asn1;
using Casemate.Primitives.Asn1;

namespace Casemate.Primitives.Tests.Asn1;

/// <summary>The reader agrees with the base library's and refuses what DER forbids.</summary>
public sealed class DerReaderTests
{
    [Theory]
    [InlineData("0101FF", true, true)]
    [InlineData("010100", true, false)]
    [InlineData("010101", false, false)]
    [InlineData("01020000", false, false)]
    [InlineData("0100", false, false)]
    public void ReadsBooleans(string hex, bool ok, bool value)
    {
        var reader = new DerReader(Convert.FromHexString(hex));
        Assert.Equal(ok, reader.TryReadBoolean(out var actual));
        Assert.Equal(value, actual);
    }

    [Theory]
    [InlineData("020100", 255u, true, 0u)]
    [InlineData("0201FF", 255u, false, 0u)]                                  // minus one
    [InlineData("020200FF", 255u, true, 255u)]
    [InlineData("02020100", 255u, false, 0u)]                                // 256
    [InlineData("0202007F", 255u, false, 0u)]                                // not minimal
    [InlineData("020500FFFFFFFF", uint.MaxValue, true, uint.MaxValue)]
    [InlineData("02060100000000", uint.MaxValue, false, 0u)]
    [InlineData("0200", 255u, false, 0u)]
    [InlineData("02820001", 255u, false, 0u)]                                // length not minimal
    public void ReadsNumbersWithinALimit(string hex, uint maximum, bool ok, uint value)
    {
        var reader = new DerReader(Convert.FromHexString(hex));
        Assert.Equal(ok, reader.TryReadUInt32(DerTag.Integer, maximum, out var actual));
        Assert.Equal(value, actual);
    }

    [Theory]
    [InlineData("170D3235303133313233353935395A", "2025-01-31T23:59:59Z")]
    [InlineData("170D3439313233313233353935395A", "2049-12-31T23:59:59Z")]
    [InlineData("170D3530303130313030303030305A", "1950-01-01T00:00:00Z")]
    [InlineData("180F32303530303130313030303030305A", "2050-01-01T00:00:00Z")]
    [InlineData("170D3235303232393030303030305A", null)]                     // no such day
    [InlineData("170B323530313331323335395A", null)]                         // no seconds
    [InlineData("170D3235303133313234303030305A", null)]                     // hour 24
    [InlineData("170D323530313331323335393539FF", null)]
    public void ReadsTimes(string hex, string? expected)
    {
        var reader = new DerReader(Convert.FromHexString(hex));
        Assert.Equal(expected is not null, reader.TryReadTime(out var actual));
        if (expected is not null)
        {
            Assert.Equal(DateTimeOffset.Parse(expected, null), actual);
        }
    }

    [Fact]
    public void AFailedReadMovesNothing()
    {
        byte[] bytes = [0x04, 0x01, 0xAA];
        var reader = new DerReader(bytes);

        Assert.False(reader.TryReadSequence(out _));
        Assert.False(reader.TryReadBoolean(out _));
        Assert.False(reader.TryReadTime(out _));
        Assert.False(reader.TryReadWholeBitString(out _));
        Assert.False(reader.TryReadUInt32(DerTag.Integer, 10, out _));
        Assert.True(reader.TryReadOctetString(out var content));
        Assert.Equal(0xAA, Assert.Single(content.ToArray()));
        Assert.True(reader.IsEmpty);
    }

    [Fact]
    public void NeverThrows_AndAgreesWithTheBaseLibrary_OnRandomBytes()
    {
        var random = new Random(11);
        var agreed = 0;
        for (var i = 0; i < 200_000; i++)
        {
            var bytes = new byte[random.Next(0, 24)];
            random.NextBytes(bytes);
            if (bytes.Length > 1 && i % 2 == 0)
            {
                bytes[0] = (byte)(i % 6 + 1);
                bytes[1] = (byte)(bytes.Length - 2);
            }

            var reader = new DerReader(bytes);
            var ok = reader.TryReadValue(out _, out var content, out var encoded);
            var theirs = AsnDecoder.TryReadEncodedValue(bytes, AsnEncodingRules.DER, out var tag, out var offset, out var length, out var consumed)
                && tag.TagValue < 31;
            Assert.Equal(theirs, ok);
            if (ok)
            {
                Assert.True(content.SequenceEqual(bytes.AsSpan(offset, length)));
                Assert.Equal(consumed, encoded.Length);
                agreed++;
            }
        }

        Assert.True(agreed > 1000, $"only {agreed} values were well-formed: the test is one-sided");
    }
}
