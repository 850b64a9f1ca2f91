using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;

namespace Casemate.Measurement.Elf;

public sealed partial class ElfFile
{
    private ImmutableArray<ElfSection> _sections;
    private ElfError _sectionsError;

    /// <summary>
    /// The section headers in the order of the file; empty when they were stripped, and when they are malformed, which
    /// <see cref="SectionsError"/> tells apart.
    /// </summary>
    public ImmutableArray<ElfSection> Sections
    {
        get
        {
            if (_sections.IsDefault)
            {
                _sectionsError = ReadSections(out _sections);
            }

            return _sections;
        }
    }

    /// <summary>
    /// What is wrong with the section headers; <see cref="ElfError.None"/> when nothing is or there are none. A loader does not look at
    /// them, so a file with malformed ones still runs; what rests on sections must ask.
    /// </summary>
    public ElfError SectionsError => Sections.IsDefault ? ElfError.None : _sectionsError;

    /// <summary>The first section of a name. Never throws.</summary>
    /// <param name="name">Such as <c>.oeinfo</c>.</param>
    /// <param name="section">The section; default after false.</param>
    public bool TryFindSection(string name, out ElfSection section)
    {
        foreach (var candidate in Sections)
        {
            if (candidate.Type is not ElfSectionType.Null && candidate.Name == name)
            {
                section = candidate;
                return true;
            }
        }

        section = default;
        return false;
    }

    /// <summary>What the file holds of a section of this file; empty for one without bytes.</summary>
    /// <param name="section">One of <see cref="Sections"/>.</param>
    public ReadOnlyMemory<byte> BytesOf(ElfSection section) =>
        section.Type is ElfSectionType.NoBits or ElfSectionType.Null || section.Size == 0 ? default : Bytes.Slice((int)section.Offset, (int)section.Size);

    /// <summary>The bytes of the first section of a name. Never throws.</summary>
    /// <param name="name">Such as <c>.note.sgxmeta</c>.</param>
    /// <param name="bytes">The bytes; empty after false.</param>
    /// <returns>False when there is no such section or it holds no bytes in the file.</returns>
    public bool TryReadSection(string name, out ReadOnlyMemory<byte> bytes)
    {
        bytes = TryFindSection(name, out var section) ? BytesOf(section) : default;
        return !bytes.IsEmpty;
    }

    /// <summary>The symbol table in a section, with the strings that the section links to. Never throws.</summary>
    /// <param name="name"><c>.symtab</c> or <c>.dynsym</c>.</param>
    /// <param name="symbols">The table; default after an error.</param>
    /// <returns><see cref="ElfError.NoSuchSection"/> when it was stripped; <see cref="ElfError.OutOfRange"/> when it links nowhere.</returns>
    public ElfError TryReadSymbols(string name, out ElfSymbolTable symbols)
    {
        symbols = default;
        if (!TryReadSection(name, out var entries) || !TryFindSection(name, out var section))
        {
            return ElfError.NoSuchSection;
        }

        if (section.Link >= Sections.Length || entries.Length % ElfSymbol.EntrySize != 0)
        {
            return ElfError.OutOfRange;
        }

        symbols = new ElfSymbolTable(entries, new ElfStringTable(BytesOf(Sections[(int)section.Link])));
        return ElfError.None;
    }

    /// <summary>The relocations in a section. Never throws.</summary>
    /// <param name="name"><c>.rela.dyn</c>, <c>.rela.plt</c>.</param>
    /// <param name="relocations">The table; default after an error.</param>
    /// <returns><see cref="ElfError.NoSuchSection"/> when there is none; <see cref="ElfError.OutOfRange"/> when its size is not of whole entries.</returns>
    public ElfError TryReadRelocations(string name, out ElfRelocationTable relocations)
    {
        relocations = default;
        if (!TryReadSection(name, out var entries))
        {
            return ElfError.NoSuchSection;
        }

        if (entries.Length % ElfRelocation.EntrySize != 0)
        {
            return ElfError.OutOfRange;
        }

        relocations = new ElfRelocationTable(entries);
        return ElfError.None;
    }

    private ElfError ReadSections(out ImmutableArray<ElfSection> sections)
    {
        sections = [];
        if (Header.SectionTableOffset == 0 || Header.SectionCount == 0)
        {
            return ElfError.None;
        }

        var file = Bytes.Span;
        if (Header.SectionCount > ElfLimits.Sections)
        {
            return ElfError.TooManyEntries;
        }

        if (BinaryPrimitives.ReadUInt16LittleEndian(file[58..]) != ElfSection.HeaderSize)
        {
            return ElfError.MalformedHeader;
        }

        if (!IsInside(Header.SectionTableOffset, (ulong)Header.SectionCount * ElfSection.HeaderSize, file.Length))
        {
            return ElfError.OutOfRange;
        }

        var table = file.Slice((int)Header.SectionTableOffset, Header.SectionCount * ElfSection.HeaderSize);
        if (!TryReadSectionNames(table, out var names, out var error))
        {
            return error;
        }

        var read = ImmutableArray.CreateBuilder<ElfSection>(Header.SectionCount);
        for (var i = 0; i < Header.SectionCount; i++)
        {
            var bytes = table[(i * ElfSection.HeaderSize)..];
            if (!names.Value.TryGetText(BinaryPrimitives.ReadUInt32LittleEndian(bytes), out var name))
            {
                return ElfError.InvalidString;
            }

            var section = ElfSection.Read(bytes, name);
            if (section.Type is not (ElfSectionType.NoBits or ElfSectionType.Null) && section.Size > 0
                && !IsInside(section.Offset, section.Size, file.Length))
            {
                return ElfError.OutOfRange;
            }

            read.Add(section);
        }

        sections = read.DrainToImmutable();
        return ElfError.None;
    }

    private bool TryReadSectionNames(ReadOnlySpan<byte> table, [NotNullWhen(true)] out ElfStringTable? names, out ElfError error)
    {
        names = null;
        error = ElfError.OutOfRange;
        if (Header.SectionNamesIndex >= Header.SectionCount)
        {
            return false;
        }

        var section = ElfSection.Read(table[(Header.SectionNamesIndex * ElfSection.HeaderSize)..], "");
        if (!IsInside(section.Offset, section.Size, Bytes.Length))
        {
            return false;
        }

        names = new ElfStringTable(Bytes.Slice((int)section.Offset, (int)section.Size));
        error = ElfError.None;
        return true;
    }
}
