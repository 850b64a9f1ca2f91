using System.Buffers.Binary;
using System.Text;

namespace Casemate.Testing;

/// <summary>Writes caches of the GNU loader in their formats.</summary>
public static class LoaderCacheBytes
{
    /// <summary>The format of today.</summary>
    /// <param name="entries">Name, path, flags, features of the processor.</param>
    /// <param name="variants">Subdirectories of glibc-hwcaps, in the order of their index; none leaves the extension out.</param>
    public static byte[] New((string Name, string Path, int Flags, ulong Features)[] entries, params string[] variants)
    {
        var strings = new List<byte>();
        var start = 48 + (entries.Length * 24);
        uint Text(string text)
        {
            var at = start + strings.Count;
            strings.AddRange([.. Encoding.UTF8.GetBytes(text), 0]);
            return (uint)at;
        }

        byte[] lines = [.. entries.SelectMany(entry => (byte[])
        [
            .. Number((uint)entry.Flags, 4), .. Number(Text(entry.Name), 4), .. Number(Text(entry.Path), 4), .. Number(0, 4), .. Number(entry.Features, 8),
        ])];
        var names = variants.Select(Text).ToList();
        while (strings.Count % 4 != 0)
        {
            strings.Add(0);
        }

        var extension = start + strings.Count;
        byte[] extensions = variants.Length == 0 ? [] :
        [
            .. Number(0xEAA42174, 4), .. Number(1, 4), .. Number(1, 4), .. Number(0, 4), .. Number((ulong)extension + 24, 4),
            .. Number((ulong)names.Count * 4, 4), .. names.SelectMany(name => Number(name, 4)),
        ];
        return
        [
            .. "glibc-ld.so.cache1.1"u8, .. Number((ulong)entries.Length, 4), .. Number((ulong)strings.Count, 4), 2, 0, 0, 0,
            .. Number(variants.Length == 0 ? 0UL : (ulong)extension, 4), .. new byte[12], .. lines, .. strings, .. extensions,
        ];
    }

    /// <summary>The older format.</summary>
    /// <param name="entries">Name, path, flags.</param>
    public static byte[] Old((string Name, string Path, int Flags)[] entries)
    {
        var strings = new List<byte>();
        uint Text(string text)
        {
            var at = strings.Count;
            strings.AddRange([.. Encoding.UTF8.GetBytes(text), 0]);
            return (uint)at;
        }

        byte[] lines = [.. entries.SelectMany(entry => (byte[])
        [
            .. Number((uint)entry.Flags, 4), .. Number(Text(entry.Name), 4), .. Number(Text(entry.Path), 4),
        ])];
        return [.. "ld.so-1.7.0\0"u8, .. Number((ulong)entries.Length, 4), .. lines, .. strings];
    }

    /// <summary>An older cache, empty, with the one of today behind it.</summary>
    /// <param name="entries">As in <see cref="New"/>.</param>
    public static byte[] Both((string Name, string Path, int Flags, ulong Features)[] entries) => [.. Old([]), .. New(entries)];

    private static byte[] Number(ulong value, int size)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        return bytes[..size];
    }
}
