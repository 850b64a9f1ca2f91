using System.Text;
using Casemate.Primitives.Cbor;
using Casemate.Testing;

namespace Casemate.Primitives.Tests.Cbor;

/// <summary>CBOR in its one strict form; examples from RFC 8949, appendix A.</summary>
public sealed class CborReaderTests
{
    [Theory]
    [InlineData("00", 0)]
    [InlineData("17", 23)]
    [InlineData("1818", 24)]
    [InlineData("1903e8", 1000)]
    [InlineData("1a000f4240", 1000000)]
    [InlineData("1b000000e8d4a51000", 1000000000000)]
    [InlineData("1b7fffffffffffffff", long.MaxValue)]
    [InlineData("20", -1)]
    [InlineData("3863", -100)]
    [InlineData("3903e7", -1000)]
    [InlineData("3b7fffffffffffffff", long.MinValue)]
    public void Reads_Integers(string hex, long expected)
    {
        var reader = new CborReader(Convert.FromHexString(hex));

        Assert.True(reader.TryReadInt64(out var value));
        Assert.Equal(expected, value);
        Assert.True(reader.IsEmpty);
    }

    [Theory]
    [InlineData("1800")]                                                    // 0 fits into the initial byte
    [InlineData("1817")]
    [InlineData("190018")]
    [InlineData("1a0000ffff")]
    [InlineData("1b00000000ffffffff")]
    [InlineData("1bffffffffffffffff")]                                      // 2^64 - 1: no signed number of 64 bits
    [InlineData("3bffffffffffffffff")]
    [InlineData("18")]
    [InlineData("19ff")]
    [InlineData("1c")]
    [InlineData("1f")]
    [InlineData("40")]
    [InlineData("")]
    public void Refuses_Integers_ThatAreCutOffOrHaveAShorterForm(string hex)
    {
        var bytes = Convert.FromHexString(hex);
        var reader = new CborReader(bytes);

        Assert.False(reader.TryReadInt64(out _));
        Assert.Equal(bytes.Length, reader.Rest.Length);
    }

    [Fact]
    public void Reads_Strings_InPlace()
    {
        var bytes = (byte[])[.. CborBytes.Bytes([1, 2, 3]), .. CborBytes.Text("wasser 水"), 0xF6];
        var reader = new CborReader(bytes);

        Assert.True(reader.TryReadByteString(out var content));
        Assert.Equal([1, 2, 3], content.ToArray());
        Assert.Equal(CborMajorType.TextString, reader.PeekMajorType);
        Assert.True(reader.TryReadTextString(out var text));
        Assert.Equal("wasser 水", Encoding.UTF8.GetString(text));
        Assert.True(reader.TryReadNull());
        Assert.Equal(-1, reader.PeekMajorType);
    }

    [Theory]
    [InlineData("43 0102")]                                                 // cut off
    [InlineData("5f 41 01 ff")]                                             // indefinite length
    [InlineData("58 01 00")]                                                // length with a shorter form
    [InlineData("5b ffffffffffffffff")]
    public void Refuses_ByteStrings(string hex)
    {
        var reader = new CborReader(Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal)));

        Assert.False(reader.TryReadByteString(out _));
        Assert.False(reader.TrySkip(out _));
    }

    [Fact]
    public void Refuses_TextThatIsNotUtf8()
    {
        var reader = new CborReader([0x62, 0xC3, 0x28]);

        Assert.False(reader.TryReadTextString(out _));
        Assert.Equal(3, reader.Rest.Length);
    }

    [Theory]
    [InlineData("80", 0)]
    [InlineData("83010203", 3)]
    public void Enters_Arrays(string hex, int expected)
    {
        var reader = new CborReader(Convert.FromHexString(hex));

        Assert.True(reader.TryReadArrayStart(out var count));
        Assert.Equal(expected, count);
    }

    [Theory]
    [InlineData("9a7fffffff00")]                                            // two thousand million items in one byte
    [InlineData("82 00")]
    [InlineData("9f00ff")]
    public void Refuses_ArraysThatPromiseMoreThanThereIs(string hex)
    {
        var reader = new CborReader(Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal)));

        Assert.False(reader.TryReadArrayStart(out _));
    }

    [Fact]
    public void Refuses_MapsThatPromiseMoreThanThereIs()
    {
        var reader = new CborReader([0xA2, 0x00, 0x00, 0x01]);

        Assert.False(reader.TryReadMapStart(out _));
    }

    [Fact]
    public void Skips_WholeItems()
    {
        var item = CborBytes.Map(
            (CborBytes.Int(1), CborBytes.Array(CborBytes.Text("a"), [0xF4], [0xF5], [0xF6])),
            (CborBytes.Text("b"), CborBytes.Tag(1, CborBytes.Int(7))));
        var reader = new CborReader([.. item, 0x01]);

        Assert.True(reader.TrySkip(out var encoded));
        Assert.Equal(item, encoded);
        Assert.Equal([1], reader.Rest.ToArray());
    }

    [Theory]
    [InlineData("f7")]                                                      // undefined
    [InlineData("f93c00")]                                                  // a floating-point number
    [InlineData("f814")]                                                    // false in two bytes
    [InlineData("e0")]
    [InlineData("ff")]
    [InlineData("a10002")]                                                  // valid, for contrast
    public void Refuses_ValuesThatNoSignedMessageNeeds(string hex)
    {
        var reader = new CborReader(Convert.FromHexString(hex));

        Assert.Equal(hex == "a10002", reader.TrySkip(out _));
    }

    [Fact]
    public void Refuses_DeepNesting()
    {
        byte[] Nested(int depth) => [.. Enumerable.Repeat((byte)0x81, depth), 0x00];

        Assert.True(new CborReader(Nested(CborReader.MaxDepth)).TrySkip(out _));
        Assert.False(new CborReader(Nested(CborReader.MaxDepth + 1)).TrySkip(out _));
        Assert.False(new CborReader(Nested(100_000)).TrySkip(out _));
        Assert.False(new CborReader([.. Enumerable.Repeat((byte)0xC1, 100_000), 0x00]).TrySkip(out _));
    }

    [Fact]
    public void NeverThrows_OnNonsense()
    {
        var random = new Random(20260103);
        for (var i = 0; i < 20_000; i++)
        {
            var bytes = new byte[random.Next(0, 40)];
            random.NextBytes(bytes);
            var reader = new CborReader(bytes);
            if (reader.TrySkip(out var encoded))
            {
                Assert.Equal(bytes.Length, encoded.Length + reader.Rest.Length);
            }
            else
            {
                Assert.Equal(bytes.Length, reader.Rest.Length);
            }
        }
    }
}
