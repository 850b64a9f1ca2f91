using System.Buffers.Binary;

namespace Casemate.Testing.Snp;

/// <summary>Builds OVMF images and SVSM binaries: pages of pseudo-random bytes, SEV metadata, and the table at the end.</summary>
public sealed record OvmfSample
{
    /// <summary>The sections of edk2's AmdSev build, with a page for kernel hashes.</summary>
    public static readonly (uint Gpa, uint Size, uint Type)[] AmdSevSections =
    [
        (0x80_0000, 0x9000, 1), (0x80_a000, 0x3000, 1), (0x80_d000, 0x1000, 2), (0x80_e000, 0x1000, 3), (0x80_f000, 0x1000, 0x10),
        (0x81_0000, 0x1_0000, 1),
    ];

    /// <summary>The sections of edk2's ordinary build, without one.</summary>
    public static readonly (uint Gpa, uint Size, uint Type)[] PlainSections =
    [
        (0x80_0000, 0x9000, 1), (0x80_a000, 0x3000, 1), (0x80_d000, 0x1000, 2), (0x80_e000, 0x1000, 3), (0x80_f000, 0x1_1000, 1),
    ];

    /// <summary>Pages of 4096 bytes.</summary>
    public int Pages { get; init; } = 4;

    /// <summary>Makes the contents of the pages; 0 leaves them zero.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>The sections of the metadata; null: no metadata.</summary>
    public IReadOnlyList<(uint Gpa, uint Size, uint Type)>? Sections { get; init; } = AmdSevSections;

    /// <summary>How far before the end the metadata begins; 0: in front of the table.</summary>
    public int MetadataOffset { get; init; }

    /// <summary>Where further vCPUs start; null: no entry.</summary>
    public uint? ResetEip { get; init; } = 0x80_b004;

    /// <summary>Where the table of hashes is; null: no entry.</summary>
    public uint? HashTableGpa { get; init; } = 0x80_fc00;

    /// <summary>Where an SVSM starts; null: no entry.</summary>
    public uint? SvsmEntryOffset { get; init; }

    /// <summary>More entries, written first.</summary>
    public IReadOnlyList<(Guid Id, byte[] Data)> MoreEntries { get; init; } = [];

    /// <summary>The image.</summary>
    public byte[] ToBytes()
    {
        var image = new byte[Pages * 4096];
        if (Seed != 0)
        {
            new Random(Seed).NextBytes(image);
        }

        var metadata = Metadata();
        var offset = MetadataOffset == 0 ? 0x400 + metadata.Length : MetadataOffset;
        metadata.CopyTo(image, image.Length - offset);
        var table = Table((uint)offset);
        table.CopyTo(image, image.Length - 32 - table.Length);
        return image;
    }

    private byte[] Metadata()
    {
        if (Sections is null)
        {
            return [];
        }

        var bytes = new byte[16 + (12 * Sections.Count)];
        "ASEV"u8.CopyTo(bytes);
        foreach (var (i, value) in new[] { (uint)bytes.Length, 1u, (uint)Sections.Count }.Index())
        {
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(4 + (4 * i)), value);
        }

        foreach (var (i, (gpa, size, type)) in Sections.Index())
        {
            var section = bytes.AsSpan(16 + (12 * i));
            BinaryPrimitives.WriteUInt32LittleEndian(section, gpa);
            BinaryPrimitives.WriteUInt32LittleEndian(section[4..], size);
            BinaryPrimitives.WriteUInt32LittleEndian(section[8..], type);
        }

        return bytes;
    }

    private byte[] Table(uint metadataOffset)
    {
        using var table = new MemoryStream();
        foreach (var (id, data) in MoreEntries)
        {
            Entry(table, id, data);
        }

        Entry(table, new Guid("dc886566-984a-4798-a75e-5585a7bf67cc"), Sections is null ? null : [metadataOffset]);
        Entry(table, new Guid("7255371f-3a3b-4b04-927b-1da6efa8d454"), HashTableGpa is { } hashes ? [hashes, 0x400] : null);
        Entry(table, new Guid("00f771de-1a7e-4fcb-890e-68c77e2fb44e"), ResetEip is { } eip ? [eip] : null);
        Entry(table, new Guid("a789a612-0597-4c4b-a49f-cbb1fe9d1ddd"), SvsmEntryOffset is { } entry ? [entry] : null);
        var size = (ushort)(table.Length + 18);
        Span<byte> footer = stackalloc byte[18];
        BinaryPrimitives.WriteUInt16LittleEndian(footer, size);
        new Guid("96b582de-1fb2-45f7-baea-a366c55a082d").TryWriteBytes(footer[2..]);
        table.Write(footer);
        return table.ToArray();
    }

    private static void Entry(MemoryStream table, Guid id, params uint[]? numbers)
    {
        if (numbers is not null)
        {
            var data = new byte[4 * numbers.Length];
            Buffer.BlockCopy(numbers, 0, data, 0, data.Length);
            Entry(table, id, data);
        }
    }

    private static void Entry(MemoryStream table, Guid id, byte[] data)
    {
        Span<byte> header = stackalloc byte[18];
        BinaryPrimitives.WriteUInt16LittleEndian(header, (ushort)(data.Length + 18));
        id.TryWriteBytes(header[2..]);
        table.Write(data);
        table.Write(header);
    }
}
