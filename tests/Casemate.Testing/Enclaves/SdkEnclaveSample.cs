using static Casemate.Testing.Enclaves.LittleEndian;

namespace Casemate.Testing.Enclaves;

/// <summary>An Intel SDK enclave with metadata, whose signature structures are well-formed and not yet signed.</summary>
public sealed record SdkEnclaveSample
{
    private const int DataOffset = 1904;

    /// <summary>What is in the ELF file beside the kit's part.</summary>
    public EnclaveElf Elf { get; init; } = new() { DataStart = 0xE10 };

    /// <summary>The blocks: major and minor version of each.</summary>
    public (uint Major, uint Minor)[] Versions { get; init; } = [(3, 0), (1, 4)];

    /// <summary>Threads beside the first, by a group that repeats its entries.</summary>
    public uint MoreThreads { get; init; } = 2;

    /// <summary>Pages of heap that are there from the start.</summary>
    public uint HeapPages { get; init; } = 3;

    /// <summary>Pages of heap that may come later.</summary>
    public uint LaterHeapPages { get; init; } = 8;

    /// <summary>Bytes of the enclave.</summary>
    public ulong EnclaveSize { get; init; } = 0x10_0000;

    /// <summary>ISVPRODID.</summary>
    public ushort ProductId { get; init; } = 1;

    /// <summary>ISVSVN.</summary>
    public ushort SecurityVersion { get; init; } = 1;

    /// <summary>How often a group repeats what stands before it; null: <see cref="MoreThreads"/>.</summary>
    public uint? Times { get; init; }

    /// <summary>Writes the file.</summary>
    public byte[] ToBytes()
    {
        var blocks = Versions.SelectMany((version, i) => Block(version.Major, version.Minor, (byte)i)).ToArray();
        byte[] note = [.. U32(13), .. U32((ulong)blocks.Length), .. U32(1), .. "sgx_metadata\0"u8, .. blocks];
        var padded = new byte[(note.Length + 3) / 4 * 4];
        note.CopyTo(padded, 0);
        return new EnclaveElf
        {
            CodeSize = Elf.CodeSize,
            DataStart = Elf.DataStart,
            DataSize = Elf.DataSize,
            BssSize = Elf.BssSize,
            ThreadData = Elf.ThreadData,
            ThreadZero = Elf.ThreadZero,
            Relocations = Elf.Relocations,
            JumpRelocations = Elf.JumpRelocations,
            Needed = Elf.Needed,
            HasTextRelocations = Elf.HasTextRelocations,
            HasWritableCode = Elf.HasWritableCode,
            Variables = ["g_global_data"],
            NoteSection = (".note.sgxmeta", padded),
        }.ToBytes();
    }

    private byte[] Block(uint major, uint minor, byte mark)
    {
        var data = new List<byte>();
        var range = major > 10 ? Put([.. U64(0x40_0000), .. U64(0), .. U64(0x80_0000)]) : 0;
        byte[] tcs =
        [
            .. new byte[16], .. U64(0x1000), .. U32(0), .. U32(2), .. U64(0x3040), .. U64(0), .. U64(0x3000), .. U64(0x3000),
            .. U32(0xFFFF_FFFF), .. U32(0xFFFF_FFFF),
        ];
        var tcsAt = Put(tcs);
        var contentAt = Put(EnclaveElf.Pattern(0x1100, 29));
        var patchAt = Put([mark, 0x55, 0xAA, 7, 9]);
        // Into the code, and over a page's end.
        var patches = Put([.. Patch(0x2010, patchAt, 5), .. Patch(0x2FFE, patchAt, 4)]);
        var layout = Layout(tcsAt, contentAt);
        var layoutAt = Put(layout);
        var size = (DataOffset + data.Count + 63) / 64 * 64;
        var block = new byte[size];
        byte[] head =
        [
            .. U64(0x86A8_0294_635D_0E4C), .. U32(minor), .. U32(major), .. U32((ulong)size), .. U32(1), .. U32(1), .. U32(2632), .. U32(0),
            .. U32(1), .. U64(EnclaveSize), .. U64(4), .. U64(3), .. UnsignedStructure(),
            .. U32((ulong)patches), .. U32(64), .. U32((ulong)layoutAt), .. U32((ulong)layout.Length), .. U32((ulong)range),
            .. U32(range > 0 ? 24UL : 0), .. U32(0), .. U32(0),
        ];
        head.CopyTo(block, 0);
        data.CopyTo(block, DataOffset);
        return block;

        int Put(byte[] bytes)
        {
            var at = DataOffset + data.Count;
            data.AddRange(bytes);
            return at;
        }
    }

    private byte[] Layout(int tcsAt, int contentAt)
    {
        const ulong reg = 0x203;
        const ulong heapAt = 0x2_0000;
        return
        [
            .. Entry(1, 3, HeapPages, heapAt, 0, 0, reg),
            .. Entry(3, 8, LaterHeapPages, heapAt + 0x1_0000, 0, 0, reg),
            .. Entry(20, 1, 2, heapAt + 0x2_0000, 0, 0, reg),
            .. Entry(23, 3, 3, heapAt + 0x2_8000, 0x1100, contentAt, 0x201),
            .. Entry(10, 0, 16, 0x5_0000, 0, 0, 0),
            .. Entry(8, 3, 2, 0x6_0000, 0xCCCC_CCCC, 0, reg),
            .. Entry(10, 0, 16, 0x6_2000, 0, 0, 0),
            .. Entry(4, 3, 1, 0x7_2000, 72, tcsAt, 0x100),
            .. Entry(6, 3, 2, 0x7_3000, 0, 0, reg),
            .. Entry(5, 3, 1, 0x7_5000, 0, 0, reg),
            .. MoreThreads + (Times ?? 0) == 0
                ? [] : (byte[])[.. U16(9 | 0x1000), .. U16(6), .. U32(Times ?? MoreThreads), .. U64(0x2_0000), .. new byte[16]],
        ];
    }

    private static byte[] Entry(ulong id, ulong attributes, ulong pages, ulong offset, ulong contentSize, int contentOffset, ulong flags) =>
    [
        .. U16(id), .. U16(attributes), .. U32(pages), .. U64(offset), .. U32(contentSize), .. U32((ulong)contentOffset), .. U64(flags),
    ];

    private static byte[] Patch(ulong to, int from, ulong size) => [.. U64(to), .. U32((ulong)from), .. U32(size), .. new byte[16]];

    private byte[] UnsignedStructure()
    {
        var structure = new byte[1808];
        byte[] head = [6, 0, 0, 0, 0xE1, 0, 0, 0, 0, 0, 1, 0, .. new byte[8], .. U32(0x20240229), 1, 1, 0, 0, 0x60, 0, 0, 0, 0x60, 0, 0, 0, 1, 0, 0, 0];
        head.CopyTo(structure, 0);
        structure[512] = 3;
        byte[] body = [.. U32(0), .. U32(uint.MaxValue), .. new byte[20], .. U64(4), .. U64(3), .. U64(ulong.MaxValue), .. U64(~0xE4UL)];
        body.CopyTo(structure, 900);
        U16(ProductId).CopyTo(structure, 1024);
        U16(SecurityVersion).CopyTo(structure, 1026);
        return structure;
    }
}
