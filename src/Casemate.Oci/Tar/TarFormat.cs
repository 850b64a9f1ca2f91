
namespace Casemate.Oci.Tar;

/// <summary>Places and sizes of a ustar header. Source: POSIX.1-2017, pax, "ustar Interchange Format".</summary>
internal static class TarFormat
{
    public const int BlockSize = 512;
    public const int NameLength = 100;
    public const int ChecksumOffset = 148;
    public const int TypeOffset = 156;
    public const int LinkOffset = 157;
    public const int MagicOffset = 257;
    public const int PrefixOffset = 345;
    public const string ExtendedAttributePrefix = "SCHILY.xattr.";

    /// <summary>The longest path that Linux opens, and so the longest name or target that is accepted.</summary>
    public const int MaxPathBytes = 4096;

    /// <summary>The sum of all bytes of a header, with spaces for the checksum itself.</summary>
    public static int Checksum(ReadOnlySpan<byte> header)
    {
        var sum = 8 * ' ';
        for (var i = 0; i < BlockSize; i++)
        {
            sum += i is >= ChecksumOffset and < ChecksumOffset + 8 ? 0 : header[i];
        }

        return sum;
    }

    /// <summary>The zero bytes that fill the last block of a content.</summary>
    public static int Padding(long size) => (int)(-size & (BlockSize - 1));
}
