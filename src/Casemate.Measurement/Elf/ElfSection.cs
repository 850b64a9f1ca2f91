using System.Buffers.Binary;

namespace Casemate.Measurement.Elf;

/// <summary>
/// One section header. Sections are for tools: a loader reads none of them, so they may be missing. In a file that was read, a section
/// with bytes lies inside the file. Source: System V gABI, "Sections".
/// </summary>
/// <param name="Name">The name, such as <c>.text</c>.</param>
/// <param name="Type">sh_type.</param>
/// <param name="Flags">sh_flags: 1 write, 2 in memory, 4 code.</param>
/// <param name="Address">sh_addr: 0 when it is not in memory.</param>
/// <param name="Offset">sh_offset: bytes from the start of the file.</param>
/// <param name="Size">sh_size, in bytes.</param>
/// <param name="Link">sh_link: index of a section that belongs to it.</param>
/// <param name="Extra">sh_info.</param>
/// <param name="Alignment">sh_addralign.</param>
/// <param name="EntrySize">sh_entsize: bytes of one entry in a table; 0 when it is none.</param>
public readonly record struct ElfSection(
    string Name, ElfSectionType Type, ulong Flags, ulong Address, ulong Offset, ulong Size, uint Link, uint Extra, ulong Alignment,
    ulong EntrySize)
{
    /// <summary>Bytes of one section header.</summary>
    public const int HeaderSize = 64;

    internal static ElfSection Read(ReadOnlySpan<byte> bytes, string name) => new(
        name,
        (ElfSectionType)BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]),
        BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]),
        BinaryPrimitives.ReadUInt64LittleEndian(bytes[16..]),
        BinaryPrimitives.ReadUInt64LittleEndian(bytes[24..]),
        BinaryPrimitives.ReadUInt64LittleEndian(bytes[32..]),
        BinaryPrimitives.ReadUInt32LittleEndian(bytes[40..]),
        BinaryPrimitives.ReadUInt32LittleEndian(bytes[44..]),
        BinaryPrimitives.ReadUInt64LittleEndian(bytes[48..]),
        BinaryPrimitives.ReadUInt64LittleEndian(bytes[56..]));
}
