namespace Casemate.Measurement.Elf;

/// <summary>What a symbol names: the lower half of st_info. Other values occur and are kept. Source: System V gABI, "Symbol Table".</summary>
public enum ElfSymbolType
{
    /// <summary>STT_NOTYPE: nothing is said.</summary>
    None = 0,
    /// <summary>STT_OBJECT: data.</summary>
    Object = 1,
    /// <summary>STT_FUNC: code.</summary>
    Function = 2,
    /// <summary>STT_SECTION: a section.</summary>
    Section = 3,
    /// <summary>STT_FILE: a source file.</summary>
    File = 4,
    /// <summary>STT_COMMON: data that the linker places.</summary>
    Common = 5,
    /// <summary>STT_TLS: thread-local data.</summary>
    ThreadLocal = 6,
    /// <summary>STT_GNU_IFUNC: a function that chooses the function.</summary>
    GnuIndirectFunction = 10,
}
