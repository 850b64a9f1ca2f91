namespace Casemate.Measurement.Elf;

/// <summary>Who sees a symbol: the upper half of st_info. Other values occur and are kept. Source: System V gABI, "Symbol Table".</summary>
public enum ElfSymbolBinding
{
    /// <summary>STB_LOCAL: its own file alone.</summary>
    Local = 0,
    /// <summary>STB_GLOBAL: every file; undefined, it must be found.</summary>
    Global = 1,
    /// <summary>STB_WEAK: every file; undefined, it may be missing.</summary>
    Weak = 2,
    /// <summary>STB_GNU_UNIQUE: every file, once in a process.</summary>
    GnuUnique = 10,
}
