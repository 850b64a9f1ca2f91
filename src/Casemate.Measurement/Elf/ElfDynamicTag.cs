namespace Casemate.Measurement.Elf;

/// <summary>What an entry of the dynamic segment says: d_tag. Other values occur and are kept. Source: System V gABI, "Dynamic Section".</summary>
public enum ElfDynamicTag : long
{
    /// <summary>DT_NULL: the end.</summary>
    Null = 0,
    /// <summary>DT_NEEDED: a library that is loaded too.</summary>
    Needed = 1,
    /// <summary>DT_PLTRELSZ: bytes of <see cref="JumpRelocations"/>.</summary>
    JumpRelocationsSize = 2,
    /// <summary>DT_HASH: hash table of symbols.</summary>
    Hash = 4,
    /// <summary>DT_STRTAB: strings.</summary>
    Strings = 5,
    /// <summary>DT_SYMTAB: symbols.</summary>
    Symbols = 6,
    /// <summary>DT_RELA: relocations with addends.</summary>
    Relocations = 7,
    /// <summary>DT_RELASZ: bytes of <see cref="Relocations"/>.</summary>
    RelocationsSize = 8,
    /// <summary>DT_RELAENT: bytes of one relocation.</summary>
    RelocationSize = 9,
    /// <summary>DT_STRSZ: bytes of <see cref="Strings"/>.</summary>
    StringsSize = 10,
    /// <summary>DT_SYMENT: bytes of one symbol.</summary>
    SymbolSize = 11,
    /// <summary>DT_SONAME: the name of this library.</summary>
    SoName = 14,
    /// <summary>DT_RPATH: search path, inherited by what is loaded for this file.</summary>
    RPath = 15,
    /// <summary>DT_PLTREL: kind of <see cref="JumpRelocations"/>.</summary>
    JumpRelocationsKind = 20,
    /// <summary>DT_TEXTREL: relocations change code.</summary>
    TextRelocations = 22,
    /// <summary>DT_JMPREL: relocations of functions.</summary>
    JumpRelocations = 23,
    /// <summary>DT_BIND_NOW: functions are looked up at the start.</summary>
    BindNow = 24,
    /// <summary>DT_RUNPATH: search path for what this file itself needs.</summary>
    RunPath = 29,
    /// <summary>DT_FLAGS.</summary>
    Flags = 30,
    /// <summary>DT_GNU_HASH: hash table of symbols in the GNU format.</summary>
    GnuHash = 0x6FFFFEF5,
    /// <summary>DT_VERSYM: the version of each symbol.</summary>
    SymbolVersions = 0x6FFFFFF0,
    /// <summary>DT_FLAGS_1.</summary>
    Flags1 = 0x6FFFFFFB,
    /// <summary>DT_VERDEF: versions that are defined.</summary>
    VersionDefinitions = 0x6FFFFFFC,
    /// <summary>DT_VERDEFNUM: how many.</summary>
    VersionDefinitionsCount = 0x6FFFFFFD,
    /// <summary>DT_VERNEED: versions that are needed.</summary>
    VersionNeeds = 0x6FFFFFFE,
    /// <summary>DT_VERNEEDNUM: of how many libraries.</summary>
    VersionNeedsCount = 0x6FFFFFFF,
    /// <summary>DT_AUXILIARY: a library whose symbols come first, if it is there.</summary>
    Auxiliary = 0x7FFFFFFD,
    /// <summary>DT_FILTER: a library whose symbols replace those of this one.</summary>
    Filter = 0x7FFFFFFF,
}
