namespace Casemate.Measurement.Elf;

/// <summary>What an ELF file is for: e_type. Source: System V gABI, "ELF Header".</summary>
public enum ElfFileType
{
    /// <summary>Nothing is said.</summary>
    None = 0,
    /// <summary>An object file for the linker.</summary>
    Relocatable = 1,
    /// <summary>A program with fixed addresses.</summary>
    Executable = 2,
    /// <summary>A shared library, or a program that may be loaded anywhere; enclaves are of this type too.</summary>
    SharedObject = 3,
    /// <summary>What a crashed process left.</summary>
    Core = 4,
}
