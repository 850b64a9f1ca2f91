using System.Buffers.Binary;

namespace Casemate.Measurement.Elf;

/// <summary>The 64-byte header of an ELF64 file. Source: System V gABI, "ELF Header".</summary>
/// <param name="Abi">e_ident[EI_OSABI]: 0 System V, 3 GNU.</param>
/// <param name="Type">e_type; values outside of the enumeration are kept.</param>
/// <param name="Machine">e_machine: <see cref="X86_64"/> is the one that Casemate packs and measures.</param>
/// <param name="Entry">e_entry: the address where the program starts; 0 when there is none.</param>
/// <param name="SegmentTableOffset">e_phoff, in bytes from the start of the file.</param>
/// <param name="SegmentCount">e_phnum.</param>
/// <param name="SectionTableOffset">e_shoff, in bytes; 0 when the section headers were stripped.</param>
/// <param name="SectionCount">e_shnum.</param>
/// <param name="SectionNamesIndex">e_shstrndx: the section that holds the sections' names.</param>
/// <param name="Flags">e_flags; 0 on x86-64.</param>
public readonly record struct ElfHeader(
    byte Abi, ElfFileType Type, ushort Machine, ulong Entry, ulong SegmentTableOffset, ushort SegmentCount,
    ulong SectionTableOffset, ushort SectionCount, ushort SectionNamesIndex, uint Flags)
{
    /// <summary>Bytes of the header.</summary>
    public const int Size = 64;

    /// <summary>EM_X86_64.</summary>
    public const ushort X86_64 = 62;

    /// <summary>Reads the header and checks every field of it that has one right value. Never throws.</summary>
    /// <param name="bytes">The file, or its first 64 bytes.</param>
    /// <param name="header">The header; default after an error.</param>
    public static ElfError TryRead(ReadOnlySpan<byte> bytes, out ElfHeader header)
    {
        header = default;
        if (!bytes.StartsWith("\u007fELF"u8))
        {
            return ElfError.NotElf;
        }

        if (bytes.Length < Size)
        {
            return ElfError.Truncated;
        }

        if (bytes[4] != 2)
        {
            return ElfError.UnsupportedClass;
        }

        if (bytes[5] != 1)
        {
            return ElfError.UnsupportedByteOrder;
        }

        if (bytes[6] != 1 || BinaryPrimitives.ReadUInt32LittleEndian(bytes[20..]) != 1)
        {
            return ElfError.UnsupportedVersion;
        }

        var read = new ElfHeader(
            bytes[7],
            (ElfFileType)BinaryPrimitives.ReadUInt16LittleEndian(bytes[16..]),
            BinaryPrimitives.ReadUInt16LittleEndian(bytes[18..]),
            BinaryPrimitives.ReadUInt64LittleEndian(bytes[24..]),
            BinaryPrimitives.ReadUInt64LittleEndian(bytes[32..]),
            BinaryPrimitives.ReadUInt16LittleEndian(bytes[56..]),
            BinaryPrimitives.ReadUInt64LittleEndian(bytes[40..]),
            BinaryPrimitives.ReadUInt16LittleEndian(bytes[60..]),
            BinaryPrimitives.ReadUInt16LittleEndian(bytes[62..]),
            BinaryPrimitives.ReadUInt32LittleEndian(bytes[48..]));
        var segmentSize = BinaryPrimitives.ReadUInt16LittleEndian(bytes[54..]);
        if (BinaryPrimitives.ReadUInt16LittleEndian(bytes[52..]) != Size || (read.SegmentCount > 0 && segmentSize != ElfSegment.HeaderSize))
        {
            return ElfError.MalformedHeader;
        }

        header = read;
        return ElfError.None;
    }
}
