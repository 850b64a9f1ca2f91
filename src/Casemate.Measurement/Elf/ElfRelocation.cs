using System.Buffers.Binary;

namespace Casemate.Measurement.Elf;

/// <summary>One relocation with addend (Elf64_Rela). Source: System V gABI, "Relocation"; x86-64 psABI, "Relocation Types".</summary>
/// <param name="Offset">r_offset: the address that is changed.</param>
/// <param name="Type">The lower half of r_info, such as <see cref="Relative"/>.</param>
/// <param name="SymbolIndex">The upper half of r_info: index in the symbol table; 0 when none is needed.</param>
/// <param name="Addend">r_addend.</param>
public readonly record struct ElfRelocation(ulong Offset, uint Type, uint SymbolIndex, long Addend)
{
    /// <summary>Bytes of one entry.</summary>
    public const int EntrySize = 24;

    /// <summary>R_X86_64_64: address of the symbol plus addend.</summary>
    public const uint Address64 = 1;
    /// <summary>R_X86_64_COPY: the symbol's data are copied into the program.</summary>
    public const uint Copy = 5;
    /// <summary>R_X86_64_GLOB_DAT: address of the symbol in the global offset table.</summary>
    public const uint GlobalData = 6;
    /// <summary>R_X86_64_JUMP_SLOT: address of a function, which may be looked up at its first call.</summary>
    public const uint JumpSlot = 7;
    /// <summary>R_X86_64_RELATIVE: load address plus addend.</summary>
    public const uint Relative = 8;
    /// <summary>R_X86_64_DTPMOD64: number of the module with the thread-local symbol.</summary>
    public const uint TlsModule = 16;
    /// <summary>R_X86_64_DTPOFF64: offset of the symbol in its module's thread-local storage.</summary>
    public const uint TlsModuleOffset = 17;
    /// <summary>R_X86_64_TPOFF64: offset of the symbol from the thread pointer.</summary>
    public const uint TlsThreadOffset = 18;
    /// <summary>R_X86_64_IRELATIVE: address that a function of this file chooses.</summary>
    public const uint IndirectRelative = 37;

    internal static ElfRelocation Read(ReadOnlySpan<byte> bytes) => new(
        BinaryPrimitives.ReadUInt64LittleEndian(bytes), BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]),
        BinaryPrimitives.ReadUInt32LittleEndian(bytes[12..]), BinaryPrimitives.ReadInt64LittleEndian(bytes[16..]));
}
