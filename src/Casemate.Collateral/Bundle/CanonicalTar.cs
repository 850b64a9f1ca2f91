using System.Globalization;
using System.Text;

namespace Casemate.Collateral.Bundle;

/// <summary>
/// Tar archives of the one form that is written here: regular files with fixed times, owners and permissions, so that the same content
/// gives the same bytes. The reader takes nothing else. Source: POSIX.1-1988, ustar.
/// </summary>
/// <remarks>
/// The base library's reader understands links, devices, sparse files and extended headers, and takes memory by lengths that those
/// claim. None of that has a place in a bundle; here a header is accepted only if it is, byte for byte, what the writer would write
/// for its name and size.
/// </remarks>
internal static class CanonicalTar
{
    /// <summary>The longest name, in characters.</summary>
    public const int MaximumNameLength = 100;

    private const int Block = 512;
    private const int SizeOffset = 124;
    private const int SizeDigits = 11;

    /// <summary>Writes an archive.</summary>
    /// <param name="files">Names as <see cref="IsName"/> accepts them, and content; written in this order.</param>
    public static byte[] Write(IEnumerable<(string Name, ReadOnlyMemory<byte> Content)> files)
    {
        using var tar = new MemoryStream();
        foreach (var (name, content) in files)
        {
            if (!IsName(name))
            {
                throw new ArgumentException($"'{name}' is no name for a file of a bundle.", nameof(files));
            }

            tar.Write(Header(name, content.Length));
            tar.Write(content.Span);
            tar.Write(new byte[PaddingOf(content.Length)]);
        }

        tar.Write(new byte[2 * Block]);
        return tar.ToArray();
    }

    /// <summary>Whether bytes begin like an archive whose first file has a name.</summary>
    public static bool StartsWith(ReadOnlySpan<byte> content, string firstName) =>
        content.Length >= Block && TryReadHeader(content[..Block], out var name, out _) && name == firstName;

    /// <summary>Reads an archive; never throws on any input. Takes no memory but for the list.</summary>
    /// <param name="tar">The archive.</param>
    /// <param name="maximumFiles">The most files.</param>
    /// <param name="files">Names and slices of the archive, in its order.</param>
    /// <param name="error">What is wrong and where; empty on success.</param>
    public static bool TryRead(
        ReadOnlyMemory<byte> tar, int maximumFiles, out List<(string Name, ReadOnlyMemory<byte> Content)> files, out string error)
    {
        files = [];
        var offset = 0;
        while (true)
        {
            if (tar.Length - offset < Block)
            {
                error = $"it is cut off at byte {tar.Length}";
                return false;
            }

            var block = tar.Span.Slice(offset, Block);
            if (!block.ContainsAnyExcept((byte)0))
            {
                error = tar.Length - offset == 2 * Block && !tar.Span[offset..].ContainsAnyExcept((byte)0)
                    ? ""
                    : $"it does not end where its last file ends, at byte {offset}";
                return error.Length == 0;
            }

            if (files.Count == maximumFiles)
            {
                error = string.Create(CultureInfo.InvariantCulture, $"it holds more than {maximumFiles} files");
                return false;
            }

            if (!TryReadHeader(block, out var name, out var size))
            {
                error = $"the header at byte {offset} is not one of a bundle (another kind of tar archive, or damaged)";
                return false;
            }

            offset += Block;
            if (size > tar.Length - offset || PaddingOf((int)size) > tar.Length - offset - (int)size)
            {
                error = $"it is cut off inside {name}";
                return false;
            }

            files.Add((name, tar.Slice(offset, (int)size)));
            offset += (int)size;
            var padding = PaddingOf((int)size);
            if (tar.Span.Slice(offset, padding).ContainsAnyExcept((byte)0))
            {
                error = $"bytes stand behind the end of {name}";
                return false;
            }

            offset += padding;
        }
    }

    /// <summary>
    /// Lower-case letters, digits and <c>. - _ /</c>; relative, without empty parts and without parts that begin with a dot: a name that is
    /// the same on every file system and never leads out of a directory.
    /// </summary>
    public static bool IsName(string name) =>
        name.Length is > 0 and <= MaximumNameLength
        && !name.AsSpan().ContainsAnyExcept("abcdefghijklmnopqrstuvwxyz0123456789.-_/")
        && !name.Split('/').Any(part => part.Length == 0 || part[0] == '.');

    private static int PaddingOf(int size) => (Block - (size % Block)) % Block;

    private static bool TryReadHeader(ReadOnlySpan<byte> block, out string name, out long size)
    {
        var end = block[..MaximumNameLength].IndexOf((byte)0);
        name = Encoding.Latin1.GetString(block[..(end < 0 ? MaximumNameLength : end)]);
        size = 0;
        foreach (var digit in block.Slice(SizeOffset, SizeDigits))
        {
            if (digit is < (byte)'0' or > (byte)'7')
            {
                return false;
            }

            size = (size * 8) + (digit - '0');
        }

        return size <= int.MaxValue && IsName(name) && block.SequenceEqual(Header(name, (int)size));
    }

    private static byte[] Header(string name, int size)
    {
        var header = new byte[Block];
        Put(header, 0, name);
        Put(header, 100, "0000644\0");                                      // mode
        Put(header, 108, "0000000\0");                                      // user
        Put(header, 116, "0000000\0");                                      // group
        Put(header, SizeOffset, Convert.ToString(size, 8).PadLeft(SizeDigits, '0') + "\0");
        Put(header, 136, "00000000000\0");                                  // time
        Put(header, 148, "        ");                                       // checksum, blank while it is computed
        Put(header, 156, "0");                                              // a regular file
        Put(header, 257, "ustar\0" + "00");
        var sum = 0;
        foreach (var value in header)
        {
            sum += value;
        }

        Put(header, 148, Convert.ToString(sum, 8).PadLeft(6, '0') + "\0 ");
        return header;
    }

    private static void Put(byte[] header, int offset, string text) => Encoding.Latin1.GetBytes(text, header.AsSpan(offset));
}
