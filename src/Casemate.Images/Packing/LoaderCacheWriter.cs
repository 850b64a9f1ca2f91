using System.Buffers.Binary;
using System.Text;
using Casemate.Images.Closure;

namespace Casemate.Images.Packing;

/// <summary>
/// Writes a cache for the GNU loader with the libraries of an image alone: that of the machine that packs names all of its own. Format:
/// <c>glibc-ld.so.cache1.1</c> of the GNU C Library, as <see cref="LoaderCache"/> reads it.
/// </summary>
internal static class LoaderCacheWriter
{
    private const int HeaderSize = 48;
    private const int EntrySize = 24;
    private const byte LittleEndian = 2;

    /// <summary>Writes the cache.</summary>
    /// <param name="libraries">Names and paths; a name may have several paths, of which the first counts.</param>
    public static byte[] Write(IEnumerable<(string Name, string Path)> libraries)
    {
        // The loader halves its way through the entries, by its own order, the greatest first.
        var entries = libraries.DistinctBy(library => library.Name, StringComparer.Ordinal).ToList();
        entries.Sort((one, other) => Compare(other.Name, one.Name) is not 0 and var order ? order
            : string.CompareOrdinal(one.Name, other.Name));
        var strings = new MemoryStream();
        var start = HeaderSize + (entries.Count * EntrySize);
        var table = new byte[start];
        for (var i = 0; i < entries.Count; i++)
        {
            var entry = table.AsSpan(HeaderSize + (i * EntrySize), EntrySize);
            BinaryPrimitives.WriteInt32LittleEndian(entry, LoaderCache.X86_64Flags);
            BinaryPrimitives.WriteInt32LittleEndian(entry[4..], Add(entries[i].Name));
            BinaryPrimitives.WriteInt32LittleEndian(entry[8..], Add(entries[i].Path));
        }

        "glibc-ld.so.cache1.1"u8.CopyTo(table);
        BinaryPrimitives.WriteInt32LittleEndian(table.AsSpan(20), entries.Count);
        BinaryPrimitives.WriteInt32LittleEndian(table.AsSpan(24), (int)strings.Length);
        table[28] = LittleEndian;
        return [.. table, .. strings.ToArray()];

        int Add(string text)
        {
            var at = start + (int)strings.Length;
            strings.Write(Encoding.UTF8.GetBytes(text + "\0"));
            return at;
        }
    }

    // Runs of digits count as numbers: libc.so.10 comes after libc.so.9. Digits come after any other character.
    internal static int Compare(string one, string other)
    {
        var (i, j) = (0, 0);
        while (i < one.Length)
        {
            if (char.IsAsciiDigit(one[i]))
            {
                if (j >= other.Length || !char.IsAsciiDigit(other[j]))
                {
                    return 1;
                }

                var order = Number(one, ref i).CompareTo(Number(other, ref j));
                if (order != 0)
                {
                    return order;
                }
            }
            else if (j < other.Length && char.IsAsciiDigit(other[j]))
            {
                return -1;
            }
            else if (j >= other.Length || one[i] != other[j])
            {
                return one[i] - (j < other.Length ? other[j] : '\0');
            }
            else
            {
                (i, j) = (i + 1, j + 1);
            }
        }

        return j < other.Length ? -1 : 0;
    }

    // As the loader counts, which overflows without a word.
    private static int Number(string text, ref int at)
    {
        var value = 0;
        for (; at < text.Length && char.IsAsciiDigit(text[at]); at++)
        {
            value = unchecked((value * 10) + (text[at] - '0'));
        }

        return value;
    }
}
