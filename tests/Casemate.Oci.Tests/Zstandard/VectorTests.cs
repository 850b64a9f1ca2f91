using Casemate.Oci.Zstandard;
using Xunit.Sdk;

namespace Casemate.Oci.Tests.Zstandard;

/// <summary>What the usual compressor makes is read, whatever its settings.</summary>
public sealed class VectorTests
{
    private const string TooLong = "long-31";

    public static TheoryData<string> Names => [.. ZstandardVectors.Sums.Keys.Where(name => name != TooLong)];

    [Theory]
    [MemberData(nameof(Names))]
    public void AVector_GivesItsContent(string name) =>
        Assert.Equal(ZstandardVectors.Sums[name], ZstandardVectors.Sum(ZstandardVectors.Decode(ZstandardVectors.Read(name))));

    [Fact]
    public void Refuses_ALongerWindowThanAllowed()
    {
        var failure = Assert.Throws<ZstandardException>(() => ZstandardVectors.Decode(ZstandardVectors.Read(TooLong)));

        Assert.Equal(ZstandardError.WindowTooLarge, failure.Error);
        Assert.Equal("at byte 4: the frame asks for a window of 2147483648 bytes, and 134217728 are allowed", failure.Message);
    }

    // Literals and tables of one symbol the compressor makes hardly ever: those are made by hand, in the other tests.
    [Fact]
    public void TheVectors_HoldEveryTypeOfFrameBlockLiteralsAndTable()
    {
        var found = ZstandardVectors.Sums.Keys.SelectMany(name => FrameSurvey.Of(ZstandardVectors.Read(name))).ToHashSet();

        string[] expected =
        [
            "frame: skippable", "frame: checksum", "frame: no checksum", "frame: size", "frame: no size", "frame: single segment", "frame: window",
            "block: raw", "block: RLE", "block: compressed",
            "literals: raw", "literals: Huffman, 1 streams, sizes of 10 bits",
            "literals: Huffman, 4 streams, sizes of 10 bits", "literals: Huffman, 4 streams, sizes of 14 bits", "literals: Huffman, 4 streams, sizes of 18 bits",
            "literals: treeless, 1 streams, sizes of 10 bits", "literals: treeless, 4 streams, sizes of 14 bits",
            "tree: FSE", "tree: direct", "sequences: none", "sequences: number of 1 bytes", "sequences: number of 2 bytes",
            "literals lengths: predefined", "literals lengths: FSE", "literals lengths: repeat", "offsets: predefined", "offsets: FSE", "offsets: repeat",
            "match lengths: predefined", "match lengths: FSE",
        ];
        Assert.Empty(expected.Except(found));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(100_000)]
    public async Task Pieces_DoNotMatter(int piece)
    {
        foreach (var name in new[] { "small", "empty", "layer-chunked.tar", "level-3" })
        {
            await using var stream = new ZstandardStream(new PieceStream(ZstandardVectors.Read(name), piece));
            using var plain = new MemoryStream();
            var buffer = new byte[piece];
            for (int read; (read = piece == 7 ? await stream.ReadAsync(buffer) : stream.Read(buffer)) > 0;)
            {
                plain.Write(buffer, 0, read);
            }

            Assert.Equal(ZstandardVectors.Sums[name], ZstandardVectors.Sum(plain.ToArray()));
        }
    }

    [Theory]
    [InlineData("small")]
    [InlineData("small-no-checksum")]
    [InlineData("four-letters")]
    [InlineData("zeros")]
    [InlineData("noise")]
    [InlineData("one-byte")]
    [InlineData("empty")]
    public void Refuses_DataCutOffAnywhere(string name)
    {
        var data = ZstandardVectors.Read(name);
        for (var length = 0; length < data.Length; length++)
        {
            var failure = Assert.Throws<ZstandardException>(() => ZstandardVectors.Decode(data[..length]));

            Assert.True(failure.Error == ZstandardError.Truncated, $"{length} of {data.Length} bytes: {failure.Message}");
        }
    }

    // Beneath a checksum of 32 bits a change that gives other bytes is found but for once in four thousand million; the changes are fixed.
    [Theory]
    [InlineData("small")]
    [InlineData("four-letters")]
    [InlineData("few-values-window-12")]
    [InlineData("zeros")]
    [InlineData("one-byte")]
    [InlineData("empty")]
    [InlineData("layer.tar")]
    public void AFlippedByte_NeverGivesOtherBytes(string name)
    {
        var data = ZstandardVectors.Read(name);
        var random = new Random(data.Length);
        var refused = 0;
        for (var i = 0; i < data.Length; i++)
        {
            var changed = (byte[])data.Clone();
            changed[i] ^= (byte)random.Next(1, 256);
            try
            {
                Assert.Equal(ZstandardVectors.Sums[name], ZstandardVectors.Sum(ZstandardVectors.Decode(changed)));
            }
            catch (ZstandardException failure)
            {
                Assert.NotEmpty(failure.Message);
                refused++;
            }
        }

        Assert.True(refused > data.Length * 3 / 4, $"{refused} of {data.Length} changes were refused");
    }

    [Fact]
    public void AfterAFailure_NothingMoreIsRead()
    {
        var data = ZstandardVectors.Read("small");
        data[^1] ^= 1;
        using var stream = new ZstandardStream(new MemoryStream(data));
        var failure = Record.Exception(() => stream.CopyTo(Stream.Null)) ?? throw new XunitException("not refused");

        Assert.Equal(ZstandardError.ChecksumMismatch, Assert.IsType<ZstandardException>(failure).Error);
        Assert.Same(failure, Record.Exception(() => stream.Read(new byte[10])));
    }

    private sealed class PieceStream(byte[] content, int piece) : MemoryStream(content, writable: false)
    {
        public override int Read(Span<byte> buffer) => base.Read(buffer[..Math.Min(buffer.Length, piece)]);

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => ValueTask.FromResult(Read(buffer.Span));
    }
}
