using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using Casemate.Primitives.Text;

namespace Casemate.Images.Closure;

/// <summary>
/// The cache of the GNU loader, <c>/etc/ld.so.cache</c>, in both of its formats: <c>ld.so-1.7.0</c>, and <c>glibc-ld.so.cache1.1</c>, alone
/// or behind the older one, with its extension for <c>glibc-hwcaps</c>. Source: GNU C Library, sysdeps/generic/dl-cache.h (structure only).
/// </summary>
public sealed class LoaderCache
{
    /// <summary>Flags of a 64-bit x86 library of the GNU C Library: FLAG_ELF_LIBC6 and FLAG_X8664_LIB64.</summary>
    public const int X86_64Flags = 0x0303;

    /// <summary>Entries that a cache may have.</summary>
    public const int MaxEntries = 100_000;

    /// <summary>Bytes that a cache may have.</summary>
    public const int MaxBytes = 32 * 1024 * 1024;

    private const int OldHeaderSize = 16;
    private const int OldEntrySize = 12;
    private const int NewHeaderSize = 48;
    private const int NewEntrySize = 24;
    private const int MaxTextBytes = 4096;
    private const uint ExtensionMagic = 0xEAA42174;
    private const uint VariantsTag = 1;
    private const ulong IsVariant = 1UL << 62;                             // DL_CACHE_HWCAP_EXTENSION

    private readonly Dictionary<string, List<LoaderCacheEntry>> _byName = new(StringComparer.Ordinal);

    private LoaderCache(ImmutableArray<LoaderCacheEntry> entries)
    {
        Entries = entries;
        foreach (var entry in entries)
        {
            if (!_byName.TryGetValue(entry.Name, out var same))
            {
                _byName[entry.Name] = same = [];
            }

            same.Add(entry);
        }
    }

    private static ReadOnlySpan<byte> OldMagic => "ld.so-1.7.0"u8;

    private static ReadOnlySpan<byte> NewMagic => "glibc-ld.so.cache1.1"u8;

    /// <summary>The entries in the order of the file.</summary>
    public ImmutableArray<LoaderCacheEntry> Entries { get; }

    /// <summary>The entries of a name for 64-bit x86, in the order of the file; empty when there are none.</summary>
    public IEnumerable<LoaderCacheEntry> Find(string name) =>
        _byName.TryGetValue(name, out var entries) ? entries.Where(entry => entry.Flags == X86_64Flags) : [];

    /// <summary>Reads a cache. Never throws.</summary>
    /// <param name="bytes">The file.</param>
    /// <param name="cache">The cache; null after false.</param>
    /// <returns>False when it is of another format, or a table or string of it reaches past its end.</returns>
    public static bool TryRead(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out LoaderCache? cache)
    {
        cache = null;
        if (bytes.Length > MaxBytes)
        {
            return false;
        }

        if (bytes.StartsWith(NewMagic))
        {
            return TryReadNew(bytes, out cache);
        }

        if (!bytes.StartsWith(OldMagic) || bytes.Length < OldHeaderSize)
        {
            return false;
        }

        var count = BinaryPrimitives.ReadUInt32LittleEndian(bytes[12..]);
        if (count > MaxEntries || OldHeaderSize + (count * OldEntrySize) > bytes.Length)
        {
            return false;
        }

        // The newer cache, if there is one, begins where the older one's strings would, aligned to eight bytes.
        var end = OldHeaderSize + ((int)count * OldEntrySize);
        var aligned = (end + 7) & ~7;
        return aligned <= bytes.Length && bytes[aligned..].StartsWith(NewMagic)
            ? TryReadNew(bytes[aligned..], out cache)
            : TryReadOld(bytes, (int)count, bytes[end..], out cache);
    }

    private static bool TryReadOld(ReadOnlySpan<byte> bytes, int count, ReadOnlySpan<byte> strings, [NotNullWhen(true)] out LoaderCache? cache)
    {
        cache = null;
        var entries = ImmutableArray.CreateBuilder<LoaderCacheEntry>(count);
        for (var i = 0; i < count; i++)
        {
            var entry = bytes[(OldHeaderSize + (i * OldEntrySize))..];
            if (!TryGetText(strings, BinaryPrimitives.ReadUInt32LittleEndian(entry[4..]), out var name)
                || !TryGetText(strings, BinaryPrimitives.ReadUInt32LittleEndian(entry[8..]), out var path))
            {
                return false;
            }

            entries.Add(new LoaderCacheEntry(name, path, BinaryPrimitives.ReadInt32LittleEndian(entry), null, 0));
        }

        cache = new LoaderCache(entries.MoveToImmutable());
        return true;
    }

    // Header: magic, count u32, bytes of strings u32, byte order u8 (0 unset, 2 little), 3 unused, offset of extensions u32, 12 unused.
    // Entry: flags i32, name u32, path u32, version of the system u32, features u64. All offsets count from this header.
    private static bool TryReadNew(ReadOnlySpan<byte> bytes, [NotNullWhen(true)] out LoaderCache? cache)
    {
        cache = null;
        if (bytes.Length < NewHeaderSize || bytes[28] is not (0 or 2))
        {
            return false;
        }

        var count = BinaryPrimitives.ReadUInt32LittleEndian(bytes[20..]);
        if (count > MaxEntries || NewHeaderSize + (count * NewEntrySize) > bytes.Length
            || !TryReadVariants(bytes, BinaryPrimitives.ReadUInt32LittleEndian(bytes[32..]), out var variants))
        {
            return false;
        }

        var entries = ImmutableArray.CreateBuilder<LoaderCacheEntry>((int)count);
        for (var i = 0; i < (int)count; i++)
        {
            var entry = bytes[(NewHeaderSize + (i * NewEntrySize))..];
            if (!TryGetText(bytes, BinaryPrimitives.ReadUInt32LittleEndian(entry[4..]), out var name)
                || !TryGetText(bytes, BinaryPrimitives.ReadUInt32LittleEndian(entry[8..]), out var path))
            {
                return false;
            }

            var features = BinaryPrimitives.ReadUInt64LittleEndian(entry[16..]);
            string? variant = null;
            if ((features & IsVariant) != 0)
            {
                // The upper half also holds a level of the processor; the lower half is the index of the name.
                var index = (uint)features;
                if (index >= variants.Count)
                {
                    return false;
                }

                (variant, features) = (variants[(int)index], 0);
            }

            entries.Add(new LoaderCacheEntry(name, path, BinaryPrimitives.ReadInt32LittleEndian(entry), variant, features));
        }

        cache = new LoaderCache(entries.MoveToImmutable());
        return true;
    }

    // Extensions: magic u32, count u32, then of each: tag u32, flags u32, offset u32, size u32.
    private static bool TryReadVariants(ReadOnlySpan<byte> bytes, uint offset, out List<string> variants)
    {
        variants = [];
        if (offset == 0)
        {
            return true;
        }

        if (offset > bytes.Length - 8 || BinaryPrimitives.ReadUInt32LittleEndian(bytes[(int)offset..]) != ExtensionMagic)
        {
            return false;
        }

        var count = BinaryPrimitives.ReadUInt32LittleEndian(bytes[((int)offset + 4)..]);
        if (count > 64 || offset + 8 + (count * 16) > bytes.Length)
        {
            return false;
        }

        for (var i = 0; i < (int)count; i++)
        {
            var section = bytes[((int)offset + 8 + (i * 16))..];
            if (BinaryPrimitives.ReadUInt32LittleEndian(section) != VariantsTag)
            {
                continue;
            }

            ulong start = BinaryPrimitives.ReadUInt32LittleEndian(section[8..]);
            var size = BinaryPrimitives.ReadUInt32LittleEndian(section[12..]);
            if (variants.Count > 0 || size % 4 != 0 || size > 4096 || start + size > (ulong)bytes.Length)
            {
                return false;
            }

            for (var at = (int)start; at < (int)(start + size); at += 4)
            {
                if (!TryGetText(bytes, BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]), out var name))
                {
                    return false;
                }

                variants.Add(name);
            }
        }

        return true;
    }

    private static bool TryGetText(ReadOnlySpan<byte> strings, uint offset, out string text)
    {
        text = "";
        if (offset >= strings.Length)
        {
            return false;
        }

        var rest = strings[(int)offset..];
        var end = rest[..Math.Min(rest.Length, MaxTextBytes + 1)].IndexOf((byte)0);
        if (end <= 0)
        {
            return false;
        }

        try
        {
            text = StrictUtf8.GetString(rest[..end]);
            return true;
        }
        catch (DecoderFallbackException)
        {
            return false;
        }
    }
}
