using System.Buffers.Binary;
using System.Text;

namespace Casemate.Testing;

/// <summary>Writes a small firmware for TDs as EDK II lays it out. Every part can be made wrong on its own.</summary>
public sealed record TdvfSample
{
    /// <summary>A section: what the metadata say of it.</summary>
    public sealed record Section(uint DataOffset, uint DataSize, ulong Address, ulong MemorySize, uint Type, uint Attributes);

    /// <summary>Bytes of the whole image, a multiple of 4096.</summary>
    public int Size { get; init; } = 0x6000;

    /// <summary>The sections; the default has one of each kind that OVMF has.</summary>
    public IReadOnlyList<Section> Sections { get; init; } =
    [
        new(0x2000, 0x4000, 0xFFFF_C000, 0x4000, 0, 1),
        new(0, 0x2000, 0xFFFF_A000, 0x2000, 1, 0),
        new(0, 0, 0x81_0000, 0x1000, 3, 0),
        new(0, 0, 0x80_9000, 0x2000, 2, 0),
    ];

    public uint Version { get; init; } = 1;

    public string Signature { get; init; } = "TDVF";

    public Guid Descriptor { get; init; } = new("e9eaf9f3-168e-44d5-a8eb-7f4d8738f6ae");

    public Guid Footer { get; init; } = new("96b582de-1fb2-45f7-baea-a366c55a082d");

    public Guid OffsetEntry { get; init; } = new("e47a6535-984a-4798-865e-4685a7bf8ec2");

    /// <summary>Bytes that the descriptor says it has; null: as many as it has.</summary>
    public uint? Length { get; init; }

    /// <summary>How many sections the descriptor says there are; null: as many as there are.</summary>
    public uint? Count { get; init; }

    /// <summary>Where the metadata are said to be, from the end; null: where they are.</summary>
    public uint? Offset { get; init; }

    /// <summary>Bytes that the table says it has; null: as many as it has.</summary>
    public ushort? TableSize { get; init; }

    /// <summary>The image. Its content is a pattern, so that every page differs.</summary>
    public byte[] ToBytes()
    {
        var image = new byte[Size];
        for (var i = 0; i < Size; i++)
        {
            image[i] = (byte)((i * 7) ^ (i >> 8) ^ (i >> 12 << 4));
        }

        byte[] metadata =
        [
            .. Descriptor.ToByteArray(), .. Encoding.ASCII.GetBytes(Signature), .. U32(Length ?? (16 + (32 * (uint)Sections.Count))), .. U32(Version),
            .. U32(Count ?? (uint)Sections.Count),
            .. Sections.SelectMany(s => (byte[])
            [
                .. U32(s.DataOffset), .. U32(s.DataSize), .. U64(s.Address), .. U64(s.MemorySize), .. U32(s.Type), .. U32(s.Attributes),
            ]),
        ];
        var metadataEnd = Size - 0x400;
        var metadataStart = metadataEnd - metadata.Length;
        metadata.CopyTo(image, metadataStart);

        byte[] other = [1, 2, 3, 4, 5, .. U16(5 + 18), .. new Guid("00f771de-1a7e-4fcb-890e-68c77e2fb44e").ToByteArray()];
        byte[] entry = [.. U32(Offset ?? (uint)(Size - metadataStart - 16)), .. U16(4 + 18), .. OffsetEntry.ToByteArray()];
        var size = other.Length + entry.Length + 18;
        byte[] table = [.. other, .. entry, .. U16(TableSize ?? (ushort)size), .. Footer.ToByteArray()];
        table.CopyTo(image, Size - 32 - table.Length);
        return image;
    }

    private static byte[] U16(ushort value)
    {
        var bytes = new byte[2];
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, value);
        return bytes;
    }

    private static byte[] U32(uint value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        return bytes;
    }

    private static byte[] U64(ulong value)
    {
        var bytes = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        return bytes;
    }
}
