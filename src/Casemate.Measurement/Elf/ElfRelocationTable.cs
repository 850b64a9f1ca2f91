namespace Casemate.Measurement.Elf;

/// <summary>A table of relocations with addends, read in place.</summary>
/// <param name="Entries">The entries, 24 bytes each.</param>
public readonly record struct ElfRelocationTable(ReadOnlyMemory<byte> Entries)
{
    /// <summary>How many entries there are.</summary>
    public int Count => Entries.Length / ElfRelocation.EntrySize;

    /// <summary>The entry at an index below <see cref="Count"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The index is outside.</exception>
    public ElfRelocation this[int index] =>
        ElfRelocation.Read(Entries.Span.Slice(index * ElfRelocation.EntrySize, ElfRelocation.EntrySize));
}
