namespace Casemate.Measurement.Elf;

/// <summary>How much of each kind an ELF file may hold. Generous beside any real file; what is beyond is refused, not cut off.</summary>
public static class ElfLimits
{
    /// <summary>Program headers. Real files have about a dozen.</summary>
    public const int Segments = 256;
    /// <summary>Section headers: the most that fit without the extension for object files.</summary>
    public const int Sections = 0xFEFF;
    /// <summary>Entries of the dynamic segment.</summary>
    public const int DynamicEntries = 8192;
    /// <summary>Records of symbol versions of one file, needed and defined each.</summary>
    public const int Versions = 65536;
    /// <summary>Notes of one segment or section.</summary>
    public const int Notes = 4096;
    /// <summary>Bytes of a name: of a library, a section, a version, an interpreter.</summary>
    public const int NameBytes = 4096;
    /// <summary>Bytes of a search path.</summary>
    public const int SearchPathBytes = 65536;
}
