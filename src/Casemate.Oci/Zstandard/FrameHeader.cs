using System.Buffers.Binary;

namespace Casemate.Oci.Zstandard;

/// <summary>The header of a frame, after its magic number. Source: RFC 8878, section 3.1.1.1.</summary>
/// <param name="WindowSize">How far back a match may reach, in bytes; at least the size of what is kept while decoding.</param>
/// <param name="ContentSize">The bytes that the frame gives; null if the header does not say.</param>
/// <param name="HasChecksum">True if a checksum follows the last block.</param>
internal readonly record struct FrameHeader(ulong WindowSize, ulong? ContentSize, bool HasChecksum)
{
    /// <summary>The bytes of a magic number.</summary>
    public const int MagicSize = 4;

    /// <summary>The bytes that no block exceeds, whatever the window. Section 3.1.1.2.4.</summary>
    public const int BlockMaximumSize = 128 * 1024;

    private const uint Magic = 0xFD2FB528;
    private const uint SkippableMagic = 0x184D2A50;

    /// <summary>The bytes that no block of this frame exceeds.</summary>
    public int BlockSize => (int)Math.Min(WindowSize, BlockMaximumSize);

    /// <summary>True if a frame begins so.</summary>
    public static bool IsMagic(ReadOnlySpan<byte> bytes) =>
        bytes.Length >= MagicSize && BinaryPrimitives.ReadUInt32LittleEndian(bytes) == Magic;

    /// <summary>True if a skippable frame begins so. Section 3.1.2.</summary>
    public static bool IsSkippableMagic(ReadOnlySpan<byte> bytes) =>
        bytes.Length >= MagicSize && (BinaryPrimitives.ReadUInt32LittleEndian(bytes) & 0xFFFFFFF0) == SkippableMagic;

    /// <summary>The bytes of the header that begins with this Frame_Header_Descriptor.</summary>
    public static int SizeOf(byte descriptor) =>
        1 + (IsSingleSegment(descriptor) ? 0 : 1) + DictionaryIdSize(descriptor) + ContentSizeSize(descriptor);

    /// <summary>Reads a header.</summary>
    /// <param name="header">All of it, from the descriptor on.</param>
    /// <exception cref="ZstandardException">The reserved bit is set, or a dictionary is named.</exception>
    public static FrameHeader Read(ReadOnlySpan<byte> header)
    {
        var descriptor = header[0];
        if ((descriptor & 0x08) != 0)
        {
            throw new ZstandardException(ZstandardError.MalformedFrame, "the reserved bit of the frame's header is set");
        }

        var rest = header[1..];
        ulong window = 0;
        if (!IsSingleSegment(descriptor))
        {
            var windowBase = 1UL << (10 + (rest[0] >> 3));
            window = windowBase + (windowBase / 8 * (ulong)(rest[0] & 7));
            rest = rest[1..];
        }

        var dictionaryIdSize = DictionaryIdSize(descriptor);
        var dictionaryId = ReadLittleEndian(rest[..dictionaryIdSize]);
        if (dictionaryId != 0)
        {
            throw new ZstandardException(
                ZstandardError.DictionaryRequired, $"the frame was made with dictionary {dictionaryId}, and dictionaries are not supported");
        }

        rest = rest[dictionaryIdSize..];
        ulong? content = rest.IsEmpty ? null : ReadLittleEndian(rest) + (rest.Length == 2 ? 256u : 0);
        return new FrameHeader(IsSingleSegment(descriptor) ? content!.Value : window, content, (descriptor & 0x04) != 0);
    }

    private static bool IsSingleSegment(byte descriptor) => (descriptor & 0x20) != 0;

    private static int DictionaryIdSize(byte descriptor) => (descriptor & 3) is 3 ? 4 : descriptor & 3;

    private static int ContentSizeSize(byte descriptor) => (descriptor >> 6) switch
    {
        0 => IsSingleSegment(descriptor) ? 1 : 0,
        var flag => 1 << flag,
    };

    private static ulong ReadLittleEndian(ReadOnlySpan<byte> bytes)
    {
        ulong value = 0;
        for (var i = bytes.Length - 1; i >= 0; i--)
        {
            value = (value << 8) | bytes[i];
        }

        return value;
    }
}
