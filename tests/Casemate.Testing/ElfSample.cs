using System.Buffers.Binary;
using System.Text;

namespace Casemate.Testing;

/// <summary>
/// Writes a small shared library or program, so that a test can say exactly what is in it. One loaded segment covers the whole file, so
/// that an address is an offset in the file.
/// </summary>
public sealed record ElfSample
{
    private const int HeaderSize = 64;
    private const int SegmentSize = 56;

    /// <summary>PT_INTERP; null for none.</summary>
    public string? Interpreter { get; init; }

    /// <summary>DT_SONAME; null for none.</summary>
    public string? SoName { get; init; }

    /// <summary>DT_RUNPATH; null for none.</summary>
    public string? RunPath { get; init; }

    /// <summary>DT_RPATH; null for none.</summary>
    public string? RPath { get; init; }

    /// <summary>DT_NEEDED.</summary>
    public string[] Needed { get; init; } = [];

    /// <summary>DT_FLAGS_1; 0 for none.</summary>
    public ulong Flags1 { get; init; }

    /// <summary>Symbols with 'U' (undefined), 'W' (weak undefined) or 'D' (defined), and a version index.</summary>
    public (char Kind, string Name, ushort Version)[] Symbols { get; init; } = [];

    /// <summary>Versions needed: library, version, index.</summary>
    public (string File, string Version, ushort Index, bool Weak)[] VersionNeeds { get; init; } = [];

    /// <summary>Versions defined, numbered from 2; 1 is the base.</summary>
    public string[] VersionDefinitions { get; init; } = [];

    /// <summary>A note of the owner "Sample" and type 7; null for none.</summary>
    public byte[]? Note { get; init; }

    /// <summary>A section with these bytes; null to leave out all section headers.</summary>
    public (string Name, byte[] Bytes)? Section { get; init; }

    /// <summary>e_machine.</summary>
    public ushort Machine { get; init; } = 62;

    /// <summary>EI_CLASS.</summary>
    public byte Class { get; init; } = 2;

    /// <summary>Whether there is a dynamic segment.</summary>
    public bool Dynamic { get; init; } = true;

    /// <summary>The name's hash as DT_HASH and symbol versions use it. Source: System V gABI, "Hash Table".</summary>
    public static uint HashOf(string name)
    {
        var hash = 0u;
        foreach (var c in Encoding.UTF8.GetBytes(name))
        {
            hash = (hash << 4) + c;
            var high = hash & 0xF0000000;
            hash = (hash ^ (high >> 24)) & ~high;
        }

        return hash;
    }

    /// <summary>The bytes of the file.</summary>
    public byte[] ToBytes()
    {
        var segments = 1 + (Interpreter is null ? 0 : 1) + (Dynamic ? 1 : 0) + (Note is null ? 0 : 1);
        var file = new List<byte>(new byte[HeaderSize + (segments * SegmentSize)]);
        var strings = new List<byte> { 0 };
        var headers = new List<(uint Type, int Offset, int Size)>();

        uint Text(string text)
        {
            var at = strings.Count;
            strings.AddRange(Encoding.UTF8.GetBytes(text));
            strings.Add(0);
            return (uint)at;
        }

        int Place(byte[] bytes)
        {
            while (file.Count % 8 != 0)
            {
                file.Add(0);
            }

            file.AddRange(bytes);
            return file.Count - bytes.Length;
        }

        if (Interpreter is not null)
        {
            var path = Encoding.UTF8.GetBytes(Interpreter + "\0");
            headers.Add((3, Place(path), path.Length));
        }

        if (Note is not null)
        {
            byte[] note = [.. Number(7, 4), .. Number((ulong)Note.Length, 4), .. Number(7, 4), .. "Sample\0\0"u8, .. Note];
            headers.Add((4, Place(note), note.Length));
        }

        if (Dynamic)
        {
            var entries = new List<(ulong Tag, ulong Value)>();
            entries.AddRange(Needed.Select(name => (1UL, (ulong)Text(name))));
            AddText(14, SoName);
            AddText(15, RPath);
            AddText(29, RunPath);
            if (Flags1 != 0)
            {
                entries.Add((0x6FFFFFFB, Flags1));
            }

            void AddText(ulong tag, string? text)
            {
                if (text is not null)
                {
                    entries.Add((tag, Text(text)));
                }
            }

            // The undefined symbol, then ours; st_info is global or weak, of type function.
            byte[] symbols = [.. new byte[24], .. Symbols.SelectMany(symbol => (byte[])
            [
                .. Number(Text(symbol.Name), 4), (byte)(symbol.Kind == 'W' ? 0x22 : 0x12), 0, .. Number(symbol.Kind == 'D' ? 1UL : 0, 2),
                .. Number(symbol.Kind == 'D' ? 0x40UL : 0, 8), .. Number(0, 8),
            ])];
            entries.Add((6, (ulong)Place(symbols)));
            var count = Symbols.Length + 1;
            entries.Add((4, (ulong)Place([.. Number(1, 4), .. Number((ulong)count, 4), .. Number(1, 4), .. new byte[count * 4]])));
            if (VersionNeeds.Length + VersionDefinitions.Length > 0)
            {
                entries.Add((0x6FFFFFF0, (ulong)Place([0, 0, .. Symbols.SelectMany(symbol => Number(symbol.Version, 2))])));
            }

            if (VersionNeeds.Length > 0)
            {
                var needs = VersionNeeds.SelectMany((need, i) => (byte[])
                [
                    .. Number(1, 2), .. Number(1, 2), .. Number(Text(need.File), 4), .. Number(16, 4),
                    .. Number(i == VersionNeeds.Length - 1 ? 0UL : 32, 4),
                    .. Number(HashOf(need.Version), 4), .. Number(need.Weak ? 2UL : 0, 2), .. Number(need.Index, 2),
                    .. Number(Text(need.Version), 4), .. Number(0, 4),
                ]);
                entries.Add((0x6FFFFFFE, (ulong)Place([.. needs])));
                entries.Add((0x6FFFFFFF, (ulong)VersionNeeds.Length));
            }

            if (VersionDefinitions.Length > 0)
            {
                string[] names = [SoName ?? "base", .. VersionDefinitions];
                var definitions = names.SelectMany((name, i) => (byte[])
                [
                    .. Number(1, 2), .. Number(i == 0 ? 1UL : 0, 2), .. Number((ulong)i + 1, 2), .. Number(1, 2), .. Number(HashOf(name), 4),
                    .. Number(20, 4), .. Number(i == names.Length - 1 ? 0UL : 28, 4), .. Number(Text(name), 4), .. Number(0, 4),
                ]);
                entries.Add((0x6FFFFFFC, (ulong)Place([.. definitions])));
                entries.Add((0x6FFFFFFD, (ulong)names.Length));
            }

            entries.Add((10, (ulong)strings.Count));
            entries.Add((5, (ulong)Place([.. strings])));
            entries.Add((0, 0));
            byte[] dynamic = [.. entries.SelectMany(entry => (byte[])[.. Number(entry.Tag, 8), .. Number(entry.Value, 8)])];
            headers.Add((2, Place(dynamic), dynamic.Length));
        }

        var (sectionsAt, sectionCount) = (0, 0);
        if (Section is { } section)
        {
            var at = Place(section.Bytes);
            byte[] names = [0, .. Encoding.UTF8.GetBytes(section.Name), 0, .. ".names\0"u8];
            var namesAt = Place(names);
            sectionCount = 3;
            sectionsAt = Place([
                .. new byte[64], .. SectionHeader(1, 1, at, section.Bytes.Length),
                .. SectionHeader((ulong)(names.Length - 7), 3, namesAt, names.Length)]);
        }

        var image = file.ToArray();
        byte[] header =
        [
            0x7F, .. "ELF"u8, Class, 1, 1, 0, .. new byte[8], .. Number(3, 2), .. Number(Machine, 2), .. Number(1, 4),
            .. Number(0x40, 8), .. Number(HeaderSize, 8), .. Number((ulong)sectionsAt, 8), .. Number(0, 4), .. Number(HeaderSize, 2),
            .. Number(SegmentSize, 2), .. Number((ulong)segments, 2), .. Number(64, 2), .. Number((ulong)sectionCount, 2),
            .. Number(sectionCount == 0 ? 0UL : 2, 2),
            .. Segment(1, 0, image.Length), .. headers.SelectMany(entry => Segment(entry.Type, entry.Offset, entry.Size)),
        ];
        header.CopyTo(image, 0);
        return image;
    }

    private static byte[] Segment(uint type, int offset, int size) =>
    [
        .. Number(type, 4), .. Number(5, 4), .. Number((ulong)offset, 8), .. Number((ulong)offset, 8), .. Number((ulong)offset, 8),
        .. Number((ulong)size, 8), .. Number((ulong)size, 8), .. Number(type == 1 ? 4096UL : 4, 8),
    ];

    private static byte[] SectionHeader(ulong name, ulong type, int offset, int size) =>
    [
        .. Number(name, 4), .. Number(type, 4), .. Number(0, 8), .. Number(0, 8), .. Number((ulong)offset, 8), .. Number((ulong)size, 8),
        .. new byte[24],
    ];

    private static byte[] Number(ulong value, int size)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        return bytes[..size];
    }
}
