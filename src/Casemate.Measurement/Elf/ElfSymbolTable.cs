namespace Casemate.Measurement.Elf;

/// <summary>A symbol table with its strings, read in place. Entry 0 is always the undefined symbol.</summary>
/// <param name="Entries">The entries, 24 bytes each.</param>
/// <param name="Names">The strings that <see cref="ElfSymbol.NameOffset"/> points into.</param>
public readonly record struct ElfSymbolTable(ReadOnlyMemory<byte> Entries, ElfStringTable Names)
{
    /// <summary>How many entries there are.</summary>
    public int Count => Entries.Length / ElfSymbol.EntrySize;

    /// <summary>The entry at an index below <see cref="Count"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The index is outside.</exception>
    public ElfSymbol this[int index] => ElfSymbol.Read(Entries.Span.Slice(index * ElfSymbol.EntrySize, ElfSymbol.EntrySize));

    /// <summary>The name of a symbol; false when its string is malformed. Never throws.</summary>
    public bool TryGetName(ElfSymbol symbol, out ReadOnlySpan<byte> name) => Names.TryGet(symbol.NameOffset, out name);

    /// <summary>Finds the first symbol of a name that this file defines. Looks at every entry. Never throws.</summary>
    /// <param name="name">The name, without a version.</param>
    /// <param name="symbol">The symbol; default after false.</param>
    public bool TryFindDefined(ReadOnlySpan<byte> name, out ElfSymbol symbol)
    {
        for (var i = 1; i < Count; i++)
        {
            symbol = this[i];
            if (symbol.IsDefined && TryGetName(symbol, out var candidate) && candidate.SequenceEqual(name))
            {
                return true;
            }
        }

        symbol = default;
        return false;
    }
}
