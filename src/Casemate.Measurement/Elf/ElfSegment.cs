using System.Buffers.Binary;

namespace Casemate.Measurement.Elf;

/// <summary>
/// One program header. In a file that was read, offset and file size lie inside the file and address and memory size inside the address
/// space. Source: System V gABI, "Program Header".
/// </summary>
/// <param name="Type">p_type.</param>
/// <param name="Flags">p_flags; bits outside of the enumeration are kept.</param>
/// <param name="Offset">p_offset: bytes from the start of the file.</param>
/// <param name="Address">p_vaddr: address relative to where the file is loaded.</param>
/// <param name="FileSize">p_filesz: bytes that the file holds.</param>
/// <param name="MemorySize">p_memsz: bytes in memory; what the file does not hold is zero.</param>
/// <param name="Alignment">p_align: 0, 1 or a power of two.</param>
public readonly record struct ElfSegment(
    ElfSegmentType Type, ElfSegmentFlags Flags, ulong Offset, ulong Address, ulong FileSize, ulong MemorySize, ulong Alignment)
{
    /// <summary>Bytes of one program header.</summary>
    public const int HeaderSize = 56;

    /// <summary>The address behind the last byte in memory.</summary>
    public ulong End => Address + MemorySize;

    internal static ElfSegment Read(ReadOnlySpan<byte> bytes) => new(
        (ElfSegmentType)BinaryPrimitives.ReadUInt32LittleEndian(bytes),
        (ElfSegmentFlags)BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]),
        BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]),
        BinaryPrimitives.ReadUInt64LittleEndian(bytes[16..]),
        BinaryPrimitives.ReadUInt64LittleEndian(bytes[32..]),
        BinaryPrimitives.ReadUInt64LittleEndian(bytes[40..]),
        BinaryPrimitives.ReadUInt64LittleEndian(bytes[48..]));
}
