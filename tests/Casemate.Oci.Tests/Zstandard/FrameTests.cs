using System.Text;
using Casemate.Oci.Zstandard;
using static Casemate.Oci.Tests.Zstandard.Frames;

namespace Casemate.Oci.Tests.Zstandard;

/// <summary>Frames and what they consist of, as RFC 8878 lays them out.</summary>
public sealed class FrameTests
{
    [Fact]
    public void RawAndRepeatedBlocks_GiveTheirBytes() =>
        Assert.Equal("abcxxxxx", Text(Of(Raw("abc"u8.ToArray()), Repeated((byte)'x', 5), Raw())));

    [Fact]
    public void Frames_FollowOneAnother_AndSomeAreSkipped() => Assert.Equal("ab", Text(Join(
        [0x50, 0x2A, 0x4D, 0x18, 2, 0, 0, 0, 9, 9], Of(Raw((byte)'a')), [0x5F, 0x2A, 0x4D, 0x18, 0, 0, 0, 0], Of(Raw((byte)'b')))));

    [Fact]
    public void OnlySkippedFrames_GiveNothing() => Assert.Empty(ZstandardVectors.Decode([0x5A, 0x2A, 0x4D, 0x18, 1, 0, 0, 0, 7]));

    [Theory]
    [InlineData(new byte[] { 0x20, 3 })]
    [InlineData(new byte[] { 0x80, Window1KiB, 3, 0, 0, 0 })]
    [InlineData(new byte[] { 0xC0, Window1KiB, 3, 0, 0, 0, 0, 0, 0, 0 })]
    [InlineData(new byte[] { 0x03, Window1KiB, 0, 0, 0, 0 })]
    [InlineData(new byte[] { 0x10, Window1KiB })]
    public void HeadersOfEverySize_AreRead(byte[] header) => Assert.Equal("abc", Text(With(header, Raw("abc"u8.ToArray()))));

    [Fact]
    public void ASizeOfTwoBytes_BeginsAt256() =>
        Assert.Equal(256 + 44, ZstandardVectors.Decode(With([0x60, 44, 0], Repeated(1, 300))).Length);

    [Theory]
    [InlineData(0x88, 1UL << 27)]
    [InlineData(0x0F, (2UL << 10) + (7 * 256))]
    [InlineData(0xFF, (1UL << 41) + (7UL << 38))]
    public void AWindow_IsAPowerOfTwoAndEighthsOfIt(byte descriptor, ulong bytes) =>
        Assert.Equal(bytes, FrameHeader.Read([0x00, descriptor]).WindowSize);

    [Fact]
    public void AClaimOfALargeWindow_TakesNoMemory()
    {
        var frame = With([0x00, Window128MiB], Raw(1, 2, 3));
        ZstandardVectors.Decode(frame);
        var before = GC.GetAllocatedBytesForCurrentThread();
        ZstandardVectors.Decode(frame);

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 2 << 20);
    }

    [Fact]
    public void AWindow_ReachesAsFarAsItSays_HoweverOftenItTurnsOver()
    {
        // A match of the whole window's distance behind each kibibyte, for longer than the memory of the window.
        var content = Enumerable.Range(0, 1024).Select(i => (byte)(i * 7 / 3)).ToArray();
        var match = Compressed(Join(RawLiterals(), Sequences(1, 0, 10, 43, (1027 - 1024, 10), (0x7F, 7))));
        var plain = ZstandardVectors.Decode(With([0x00, Window1KiB], [Raw(content), .. Enumerable.Repeat(match, 100)]));

        Assert.Equal(1024 + (100 * 258), plain.Length);
        Assert.Equal(Enumerable.Range(0, plain.Length).Select(i => content[i % 1024]), plain);
    }

    [Theory]
    [InlineData(1, true, "ABCDEFGHx" + "xxxx", 'x')]
    [InlineData(2, true, "ABCDEFGHx" + "FGHx", 'x')]
    [InlineData(3, true, "ABCDEFGHx" + "BCDE", 'x')]
    [InlineData(1, false, "ABCDEFGH" + "EFGH", 'x')]
    [InlineData(2, false, "ABCDEFGH" + "ABCD", 'x')]
    public void TheFirstOffsetsToUseAgain_Are1And4And8(int value, bool hasLiteral, string expected, char literal)
    {
        byte[] literals = hasLiteral ? [(byte)literal] : [];
        var (code, bits) = value == 1 ? (0, Array.Empty<(int, int)>()) : (1, [(value - 2, 1)]);
        var frame = Of(
            Raw("ABCDEFGH"u8.ToArray()), Compressed(Join(RawLiterals(literals), Sequences(1, (byte)literals.Length, (byte)code, 1, bits))));

        Assert.Equal(expected, Text(frame));
    }

    [Fact]
    public void AnOffset_MovesToTheFront_WhenItIsUsedAgain()
    {
        // Two sequences of one literal: offset 4 is the second of 1, 4 and 8, and after that the first.
        var block = Compressed(Join(RawLiterals("xy"u8.ToArray()), Sequences(2, 1, 1, 0, (0, 1), (0, 1))));

        Assert.Equal("ABCDEFGHx" + "FGH" + "y" + "yyy", Text(Of(Raw("ABCDEFGH"u8.ToArray()), block)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(7)]
    [InlineData(15)]
    [InlineData(16)]
    [InlineData(17)]
    public void AMatchThatOverlapsItself_RepeatsWhatItGives(int offset)
    {
        var seed = Enumerable.Range(0, offset).Select(i => (byte)('a' + i)).ToArray();
        var value = offset + 3;
        var code = int.Log2(value);
        var frame = Of(Compressed(Join(
            RawLiterals(seed), Sequences(1, (byte)(offset < 16 ? offset : 16), (byte)code, 43, [(value - (1 << code), code), (100, 7), .. offset < 16 ? [] : new[] { (offset - 16, 1) }]))));

        var plain = ZstandardVectors.Decode(frame);

        Assert.Equal(offset + 131 + 100, plain.Length);
        Assert.Equal(Enumerable.Range(0, plain.Length).Select(i => seed[i % offset]), plain);
    }

    [Fact]
    public void LiteralsOfEveryType_AreRead()
    {
        Assert.Equal("abc", Text(Of(Compressed(Join(RawLiterals("abc"u8.ToArray()), NoSequences)))));
        Assert.Equal("zzzzz", Text(Of(Compressed(Join([(5 << 3) | 1, (byte)'z'], NoSequences)))));
        Assert.Equal([1, 0, 1, 1], ZstandardVectors.Decode(Of(Compressed(Join(HuffmanLiterals(4, [.. TwoLeaves, .. Backward((0b1011, 4))]), NoSequences)))));
        Assert.Equal([0, 1, 1, 0], ZstandardVectors.Decode(Of(
            Compressed(Join(HuffmanLiterals(2, [.. TwoLeaves, .. Backward((0b01, 2))]), NoSequences)),
            Compressed(Join(HuffmanLiterals(2, Backward((0b10, 2)), hasTree: false), NoSequences)))));
        Assert.Equal([0, 0, 1, 1, 0, 1, 1], ZstandardVectors.Decode(Of(Compressed(Join(
            HuffmanLiterals(7, [.. TwoLeaves, 1, 0, 1, 0, 1, 0, .. Backward((0, 2)), .. Backward((3, 2)), .. Backward((1, 2)), .. Backward((1, 1))], isFour: true), NoSequences)))));
    }

    [Fact]
    public void TablesOfAnEarlierBlock_AreUsedAgain()
    {
        // Length 1, offset 1 and length 4; a block without sequences leaves the tables as they are.
        var first = Compressed(Join(RawLiterals((byte)'x'), Sequences(1, 1, 0, 1)));
        var between = Compressed(Join(RawLiterals((byte)'-'), NoSequences));
        var again = Compressed(Join(RawLiterals((byte)'y'), [1, 0b11_11_11_00, .. Backward()]));

        Assert.Equal("xxxxx-yyyyy", Text(Of(first, between, again)));
    }

    [Fact]
    public void NoLiteralsAndNoSequences_AreABlock()
    {
        Assert.Empty(ZstandardVectors.Decode(With([0x20, 0], Compressed(0, 0))));
        Assert.Empty(ZstandardVectors.Decode(Of(Compressed(0, 0x80, 0))));
    }

    [Theory]
    [InlineData("", 0xEF46DB3751D8E999)]
    [InlineData("a", 0xD24EC4F1A98C6E5B)]
    [InlineData("abc", 0x44BC2CF5AD770999)]
    public void TheChecksum_IsXxh64(string text, ulong digest)
    {
        var hash = new XxHash64();
        hash.Append(Encoding.ASCII.GetBytes(text));

        Assert.Equal(digest, hash.Digest());
    }

    [Fact]
    public void TheChecksum_DoesNotDependOnPieces()
    {
        var bytes = Enumerable.Range(0, 1000).Select(i => (byte)(i * i)).ToArray();
        var whole = new XxHash64();
        whole.Append(bytes);
        foreach (var piece in new[] { 1, 31, 32, 33, 500 })
        {
            var pieces = new XxHash64();
            foreach (var part in bytes.Chunk(piece))
            {
                pieces.Append(part);
            }

            Assert.Equal(whole.Digest(), pieces.Digest());
        }
    }

    private static string Text(byte[] frame) => Encoding.ASCII.GetString(ZstandardVectors.Decode(frame));
}
