using System.Buffers.Binary;

namespace Casemate.Measurement.Elf;

public sealed partial class ElfDynamic
{
    /// <summary>The entries of the hash table DT_HASH, which are the symbols; null when there is no such table.</summary>
    public uint? HashCount { get; private set; }

    /// <summary>
    /// One more than the highest symbol in the hash table DT_GNU_HASH; null when there is no such table. Undefined symbols are not in
    /// it, so that there may be more symbols.
    /// </summary>
    public uint? GnuHashCount { get; private set; }

    // No entry of the dynamic segment says how many symbols there are. What uses them does: hash tables, relocations; and the
    // section of the same address where it was not stripped. The largest of these that the segment can hold is the count.
    private ElfError ReadSymbols()
    {
        if ((Value(ElfDynamicTag.SymbolSize) ?? ElfSymbol.EntrySize) != ElfSymbol.EntrySize)
        {
            return ElfError.MalformedDynamic;
        }

        if (CountByHash() is not ElfError.None and var error)
        {
            return error;
        }

        if (CountByGnuHash() is not ElfError.None and var gnuError)
        {
            return gnuError;
        }

        if (Value(ElfDynamicTag.Symbols) is not { } address)
        {
            return ElfError.None;
        }

        var count = Math.Max((ulong)(HashCount ?? 0), GnuHashCount ?? 0);
        count = Math.Max(count, Math.Max(CountByRelocations(Relocations), CountByRelocations(JumpRelocations)));
        foreach (var section in _file.Sections)
        {
            if (section.Type is ElfSectionType.DynamicSymbols && section.Address == address)
            {
                count = Math.Max(count, section.Size / ElfSymbol.EntrySize);
            }
        }

        if (count == 0)
        {
            return ElfError.None;
        }

        if (count > int.MaxValue / ElfSymbol.EntrySize || !_file.TryMap(address, count * ElfSymbol.EntrySize, out var symbols))
        {
            return ElfError.UnmappedAddress;
        }

        Symbols = new ElfSymbolTable(symbols, Strings);
        return ElfError.None;
    }

    // nbucket, nchain, buckets, chains: one chain entry a symbol.
    private ElfError CountByHash()
    {
        if (Value(ElfDynamicTag.Hash) is not { } address)
        {
            return ElfError.None;
        }

        if (!_file.TryMapRest(address, out var table))
        {
            return ElfError.UnmappedAddress;
        }

        if (table.Length < 8)
        {
            return ElfError.MalformedHash;
        }

        ulong buckets = BinaryPrimitives.ReadUInt32LittleEndian(table.Span);
        var chains = BinaryPrimitives.ReadUInt32LittleEndian(table.Span[4..]);
        if ((buckets + chains) * 4 > (ulong)table.Length - 8)
        {
            return ElfError.MalformedHash;
        }

        HashCount = chains;
        return ElfError.None;
    }

    // nbuckets, symoffset, bloom_size, bloom_shift; bloom words of 8 bytes; buckets; one chain word a symbol from symoffset on, whose
    // lowest bit ends the chain. The chain of the highest bucket ends with the highest symbol.
    private ElfError CountByGnuHash()
    {
        if (Value(ElfDynamicTag.GnuHash) is not { } address)
        {
            return ElfError.None;
        }

        if (!_file.TryMapRest(address, out var memory))
        {
            return ElfError.UnmappedAddress;
        }

        var table = memory.Span;
        if (table.Length < 16)
        {
            return ElfError.MalformedHash;
        }

        ulong buckets = BinaryPrimitives.ReadUInt32LittleEndian(table);
        var first = BinaryPrimitives.ReadUInt32LittleEndian(table[4..]);
        ulong blooms = BinaryPrimitives.ReadUInt32LittleEndian(table[8..]);
        var bucketsAt = 16 + (blooms * 8);
        var chainsAt = bucketsAt + (buckets * 4);
        if (chainsAt > (ulong)table.Length)
        {
            return ElfError.MalformedHash;
        }

        var highest = 0u;
        for (var i = 0; i < (int)buckets; i++)
        {
            highest = Math.Max(highest, BinaryPrimitives.ReadUInt32LittleEndian(table[((int)bucketsAt + (i * 4))..]));
        }

        if (highest == 0)
        {
            GnuHashCount = 0;
            return ElfError.None;
        }

        if (highest < first)
        {
            return ElfError.MalformedHash;
        }

        for (var at = chainsAt + ((ulong)(highest - first) * 4); at + 4 <= (ulong)table.Length; at += 4, highest++)
        {
            if ((BinaryPrimitives.ReadUInt32LittleEndian(table[(int)at..]) & 1) != 0)
            {
                GnuHashCount = highest + 1;
                return ElfError.None;
            }
        }

        return ElfError.MalformedHash;
    }

    private static ulong CountByRelocations(ElfRelocationTable table)
    {
        var highest = 0u;
        for (var i = 0; i < table.Count; i++)
        {
            highest = Math.Max(highest, table[i].SymbolIndex);
        }

        return highest == 0 ? 0 : (ulong)highest + 1;
    }
}
