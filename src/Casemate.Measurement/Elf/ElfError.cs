namespace Casemate.Measurement.Elf;

/// <summary>Why bytes are not an ELF file that can be worked with. Closed: a new reason is a new member, and its name is public API.</summary>
public enum ElfError
{
    /// <summary>The bytes are well formed as far as they were read.</summary>
    None = 0,
    /// <summary>The file does not start with the four bytes of every ELF file.</summary>
    NotElf,
    /// <summary>The file ends inside its header.</summary>
    Truncated,
    /// <summary>The file is a 32-bit one; 64-bit files alone are supported.</summary>
    UnsupportedClass,
    /// <summary>The file is big-endian; little-endian files alone are supported.</summary>
    UnsupportedByteOrder,
    /// <summary>A version field of the header is not 1, the only one there is.</summary>
    UnsupportedVersion,
    /// <summary>A size in the header is not the one that the 64-bit format fixes.</summary>
    MalformedHeader,
    /// <summary>A table has more entries than the limit for its kind.</summary>
    TooManyEntries,
    /// <summary>A table, segment or section reaches past the end of the file, or past the end of the address space.</summary>
    OutOfRange,
    /// <summary>Segments that are loaded overlap, are not in ascending order, or hold more in the file than in memory.</summary>
    MalformedSegments,
    /// <summary>The file has no dynamic segment: it is linked statically, or it is an object file.</summary>
    NoDynamicSegment,
    /// <summary>The dynamic segment has no end, or names a table without its size.</summary>
    MalformedDynamic,
    /// <summary>An address is in no part of a loaded segment that the file holds.</summary>
    UnmappedAddress,
    /// <summary>A string has no end inside its table, is too long, is empty where a name is needed, or is not UTF-8.</summary>
    InvalidString,
    /// <summary>A hash table of symbols contradicts itself or the size of the file.</summary>
    MalformedHash,
    /// <summary>The records of symbol versions contradict themselves, their count or the size of the file.</summary>
    MalformedVersions,
    /// <summary>A note reaches past the end of its segment or section.</summary>
    MalformedNote,
    /// <summary>There is no section of this name, or it holds no bytes in the file.</summary>
    NoSuchSection,
}
