using System.Buffers.Binary;

namespace Casemate.Oci.Tar;

/// <summary>One header block, read in place: ustar, the older form of it, and GNU's and star's variants.</summary>
internal readonly ref struct TarHeader
{
    private readonly ReadOnlySpan<byte> _block;

    private TarHeader(ReadOnlySpan<byte> block) => _block = block;

    public byte Type => _block[TarFormat.TypeOffset];

    public ReadOnlySpan<byte> Name => Field(0, TarFormat.NameLength);

    public ReadOnlySpan<byte> Link => Field(TarFormat.LinkOffset, TarFormat.NameLength);

    /// <summary>The directory in front of the name; empty in forms that have other things there.</summary>
    public ReadOnlySpan<byte> Prefix =>
        !_block.Slice(TarFormat.MagicOffset, 6).SequenceEqual("ustar\0"u8) ? []
        : _block.Slice(508, 4).SequenceEqual("tar\0"u8) ? Field(TarFormat.PrefixOffset, 131)
        : Field(TarFormat.PrefixOffset, 155);

    /// <summary>True when the magic says that user names, device numbers and a prefix follow.</summary>
    public bool HasDevice => _block.Slice(TarFormat.MagicOffset, 5).SequenceEqual("ustar"u8);

    public bool TryMode(out long value) => TryNumber(100, 8, out value);

    public bool TryUserId(out long value) => TryNumber(108, 8, out value);

    public bool TryGroupId(out long value) => TryNumber(116, 8, out value);

    public bool TrySize(out long value) => TryNumber(124, 12, out value);

    public bool TryModified(out long value) => TryNumber(136, 12, out value);

    public bool TryDeviceMajor(out long value) => TryNumber(329, 8, out value);

    public bool TryDeviceMinor(out long value) => TryNumber(337, 8, out value);

    /// <summary>Takes a block as a header if its checksum is right.</summary>
    public static bool TryRead(ReadOnlySpan<byte> block, out TarHeader header)
    {
        header = new TarHeader(block);
        return header.TryNumber(TarFormat.ChecksumOffset, 8, out var sum) && sum == TarFormat.Checksum(block);
    }

    private ReadOnlySpan<byte> Field(int offset, int length)
    {
        var field = _block.Slice(offset, length);
        var end = field.IndexOf((byte)0);
        return end < 0 ? field : field[..end];
    }

    // Octal digits between optional spaces, ended by a space, a zero or the end of the field; or, with the top bit set, a binary
    // number in two's complement (GNU and star), of which at most 8 bytes may matter.
    private bool TryNumber(int offset, int length, out long value)
    {
        value = 0;
        var field = _block.Slice(offset, length);
        if ((field[0] & 0x80) != 0)
        {
            return TryBinary(field, out value);
        }

        field = field.TrimStart((byte)' ');
        var end = field.IndexOfAny((byte)0, (byte)' ');
        var digits = end < 0 ? field : field[..end];
        if (end >= 0 && field[end..].ContainsAnyExcept((byte)0, (byte)' '))
        {
            return false;
        }

        foreach (var digit in digits)
        {
            if (digit is < (byte)'0' or > (byte)'7')
            {
                return false;
            }

            value = (value << 3) | (long)(digit - '0');                    // 12 digits of 3 bits at most
        }

        return true;
    }

    private static bool TryBinary(ReadOnlySpan<byte> field, out long value)
    {
        Span<byte> wide = stackalloc byte[16];
        var negative = (field[0] & 0x40) != 0;
        wide.Fill(negative ? (byte)0xFF : (byte)0);
        field.CopyTo(wide[^field.Length..]);
        wide[^field.Length] = (byte)(negative ? wide[^field.Length] | 0x80 : wide[^field.Length] & 0x7F);
        var number = BinaryPrimitives.ReadInt128BigEndian(wide);
        value = number >= long.MinValue && number <= long.MaxValue ? (long)number : 0;
        return number == value;
    }
}
