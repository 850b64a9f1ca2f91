using System.Text;
using static Casemate.Testing.Enclaves.LittleEndian;

namespace Casemate.Testing.Enclaves;

/// <summary>
/// Writes shared objects as linkers make enclaves: three loaded segments (read-only, code, data), dynamic symbols, relocations,
/// thread-local storage, <c>.bss</c>. In loaded segments an address is an offset in the file.
/// </summary>
public sealed class EnclaveElf
{
    /// <summary>The page size of the processor.</summary>
    public const int PageSize = 4096;

    private const int HeaderSize = 64;
    private const int SegmentSize = 56;

    private readonly List<(string Name, uint Type, ulong Flags, ulong Address, ulong Offset, ulong Size, ulong Align, ulong EntrySize)> _sections = [];
    private readonly List<(uint Type, uint Flags, ulong Address, ulong FileSize, ulong MemorySize, ulong Align)> _segments = [];
    private readonly List<byte> _file = [];

    /// <summary>Bytes of code.</summary>
    public int CodeSize { get; init; } = 0x1234;

    /// <summary>Where the data begin in their first page.</summary>
    public ulong DataStart { get; init; } = 0xE10;

    /// <summary>Bytes of initialised data, beside what the kit wants.</summary>
    public int DataSize { get; init; } = 0x900;

    /// <summary>Bytes of <c>.bss</c>.</summary>
    public ulong BssSize { get; init; } = 0x2345;

    /// <summary><c>.tdata</c>: bytes and alignment.</summary>
    public (int Size, ulong Align) ThreadData { get; init; } = (0x28, 8);

    /// <summary><c>.tbss</c>: bytes and alignment.</summary>
    public (ulong Size, ulong Align) ThreadZero { get; init; } = (0x44, 16);

    /// <summary>Relocations in <c>.rela.dyn</c>.</summary>
    public int Relocations { get; init; } = 7;

    /// <summary>Relocations in <c>.rela.plt</c>.</summary>
    public int JumpRelocations { get; init; } = 2;

    /// <summary>DT_TEXTREL, with a relocation in code.</summary>
    public bool HasTextRelocations { get; init; }

    /// <summary>Makes the code writable.</summary>
    public bool HasWritableCode { get; init; }

    /// <summary>DT_NEEDED; null for none.</summary>
    public string? Needed { get; init; }

    /// <summary>Names of 64-bit variables that the loader sets.</summary>
    public string[] Variables { get; init; } = [];

    /// <summary>A section in the data that the loader reads (<c>.oeinfo</c>); null for none.</summary>
    public (string Name, byte[] Bytes)? LoadedSection { get; init; }

    /// <summary>A section that is not loaded (<c>.note.sgxmeta</c>); null for none.</summary>
    public (string Name, byte[] Bytes)? NoteSection { get; init; }

    /// <summary>Writes the file.</summary>
    public byte[] ToBytes()
    {
        _sections.Clear();
        _segments.Clear();
        _file.Clear();
        _file.AddRange(new byte[HeaderSize + (5 * SegmentSize)]);
        var codeAt = PageUp(0x1000UL + (ulong)((Relocations + JumpRelocations) * 24));
        var dataAt = PageUp(codeAt + (ulong)CodeSize) + DataStart;

        var (names, symbols) = Symbols(dataAt);
        var (dynsym, dynstr) = (Place(".dynsym", 11, symbols, 8, 24), Place(".dynstr", 3, names, 1));
        var hash = Place(".hash", 5, [.. U32(1), .. U32((ulong)symbols.Length / 24), .. U32(1), .. new byte[symbols.Length / 24 * 4]], 8);
        var dynamicRelocations = Place(".rela.dyn", 4, RelocationsOf(codeAt, dataAt), 8, 24);
        var jumpRelocations = Place(
            ".rela.plt", 4, [.. Enumerable.Range(0, JumpRelocations).SelectMany(i => Rela(dataAt + (ulong)(i * 8), 7, 1, 0))], 8, 24);
        Segment(1, 4, 0, (ulong)_file.Count, (ulong)_file.Count, PageSize);

        Fill(codeAt);
        Place(".text", 1, Pattern(CodeSize, 17), 16, flags: 6);
        Segment(1, HasWritableCode ? 7U : 5, codeAt, (ulong)CodeSize, (ulong)CodeSize, PageSize);

        Fill(dataAt);
        Place(".data", 1, Pattern(DataSize + (8 * Variables.Length), 5), 8, flags: 3);
        var tls = PlaceThreadData();
        byte[] dynamic =
        [
            .. U64(5), .. U64(dynstr), .. U64(10), .. U64((ulong)names.Length), .. U64(6), .. U64(dynsym), .. U64(11), .. U64(24),
            .. U64(4), .. U64(hash),
            .. Relocations == 0 ? [] : (byte[])[.. U64(7), .. U64(dynamicRelocations), .. U64(8), .. U64((ulong)(Relocations * 24)), .. U64(9), .. U64(24)],
            .. JumpRelocations == 0 ? [] : (byte[])[.. U64(23), .. U64(jumpRelocations), .. U64(2), .. U64((ulong)(JumpRelocations * 24)), .. U64(20), .. U64(7)],
            .. HasTextRelocations ? (byte[])[.. U64(22), .. U64(0)] : [],
            .. Needed is null ? [] : (byte[])[.. U64(1), .. U64((ulong)(names.Length - Needed.Length - 1))],
            .. U64(0), .. U64(0),
        ];
        var dynamicAt = Place(".dynamic", 6, dynamic, 8, 16, 3);
        if (LoadedSection is { } loaded)
        {
            Place(loaded.Name, 1, loaded.Bytes, 16, flags: 3);
        }

        var dataEnd = (ulong)_file.Count;
        _sections.Add((".bss", 8, 3, dataEnd, dataEnd, BssSize, 1, 0));
        Segment(1, 6, dataAt, dataEnd - dataAt, dataEnd - dataAt + BssSize, PageSize);
        Segment(2, 6, dynamicAt, (ulong)dynamic.Length, (ulong)dynamic.Length, 8);
        Segment(7, 4, tls.At, (ulong)ThreadData.Size, (ulong)ThreadData.Size + ThreadZero.Size, tls.Align);
        if (NoteSection is { } note)
        {
            Place(note.Name, 7, note.Bytes, 4, flags: 0);
        }

        return Finish(codeAt + 0x40);
    }

    /// <summary>Bytes that differ from page to page.</summary>
    public static byte[] Pattern(int size, int seed) => [.. Enumerable.Range(0, size).Select(i => (byte)((i * seed) + (i >> 8) + seed))];

    private (ulong At, ulong Align) PlaceThreadData()
    {
        var at = ThreadData.Size > 0 ? Place(".tdata", 1, Pattern(ThreadData.Size, 3), (int)ThreadData.Align, flags: 0x403) : (ulong)_file.Count;
        if (ThreadZero.Size > 0)
        {
            _sections.Add((".tbss", 8, 0x403, (ulong)_file.Count, (ulong)_file.Count, ThreadZero.Size, ThreadZero.Align, 0));
        }

        return (at, Math.Max(1, ThreadData.Align));
    }

    // The undefined one, a weak undefined one, one of thread-local storage, then the loader's variables at the start of the data.
    private (byte[] Names, byte[] Symbols) Symbols(ulong dataAt)
    {
        var names = new List<byte> { 0 };
        var symbols = new List<byte>(new byte[24]);
        Add("weak_hook", 0x20, 0, 0);
        Add("per_thread", 0x16, 4, 0xFFFF_FFFF_FFFF_FFE0);
        for (var i = 0; i < Variables.Length; i++)
        {
            Add(Variables[i], 0x11, 3, dataAt + (ulong)(8 * i));
        }

        if (Needed is not null)
        {
            names.AddRange(Encoding.ASCII.GetBytes(Needed + "\0"));
        }

        return ([.. names], [.. symbols]);

        void Add(string name, byte info, ulong section, ulong value)
        {
            symbols.AddRange([.. U32((ulong)names.Count), info, 0, .. U16(section), .. U64(value), .. U64(8)]);
            names.AddRange(Encoding.ASCII.GetBytes(name + "\0"));
        }
    }

    private byte[] RelocationsOf(ulong codeAt, ulong dataAt) =>
    [
        .. Enumerable.Range(0, Relocations).SelectMany(i => i switch
        {
            0 when HasTextRelocations => Rela(codeAt + PageSize - 4, 8, 0, 0x20),
            1 => Rela(dataAt + 0x100, 18, 2, 0x77),
            2 => Rela(dataAt + 0x108, 6, 1, 0),
            _ => Rela(dataAt + 0x110 + (ulong)(i * 8), 8, 0, (ulong)i * 3),
        }),
    ];

    private static byte[] Rela(ulong offset, ulong type, ulong symbol, ulong addend) =>
        [.. U64(offset), .. U32(type), .. U32(symbol), .. U64(addend)];

    private ulong Place(string name, uint type, byte[] bytes, int align, ulong entrySize = 0, ulong flags = 2)
    {
        Fill(((ulong)_file.Count + (ulong)align - 1) / (ulong)align * (ulong)align);
        var at = (ulong)_file.Count;
        _sections.Add((name, type, flags, flags == 0 ? 0 : at, at, (ulong)bytes.Length, (ulong)align, entrySize));
        _file.AddRange(bytes);
        return at;
    }

    private void Fill(ulong to) => _file.AddRange(new byte[(int)to - _file.Count]);

    private void Segment(uint type, uint flags, ulong address, ulong fileSize, ulong memorySize, ulong align) =>
        _segments.Add((type, flags, address, fileSize, memorySize, align));

    private byte[] Finish(ulong entry)
    {
        var names = new List<byte> { 0 };
        var headers = new List<byte>(new byte[64]);
        // .dynsym links to .dynstr, the section behind it; empty tables are left out, as linkers do.
        var written = _sections.Where(section => section.Size > 0).Append((".shstrtab", 3U, 0UL, 0UL, (ulong)_file.Count, 0UL, 1UL, 0UL)).ToList();
        for (var i = 0; i < written.Count; i++)
        {
            var (name, type, flags, address, offset, size, align, entrySize) = written[i];
            var nameAt = (ulong)names.Count;
            names.AddRange(Encoding.ASCII.GetBytes(name + "\0"));
            headers.AddRange(
            [
                .. U32(nameAt), .. U32(type), .. U64(flags), .. U64(address), .. U64(offset), .. U64(name == ".shstrtab" ? (ulong)names.Count : size),
                .. U32(type == 11 ? (ulong)i + 2 : 0), .. U32(0), .. U64(align), .. U64(entrySize),
            ]);
        }

        _file.AddRange(names);
        Fill(((ulong)_file.Count + 7) / 8 * 8);
        var headersAt = (ulong)_file.Count;
        _file.AddRange(headers);
        var file = _file.ToArray();
        byte[] header =
        [
            0x7F, .. "ELF"u8, 2, 1, 1, 0, .. new byte[8], .. U16(3), .. U16(62), .. U32(1), .. U64(entry), .. U64(HeaderSize), .. U64(headersAt),
            .. U32(0), .. U16(HeaderSize), .. U16(SegmentSize), .. U16((ulong)_segments.Count), .. U16(64), .. U16((ulong)written.Count + 1),
            .. U16((ulong)written.Count),
            .. _segments.SelectMany(s => (byte[])
            [
                .. U32(s.Type), .. U32(s.Flags), .. U64(s.Address), .. U64(s.Address), .. U64(s.Address), .. U64(s.FileSize), .. U64(s.MemorySize),
                .. U64(s.Align),
            ]),
        ];
        header.CopyTo(file, 0);
        return file;
    }

    private static ulong PageUp(ulong address) => (address + PageSize - 1) / PageSize * PageSize;
}
