using Casemate.Oci.Zstandard;
using static Casemate.Oci.Tests.Zstandard.Frames;

namespace Casemate.Oci.Tests.Zstandard;

/// <summary>
/// Frames that are wrong in one place: each is refused with the reason. A described table cannot share out more states than it has, since
/// every share is coded within what is left; it can only fail to share them all out.
/// </summary>
public sealed class MalformedTests
{
    private static readonly Dictionary<string, (byte[] Data, ZstandardError Error, string Message)> s_frames = new()
    {
        ["nothing"] = ([], ZstandardError.Truncated, "at byte 0: there is nothing"),
        ["another format"] = ([0x1F, 0x8B, 8, 0, 0], ZstandardError.NotAFrame, "at byte 0: 1f8b0800 does not begin a frame"),
        ["bytes after the last frame"] = (Join(Of(Raw(1)), [1, 2, 3, 4]), ZstandardError.NotAFrame, "at byte 10: 01020304 does not begin a frame"),
        ["a few bytes after the last frame"] = (Join(Of(Raw(1)), [1]), ZstandardError.Truncated, "the data ends where a magic number is expected"),
        ["a skipped frame that ends early"] = ([0x50, 0x2A, 0x4D, 0x18, 9, 0, 0, 0, 1], ZstandardError.Truncated, "a skippable frame"),
        ["reserved bit of the header"] = (With([0x08, Window1MiB], Raw(1)), ZstandardError.MalformedFrame, "reserved bit"),
        ["a dictionary of one byte"] = (With([0x01, Window1MiB, 7], Raw(1)), ZstandardError.DictionaryRequired, "dictionary 7"),
        ["a dictionary of four bytes"] = (With([0x03, Window1MiB, 0, 0, 0, 1], Raw(1)), ZstandardError.DictionaryRequired, "dictionary 16777216"),
        ["a window above the limit"] = (With([0x00, 0x89], Raw(1)), ZstandardError.WindowTooLarge, "150994944 bytes, and 134217728 are allowed"),
        ["a single segment above the limit"] = (With([0xE0, 0, 0, 0, 0, 0, 0, 0, 0x80], Raw(1)), ZstandardError.WindowTooLarge, "9223372036854775808"),
        ["fewer bytes than promised"] = (With([0x80, Window1MiB, 5, 0, 0, 0], Raw(1, 2, 3)), ZstandardError.ContentSizeMismatch, "gives 3 bytes, and its header promises 5"),
        ["more bytes than promised"] = (With([0x80, Window1MiB, 5, 0, 0, 0], Raw(1, 2, 3), Raw(4, 5, 6), Raw(7)), ZstandardError.ContentSizeMismatch, "gives more than 6 bytes"),
        ["a wrong checksum"] = (Join(With([0x04, Window1MiB], Raw((byte)'a')), [0x5B, 0x6E, 0x8C, 0xA8]), ZstandardError.ChecksumMismatch, "a98c6e5b, and a88c6e5b is promised"),

        ["a block of the reserved type"] = Bad(Block(3, 1, 1), "reserved type"),
        ["a raw block above the format's limit"] = Bad(Block(0, (128 << 10) + 1), "131073 bytes, and this frame's have 131072"),
        ["a repeated byte above the format's limit"] = Bad(Repeated(1, (128 << 10) + 1), "131073 bytes"),
        ["a compressed block above the format's limit"] = Bad(Block(2, (128 << 10) + 1), "131073 bytes"),
        ["a block larger than the window"] = Small(Repeated(1, 1025), "1025 bytes, and this frame's have 1024"),
        ["a compressed block of nothing"] = Bad(Compressed(), "the block is empty"),

        ["a header of literals that is cut off"] = Bad(Compressed(0x0C, 0), "header of the literals"),
        ["raw literals that are cut off"] = Bad(Compressed(5 << 3, 1, 2), "the literals have 5 bytes, and the block has 2 left"),
        ["a repeated literal that is cut off"] = Bad(Compressed((5 << 3) | 1), "the literals have 1 bytes"),
        ["more repeated literals than a block gives"] = Bad(Compressed(0x0D | 0xF0, 0xFF, 0xFF, 1, 0), "1048575 literals"),
        ["more coded literals than a block gives"] = Small(Compressed(0x0E, 0x40, 0x40, 0, 0, 0, 0), "1024 literals", windowIsSmaller: true),
        ["coded literals that are cut off"] = Bad(Compressed(HuffmanLiterals(4, TwoLeaves, size: 9)), "the literals have 9 bytes, and the block has 2 left"),
        ["a tree of an earlier block, without one"] = Bad(Compressed(HuffmanLiterals(4, [0x1F], hasTree: false)), "earlier block's Huffman tree"),
        ["four streams of five literals"] = Literals(5, [.. TwoLeaves, 1, 0, 1, 0, 1, 0, 4, 4, 4, 4], "four streams", isFour: true),
        ["sizes of streams that are cut off"] = Literals(8, [.. TwoLeaves, 1, 0, 1, 0, 1], "sizes of the four streams", isFour: true),
        ["streams longer than their section"] = Literals(8, [.. TwoLeaves, 1, 0, 1, 0, 2, 0, 4, 4, 4, 4], "longer than their section", isFour: true),
        ["a stream of literals without an end mark"] = Literals(4, [.. TwoLeaves, 0], "no end mark"),
        ["an empty stream of literals"] = Literals(4, TwoLeaves, "no end mark"),
        ["a stream with fewer literals"] = Literals(4, [.. TwoLeaves, .. Backward((0, 3))], "holds fewer than it should"),
        ["a stream with more literals"] = Literals(4, [.. TwoLeaves, .. Backward((0, 5))], "holds more than it should"),
        ["a long stream with more literals"] = Literals(4, [.. TwoLeaves, .. new byte[20], 1], "holds more than it should"),

        ["no tree"] = Literals(4, [], "Huffman tree is cut off"),
        ["a direct tree that is cut off"] = Literals(4, [0x83, 0x11], "Huffman tree is cut off"),
        ["a compressed tree that is cut off"] = Literals(4, [0x20, 0x11], "Huffman tree is cut off"),
        ["weights that are all 0"] = Literals(4, [0x81, 0x00, 0x1F], "all Huffman weights are 0"),
        ["a weight that is too large"] = Literals(4, [0x80, 0xC0, 0x1F], "a Huffman weight is 12, and 11 is allowed"),
        ["a tree that cannot be completed"] = Literals(4, [0x81, 0x31, 0x1F], "no complete tree"),
        ["a tree that is too deep"] = Literals(4, [0x81, 0xBB, 0x1F], "too deep"),
        ["weights without a 1"] = Literals(4, [0x80, 0x20, 0x1F], "no Huffman weight is 1"),
        ["a table of weights that is too fine"] = Literals(4, [1, 0x02, 0x1F], "the table of Huffman weights has the accuracy 7, and 6 is allowed"),
        ["a table of weights that is cut off"] = Literals(4, [1, 0x00, 0x1F], "the table of Huffman weights is cut off"),
        ["no stream of weights"] = Literals(4, [2, .. OneSymbol(5), 0x1F], "the stream of Huffman weights has no end mark"),
        ["a stream of weights without an end mark"] = Literals(4, [3, .. OneSymbol(5), 0, 0x1F], "no end mark"),
        ["a stream of weights shorter than its states"] = Literals(4, [3, .. OneSymbol(5), .. Backward((0, 6)), 0x1F], "the stream of Huffman weights is cut off"),
        ["weights without end"] = Literals(4, [4, .. OneSymbol(5), .. Backward((0, 10)), 0x1F], "more Huffman weights than symbols"),

        ["no number of sequences"] = Bad(Compressed(RawLiterals(1)), "number of sequences is cut off"),
        ["a number of two bytes that is cut off"] = Bad(Compressed([.. RawLiterals(1), 0x80]), "number of sequences is cut off"),
        ["a number of three bytes that is cut off"] = Bad(Compressed([.. RawLiterals(1), 0xFF, 0]), "number of sequences is cut off"),
        ["bytes after no sequences"] = Bad(Compressed([.. RawLiterals(1), 0, 1]), "1 bytes follow a section without sequences"),
        ["no modes"] = Bad(Compressed([.. RawLiterals(1), 1]), "header of the sequences is cut off"),
        ["reserved bits of the modes"] = Bad(Compressed([.. RawLiterals(1), 1, 0x01, 1]), "reserved bits"),
        ["a symbol that is cut off"] = Bad(Compressed([.. RawLiterals(1), 1, 0x54, 0, 0]), "symbol of match lengths is cut off"),
        ["a literals length beyond the last"] = Bad(Compressed([.. RawLiterals(1), 1, 0x54, 36, 0, 0, 1]), "symbol 36 is none of the 36 of literals lengths"),
        ["an offset beyond the last"] = Bad(Compressed([.. RawLiterals(1), 1, 0x54, 0, 32, 0, 1]), "symbol 32 is none of the 32 of offsets"),
        ["a match length beyond the last"] = Bad(Compressed([.. RawLiterals(1), 1, 0x54, 0, 0, 53, 1]), "symbol 53 is none of the 53 of match lengths"),
        ["no earlier table of literals lengths"] = Bad(Compressed([.. RawLiterals(1), 1, 0xC0, 1]), "earlier block's table of literals lengths"),
        ["no earlier table of offsets"] = Bad(Compressed([.. RawLiterals(1), 1, 0x30, 1]), "earlier block's table of offsets"),
        ["no earlier table of match lengths"] = Bad(Compressed([.. RawLiterals(1), 1, 0x0C, 1]), "earlier block's table of match lengths"),
        ["a table of literals lengths that is too fine"] = Bad(Compressed([.. RawLiterals(1), 1, 0x80, 5, 1, 1]), "literals lengths has the accuracy 10, and 9 is allowed"),
        ["a table of offsets that is too fine"] = Bad(Compressed([.. RawLiterals(1), 1, 0x20, 4, 1, 1]), "offsets has the accuracy 9, and 8 is allowed"),
        ["a table of match lengths that is too fine"] = Bad(Compressed([.. RawLiterals(1), 1, 0x08, 5, 1, 1]), "match lengths has the accuracy 10, and 9 is allowed"),
        ["a table for too many symbols"] = Bad(
            Compressed([.. RawLiterals(1), 1, 0x80, .. Forward([(0, 4), (1, 5), .. Enumerable.Repeat((3, 2), 12)]), 1]), "does not share out its states among 36 symbols"),
        ["a table that is cut off"] = Bad(Compressed([.. RawLiterals(1), 1, 0x80, 0]), "the table of literals lengths is cut off"),
        ["no stream of sequences"] = Bad(Compressed([.. RawLiterals(1), 1, 0x54, 1, 0, 0]), "the stream of sequences has no end mark"),
        ["a stream of sequences without an end mark"] = Bad(Compressed([.. RawLiterals(1), 1, 0x54, 1, 0, 0, 0]), "the stream of sequences has no end mark"),
        ["a stream longer than its sequences"] = Bad(Compressed([.. RawLiterals(1), .. Sequences(1, 1, 0, 0, (0, 1))]), "longer than its sequences"),
        ["a stream shorter than its sequences"] = Bad(Compressed([.. RawLiterals(1, 2, 3, 4), .. Sequences(1, 4, 2, 0, (0, 1))]), "shorter than its sequences"),
        ["more literals in sequences than there are"] = Bad(Compressed([.. RawLiterals(1, 2, 3), .. Sequences(1, 4, 0, 0)]), "takes 4 literals, and 3 are left"),
        ["a match that is longer than a block"] = Small(Compressed([.. RawLiterals(1), .. Sequences(1, 1, 0, 46, (0, 10))]), "gives more than 1024 bytes"),
        ["literals behind sequences that are too many"] = Small(
            Compressed([1 | (1 << 2) | (0xF << 4), 0x3F, 1, .. Sequences(1, 1, 0, 0)]), "gives more than 1024 bytes"),
        ["a match before the beginning"] = Bad(Compressed([.. RawLiterals(1, 2, 3, 4), .. Sequences(1, 4, 3, 0, (0, 3))]), "begins 5 bytes back, and there are 4"),
        ["an offset to use again, before the beginning"] = Bad(Compressed([.. RawLiterals(1), .. Sequences(1, 1, 1, 0, (0, 1))]), "begins 4 bytes back, and there are 1"),
        ["a match before the window"] = (With(
            [0x00, Window1KiB], Repeated(1, 1024), Repeated(2, 1024), Compressed([.. RawLiterals(), .. Sequences(1, 0, 10, 0, (4, 10))])),
            ZstandardError.MalformedBlock, "begins 1025 bytes back, and there are 1024"),
        ["a match before the frame"] = (Join(Of(Repeated(1, 1000)), Of(Compressed([.. RawLiterals(1), .. Sequences(1, 1, 2, 0, (1, 2))]))),
            ZstandardError.MalformedBlock, "begins 2 bytes back, and there are 1"),
        ["an offset of 0"] = Bad(Compressed([.. RawLiterals(1), .. Sequences(1, 0, 1, 0, (1, 1))]), "begins 0 bytes back"),
    };

    public static TheoryData<string> Names => [.. s_frames.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Refuses(string name)
    {
        var (data, error, message) = s_frames[name];

        var failure = Assert.Throws<ZstandardException>(() => ZstandardVectors.Decode(data));

        Assert.Contains(message, failure.Message, StringComparison.Ordinal);
        Assert.Equal(error, failure.Error);
        Assert.StartsWith("at byte ", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_ATableOfAnEarlierFrame()
    {
        var first = Of(Compressed(Join(HuffmanLiterals(2, [.. TwoLeaves, .. Backward((0b01, 2))]), NoSequences)));
        var second = Of(Compressed(Join(HuffmanLiterals(2, Backward((0b10, 2)), hasTree: false), NoSequences)));

        Assert.Equal(ZstandardError.MalformedBlock, Assert.Throws<ZstandardException>(() => ZstandardVectors.Decode(Join(first, second))).Error);
    }

    private static (byte[] Data, ZstandardError Error, string Message) Bad(byte[] block, string message) =>
        (Of(block), ZstandardError.MalformedBlock, message);

    private static (byte[] Data, ZstandardError Error, string Message) Small(byte[] block, string message, bool windowIsSmaller = false) =>
        (With(windowIsSmaller ? [0x20, 100] : [0x00, Window1KiB], block), ZstandardError.MalformedBlock, message);

    private static (byte[] Data, ZstandardError Error, string Message) Literals(int count, byte[] content, string message, bool isFour = false) =>
        Bad(Compressed(Join(HuffmanLiterals(count, content, isFour: isFour), NoSequences)), message);

    // A table whose states all belong to one symbol: every value is the largest that is left.
    private static byte[] OneSymbol(int accuracyLog) => Forward((accuracyLog - 5, 4), ((1 << (accuracyLog + 1)) - 1, accuracyLog + 1));
}
