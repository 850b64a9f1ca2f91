using System.Buffers.Binary;

namespace Casemate.Measurement.Elf;

/// <summary>One entry of a symbol table. Source: System V gABI, "Symbol Table".</summary>
/// <param name="NameOffset">st_name: offset in the string table of the symbol table.</param>
/// <param name="Type">What it names.</param>
/// <param name="Binding">Who sees it.</param>
/// <param name="Visibility">The lower two bits of st_other: 0 default, 1 internal, 2 hidden, 3 protected.</param>
/// <param name="SectionIndex">st_shndx: 0 when it is not defined here.</param>
/// <param name="Value">st_value: its address, or its offset in thread-local storage.</param>
/// <param name="Size">st_size, in bytes.</param>
public readonly record struct ElfSymbol(
    uint NameOffset, ElfSymbolType Type, ElfSymbolBinding Binding, byte Visibility, ushort SectionIndex, ulong Value, ulong Size)
{
    /// <summary>Bytes of one entry.</summary>
    public const int EntrySize = 24;

    /// <summary>Whether this file defines it.</summary>
    public bool IsDefined => SectionIndex != 0;

    internal static ElfSymbol Read(ReadOnlySpan<byte> bytes) => new(
        BinaryPrimitives.ReadUInt32LittleEndian(bytes), (ElfSymbolType)(bytes[4] & 15), (ElfSymbolBinding)(bytes[4] >> 4), (byte)(bytes[5] & 3),
        BinaryPrimitives.ReadUInt16LittleEndian(bytes[6..]), BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]),
        BinaryPrimitives.ReadUInt64LittleEndian(bytes[16..]));
}
