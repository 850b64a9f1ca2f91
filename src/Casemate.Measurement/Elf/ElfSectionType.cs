namespace Casemate.Measurement.Elf;

/// <summary>What a section holds: sh_type. Other values occur and are kept. Source: System V gABI, "Sections"; GNU extensions.</summary>
public enum ElfSectionType : uint
{
    /// <summary>SHT_NULL: an unused header.</summary>
    Null = 0,
    /// <summary>SHT_PROGBITS: what the program defines.</summary>
    Program = 1,
    /// <summary>SHT_SYMTAB: all symbols, for the linker.</summary>
    Symbols = 2,
    /// <summary>SHT_STRTAB: strings.</summary>
    Strings = 3,
    /// <summary>SHT_RELA: relocations with addends.</summary>
    Relocations = 4,
    /// <summary>SHT_HASH: hash table of symbols.</summary>
    Hash = 5,
    /// <summary>SHT_DYNAMIC: the dynamic segment.</summary>
    Dynamic = 6,
    /// <summary>SHT_NOTE: notes.</summary>
    Note = 7,
    /// <summary>SHT_NOBITS: zero in memory, no bytes in the file.</summary>
    NoBits = 8,
    /// <summary>SHT_DYNSYM: the symbols of the dynamic loader.</summary>
    DynamicSymbols = 11,
    /// <summary>SHT_GNU_HASH: hash table of symbols in the GNU format.</summary>
    GnuHash = 0x6FFFFFF6,
    /// <summary>SHT_GNU_verdef: versions that are defined.</summary>
    GnuVersionDefinitions = 0x6FFFFFFD,
    /// <summary>SHT_GNU_verneed: versions that are needed.</summary>
    GnuVersionNeeds = 0x6FFFFFFE,
    /// <summary>SHT_GNU_versym: the version of each symbol.</summary>
    GnuSymbolVersions = 0x6FFFFFFF,
}
