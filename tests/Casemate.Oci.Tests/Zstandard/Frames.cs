using System.Numerics;

namespace Casemate.Oci.Tests.Zstandard;

/// <summary>Frames made by hand, field by field. Source: RFC 8878, section 3.</summary>
internal static class Frames
{
    public static readonly byte[] Magic = [0x28, 0xB5, 0x2F, 0xFD];

    /// <summary>Of Window_Descriptor: 1 KiB, 1 MiB and 128 MiB.</summary>
    public const byte Window1KiB = 0x00, Window1MiB = 0x50, Window128MiB = 0x88;

    private const int RunLengthModes = 0b01_01_01_00;

    /// <summary>A frame of these blocks, the last of which is marked so, with a window of 1 MiB and no checksum.</summary>
    public static byte[] Of(params byte[][] blocks) => With([0x00, Window1MiB], blocks);

    /// <summary>A frame with another header than that, from its descriptor on.</summary>
    public static byte[] With(byte[] header, params byte[][] blocks)
    {
        var last = (byte[])blocks[^1].Clone();
        last[0] |= 1;
        return [.. Magic, .. header, .. blocks[..^1].SelectMany(block => block), .. last];
    }

    public static byte[] Raw(params byte[] content) => Block(0, content.Length, content);

    public static byte[] Repeated(byte value, int count) => Block(1, count, [value]);

    public static byte[] Compressed(params byte[] content) => Block(2, content.Length, content);

    /// <summary>A block with any type and size in its header.</summary>
    public static byte[] Block(int type, int size, params byte[] content)
    {
        var header = (type << 1) | (size << 3);
        return [(byte)header, (byte)(header >> 8), (byte)(header >> 16), .. content];
    }

    /// <summary>Up to 31 literals as they are.</summary>
    public static byte[] RawLiterals(params byte[] literals) => [(byte)(literals.Length << 3), .. literals];

    /// <summary>Literals under Huffman codes, with sizes of 10 bits.</summary>
    public static byte[] HuffmanLiterals(int regenerated, byte[] content, bool hasTree = true, bool isFour = false, int? size = null)
    {
        var header = (hasTree ? 2 : 3) | (isFour ? 4 : 0) | (regenerated << 4) | ((size ?? content.Length) << 14);
        return [(byte)header, (byte)(header >> 8), (byte)(header >> 16), .. content];
    }

    /// <summary>A tree of the bytes 0 and 1, a bit each.</summary>
    public static readonly byte[] TwoLeaves = [0x80, 0x10];

    public static readonly byte[] NoSequences = [0];

    /// <summary>Sequences that all have the same codes, so that the stream holds their extra bits alone.</summary>
    public static byte[] Sequences(int count, byte lengthCode, byte offsetCode, byte matchCode, params (int Value, int Bits)[] bits) =>
        [(byte)count, RunLengthModes, lengthCode, offsetCode, matchCode, .. Backward(bits)];

    /// <summary>Bits in the order in which they are read, from the end of a stream to its beginning.</summary>
    public static byte[] Backward(params (int Value, int Bits)[] bits)
    {
        var all = BigInteger.One;
        foreach (var (value, count) in bits)
        {
            all = (all << count) | value;
        }

        return all.ToByteArray(isUnsigned: true);
    }

    /// <summary>Bits in the order in which they are read, from the beginning of a description to its end.</summary>
    public static byte[] Forward(params (int Value, int Bits)[] bits)
    {
        var (all, length) = (BigInteger.Zero, 0);
        foreach (var (value, count) in bits)
        {
            all |= (BigInteger)value << length;
            length += count;
        }

        var bytes = new byte[(length + 7) / 8];
        all.ToByteArray(isUnsigned: true).CopyTo(bytes, 0);
        return bytes;
    }

    public static byte[] Join(params byte[][] parts) => [.. parts.SelectMany(part => part)];
}
