namespace Casemate.Measurement.Elf;

/// <summary>What a segment is for: p_type. Other values occur and are kept. Source: System V gABI, "Program Header"; GNU extensions.</summary>
public enum ElfSegmentType : uint
{
    /// <summary>PT_NULL: to be ignored.</summary>
    Null = 0,
    /// <summary>PT_LOAD: copied or mapped into memory.</summary>
    Load = 1,
    /// <summary>PT_DYNAMIC: what the dynamic loader reads.</summary>
    Dynamic = 2,
    /// <summary>PT_INTERP: the path of the dynamic loader.</summary>
    Interpreter = 3,
    /// <summary>PT_NOTE: notes.</summary>
    Note = 4,
    /// <summary>PT_PHDR: the program headers themselves.</summary>
    ProgramHeaders = 6,
    /// <summary>PT_TLS: the template of thread-local storage.</summary>
    ThreadLocalStorage = 7,
    /// <summary>PT_GNU_EH_FRAME: the index of unwinding tables.</summary>
    GnuExceptionFrames = 0x6474E550,
    /// <summary>PT_GNU_STACK: whether the stack may hold code.</summary>
    GnuStack = 0x6474E551,
    /// <summary>PT_GNU_RELRO: what is made read-only after relocation.</summary>
    GnuReadOnlyAfterRelocation = 0x6474E552,
    /// <summary>PT_GNU_PROPERTY: properties such as control-flow protection.</summary>
    GnuProperty = 0x6474E553,
}
