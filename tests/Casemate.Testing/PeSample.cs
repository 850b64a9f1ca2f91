using System.Buffers.Binary;
using System.Text;

namespace Casemate.Testing;

/// <summary>Writes small PE32+ images: EFI programs, kernels with an EFI stub, unified kernel images.</summary>
public sealed record PeSample
{
    private const int Alignment = 512;
    private const int Optional = 0x40 + 4 + 20;
    private const int OptionalSize = 112 + (16 * 8);

    /// <summary>Name and content; the order in the file is that of the list.</summary>
    public IReadOnlyList<(string Name, byte[] Content)> Sections { get; init; } = [(".text", [1, 2, 3]), (".data", [4, 5])];

    /// <summary>Bytes of memory that each section has beyond its content.</summary>
    public uint MoreMemory { get; init; }

    /// <summary>What follows the last section.</summary>
    public byte[] Trailing { get; init; } = [];

    /// <summary>The attribute certificates at the end; empty: unsigned.</summary>
    public byte[] Certificates { get; init; } = [];

    public uint Checksum { get; init; } = 0x1234_5678;

    /// <summary>How many data directories there are.</summary>
    public uint Directories { get; init; } = 16;

    /// <summary>The headers of the sections in the other order than their content.</summary>
    public bool HeadersReversed { get; init; }

    /// <summary>The image.</summary>
    public byte[] ToBytes()
    {
        var table = Optional + OptionalSize;
        var headers = Align(table + (40 * Sections.Count));
        var output = new List<byte>(new byte[headers]);
        var entries = new List<byte[]>();
        foreach (var (name, content) in Sections)
        {
            var entry = new byte[40];
            Encoding.ASCII.GetBytes(name).CopyTo(entry, 0);
            BinaryPrimitives.WriteUInt32LittleEndian(entry.AsSpan(8), (uint)content.Length + MoreMemory);
            BinaryPrimitives.WriteUInt32LittleEndian(entry.AsSpan(16), content.Length == 0 ? 0 : (uint)Align(content.Length));
            BinaryPrimitives.WriteUInt32LittleEndian(entry.AsSpan(20), content.Length == 0 ? 0 : (uint)output.Count);
            entries.Add(entry);
            output.AddRange(content);
            output.AddRange(new byte[Align(content.Length) - content.Length]);
        }

        output.AddRange(Trailing);
        var certificates = (uint)output.Count;
        output.AddRange(Certificates);

        var image = output.ToArray();
        "MZ"u8.CopyTo(image);
        BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan(60), 0x40);
        "PE\0\0"u8.CopyTo(image.AsSpan(0x40));
        BinaryPrimitives.WriteUInt16LittleEndian(image.AsSpan(0x44), 0x8664);
        BinaryPrimitives.WriteUInt16LittleEndian(image.AsSpan(0x46), (ushort)Sections.Count);
        BinaryPrimitives.WriteUInt16LittleEndian(image.AsSpan(0x40 + 4 + 16), OptionalSize);
        BinaryPrimitives.WriteUInt16LittleEndian(image.AsSpan(Optional), 0x20B);
        BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan(Optional + 60), (uint)headers);
        BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan(Optional + 64), Checksum);
        BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan(Optional + 108), Directories);
        if (Certificates.Length > 0)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan(Optional + 112 + 32), certificates);
            BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan(Optional + 112 + 36), (uint)Certificates.Length);
        }

        if (HeadersReversed)
        {
            entries.Reverse();
        }

        for (var i = 0; i < entries.Count; i++)
        {
            entries[i].CopyTo(image, table + (40 * i));
        }

        return image;
    }

    private static int Align(int size) => (size + Alignment - 1) / Alignment * Alignment;
}
