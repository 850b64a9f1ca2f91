namespace Casemate.Measurement.Elf;

/// <summary>Bytes are not an ELF file that can be worked with.</summary>
public sealed class ElfException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="error">The reason.</param>
    public ElfException(ElfError error)
        : base(Describe(error)) => Error = error;

    /// <summary>The reason, to branch on.</summary>
    public ElfError Error { get; }

    /// <summary>What an error means, as half a sentence that follows the name of a file and a colon.</summary>
    public static string Describe(ElfError error) => error switch
    {
        ElfError.None => "nothing is wrong",
        ElfError.NotElf => "it is not an ELF file",
        ElfError.Truncated => "it ends inside its ELF header",
        ElfError.UnsupportedClass => "it is not a 64-bit ELF file",
        ElfError.UnsupportedByteOrder => "it is not a little-endian ELF file",
        ElfError.UnsupportedVersion => "its ELF version is not 1",
        ElfError.MalformedHeader => "its ELF header gives a size that the format does not have",
        ElfError.TooManyEntries => "one of its tables has too many entries",
        ElfError.OutOfRange => "a table, segment or section reaches past its end",
        ElfError.MalformedSegments => "its loaded segments overlap, are out of order or are longer in the file than in memory",
        ElfError.NoDynamicSegment => "it has no dynamic segment",
        ElfError.MalformedDynamic => "its dynamic segment is malformed",
        ElfError.UnmappedAddress => "an address in it is in no loaded segment",
        ElfError.InvalidString => "a name in it has no end, is too long, is empty or is not UTF-8",
        ElfError.MalformedHash => "its hash table of symbols is malformed",
        ElfError.MalformedVersions => "its symbol versions are malformed",
        ElfError.MalformedNote => "a note in it is malformed",
        ElfError.NoSuchSection => "it has no such section with bytes in the file",
        _ => throw new ArgumentOutOfRangeException(nameof(error)),
    };
}
